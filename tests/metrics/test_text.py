"""BLEU, chrF and ROUGE-L are what the libraries make of the whole corpus."""

import math
import sys

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.scoring import BootstrapAggregator
from sacrebleu.metrics import BLEU, CHRF
from tests.support.arithmetic import data, make_program

import synalinks
from synalinks import metrics
from synalinks.errors import ConfigurationError, MissingExtraError
from synalinks.metrics import Bleu, Chrf, RougeL


class Text(synalinks.DataModel):
    text: str | None


class Texts(synalinks.DataModel):
    texts: list[str]


class Titled(synalinks.DataModel):
    title: str
    text: str


words = st.lists(
    st.sampled_from(["the", "cat", "Cat", "sat", "on", "a", "mat", "mats", ".", "Ö", "", "日本"]), max_size=12
).map(" ".join)
corpora = st.lists(st.tuples(words, st.lists(words, min_size=1, max_size=3)), min_size=1, max_size=8)


def filled(metric, corpus):
    for text, references in corpus:
        metric.add(metric.call(Texts(texts=references), Text(text=text)))
    return metric


def streams(corpus):
    """References as sacrebleu takes them: the first of all, the second of all, and so on."""
    most = max(len(references) for _, references in corpus)
    return [[refs[n] if n < len(refs) else None for _, refs in corpus] for n in range(most)]


@pytest.mark.parametrize(
    ("make", "library"),
    [
        (Bleu, BLEU()),
        (lambda: Bleu(tokenize="char", lowercase=True), BLEU(tokenize="char", lowercase=True)),
        (Chrf, CHRF()),
        (lambda: Chrf(word_order=2, lowercase=True), CHRF(word_order=2, lowercase=True)),
        (lambda: Chrf(char_order=3, beta=1), CHRF(char_order=3, beta=1)),
    ],
)
@given(corpora)
def test_a_figure_is_that_of_sacrebleu_for_the_whole_corpus(make, library, corpus):
    expected = library.corpus_score([text for text, _ in corpus], streams(corpus)).score
    assert filled(make(), corpus).result() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("stemmer", [False, True])
@given(st.lists(st.tuples(words, st.lists(words, min_size=1, max_size=1)), min_size=1, max_size=8))
def test_rouge_l_is_the_mean_that_rouge_score_gives(stemmer, corpus):
    scorer, aggregator = RougeScorer(["rougeL"], use_stemmer=stemmer), BootstrapAggregator(n_samples=2)
    scores = [scorer.score(references[0], text) for text, references in corpus]
    for score in scores:
        aggregator.add_scores(score)
    result = filled(RougeL(use_stemmer=stemmer), corpus).result()
    assert result == pytest.approx(math.fsum(s["rougeL"].fmeasure for s in scores) / len(scores), abs=1e-12)
    if len(set(corpus_texts(corpus))) == 1:  # then resampling changes nothing
        assert result == pytest.approx(aggregator.aggregate()["rougeL"].mid.fmeasure)


def corpus_texts(corpus):
    return [(text, *references) for text, references in corpus]


def test_rouge_l_takes_the_best_of_several_texts():
    metric = filled(RougeL(), [("the cat sat", ["a dog ran", "the cat sat down"])])
    assert metric.result() == pytest.approx(2 * 1.0 * 0.75 / 1.75)


def test_bleu_worked_out_by_hand():
    # All 7 words, 3 of 6 pairs, 2 of 5 triples and 1 of 4 quadruples are there; the lengths are equal.
    metric = filled(Bleu(), [("a b c d e f g", ["a b c d f e g"])])
    pairs, triples, quadruples = 3 / 6, 2 / 5, 1 / 4
    assert metric.result() == pytest.approx(100 * (1 * pairs * triples * quadruples) ** 0.25)


@pytest.mark.parametrize("make", [Bleu, Chrf, RougeL])
@given(corpus=corpora, cut=st.integers(0, 8), random=st.randoms())
@example(corpus=[("", [""])], cut=0, random=None)
def test_order_and_parts_change_nothing(make, corpus, cut, random):
    whole = filled(make(), corpus)
    shuffled = random.sample(corpus, len(corpus)) if random else corpus
    first, second = filled(make(), shuffled[:cut]), filled(make(), shuffled[cut:])
    first.merge(second)
    assert first.result() == whole.result()
    again = make()
    again.load_state_dict(orjson.loads(orjson.dumps(first.state_dict())))
    assert again.state_dict() == whole.state_dict()
    again.reset_state()
    assert again.state_dict() == make().state_dict()


@pytest.mark.parametrize("make", [Bleu, Chrf, RougeL])
def test_missing_texts(make):
    some, none = Text(text="the cat"), Text(text=None)
    assert math.isnan(make().result())
    assert make().call(none, some) is None
    assert make().call(Texts(texts=[]), some) is None
    empty = make()
    empty.add(empty.call(some, None))
    other = make()
    other.add(other.call(some, none))
    third = filled(make(), [("", ["the cat"])])
    assert empty.result() == other.result() == third.result() == 0.0


@pytest.mark.parametrize("make", [Bleu, Chrf, RougeL])
async def test_what_is_no_single_text_is_refused(make):
    text = Text.to_symbolic_data_model()
    metric = make()
    with pytest.raises(ConfigurationError, match=r"the prediction has the fields 'title', 'text'.*in_mask"):
        metric.check(text, Titled.to_symbolic_data_model())
    with pytest.raises(ConfigurationError, match=r"the target has the fields"):
        metric.check(Titled(title="a", text="b"), None)
    make(in_mask=["text"]).check(Titled(title="a", text="b"), Titled.to_symbolic_data_model())
    with pytest.raises(ConfigurationError, match=r"the target holds {'title'"):
        await metric.measure(Titled(title="a", text="b"), Text(text="b"))
    with pytest.raises(ConfigurationError, match=r"the prediction holds \['a'\]"):
        await metric.measure(Text(text="b"), Texts(texts=["a"]))


@pytest.mark.parametrize("name", ["bleu", "chrf", "rouge_l"])
async def test_without_the_extra_it_fails_before_the_first_call(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    program, model = await make_program()
    program.compile(reward=lambda y_true, y_pred: 1.0, metrics=[metrics.get(name)])
    with pytest.raises(MissingExtraError, match=r'needs the extra "text".*pip install sacrebleu rouge-score'):
        await program.evaluate(*data(2), verbose=0)
    assert not model.requests


def test_a_tokenizer_that_is_not_there_lists_those_that_are():
    with pytest.raises(ConfigurationError, match="tokenize is 'french'; sacrebleu has 13a"):
        Bleu(tokenize="french").check(None, None)


@pytest.mark.parametrize(
    "metric",
    [Bleu(tokenize="char", name="b"), Chrf(word_order=2), RougeL(use_stemmer=True, in_mask=["a"])],
)
def test_a_configuration_makes_an_equal_metric(metric):
    assert type(metric).from_config(metric.get_config()).get_config() == metric.get_config()
    assert metric.fresh().get_config() == metric.get_config()
