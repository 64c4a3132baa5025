"""The training data of the embedded model: sums are right, wordings parse, nothing is of what is held out."""

import json
import random
import re
from fractions import Fraction

import pytest
from tools.embedded_model import instructions, problems
from tools.embedded_model.data import DEV_EVERY, conversation, draw_episode, instruction, pair, pick, row
from tools.embedded_model.drills import drill
from tools.embedded_model.sums import KINDS, RULES, apply, draw_kind, draw_sum, held_out, shown
from tools.embedded_model.tokenizer import merges_of
from tools.embedded_model.wording import Wording

from synalinks.language_models.embedded._tokenizer import Tokenizer

TOKENIZER = Tokenizer()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_written_as_signs_has_its_value(kind):
    rng = random.Random(kind)
    for _ in range(100):
        asked = draw_sum(rng, kind=kind)
        for form in KINDS[kind].expressions:
            numbers = re.sub(
                r"([0-9.]+)", r"Fraction('\1')", form.format(*(shown(n, whole=True) for n in asked.numbers))
            )
            assert (
                eval(numbers, {"Fraction": Fraction}) * 100 == asked.value
            )  # a text of this test's own making


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("cents", 1250, "1250.0"), ("grams", 700, "7000.0"), ("negative", 1200, "-12.0"),
        ("ten", 4300, "40.0"), ("ten", 8700, "90.0"), ("down", 790, "7.0"), ("up", 710, "8.0"),
        ("up", 700, "7.0"), ("fee", 1200, "15.5"), ("discount", 1200, "8.5"), ("double", 725, "14.5"),
        (None, 725, "7.25"),
    ],
)  # fmt: skip
def test_a_rule_changes_the_answer(rule, value, expected):
    assert shown(apply(rule, value, 350)) == expected


def test_rounding_rules_have_fractions_to_round_and_discounts_something_to_take_from():
    rng = random.Random(0)
    rounded = [draw_sum(rng, kind=draw_kind(rng), rule="down").value for _ in range(200)]
    assert sum(value % 100 != 0 for value in rounded) > 120
    reduced = [draw_sum(rng, kind=draw_kind(rng), rule="discount", parameter=1500).value for _ in range(200)]
    assert sum(value >= 1500 for value in reduced) > 180


def test_training_has_no_pair_of_numbers_that_is_held_out():
    rng = random.Random(1)
    drawn = [draw_sum(rng, kind=draw_kind(rng), wide=rng.random() < 0.5) for _ in range(800)]
    assert not any(held_out(asked.kind, asked.numbers) for asked in drawn)
    assert all(held_out(a.kind, a.numbers) for a in (draw_sum(rng, kind="add", dev=True) for _ in range(50)))


@pytest.mark.parametrize("rule", RULES)
def test_there_are_many_wordings_of_each_rule(rule):
    rng = random.Random(rule)
    assert len(instructions.STATED_WORDINGS[rule]) >= 18
    texts = {instruction(rng, rule, 300, "problem", "answer", dev=False) for _ in range(300)}
    assert len(texts) > 200
    assert not any(set("[]{}|@") & set(text) for text in texts)


def test_there_are_many_wordings_of_problems():
    blocks = [problems.COUNT_WORDINGS, problems.SPOKEN_WORDINGS, *problems.QUANTITY_WORDINGS.values()]
    assert sum(len(wordings) for block in blocks for wordings in block.values()) > 300
    assert len(instructions.PLAIN_WORDINGS) >= 60


def test_a_problem_names_its_numbers():
    rng = random.Random(2)
    for _ in range(300):
        episode = draw_episode(rng, rule=rng.choice(RULES), stated=True)
        text, answer = pair(rng, episode)
        assert text.strip()
        assert not set("[]{}|@") & set(text)
        float(answer)


def test_wordings_that_are_held_out_are_not_trained_on():
    rng, block = random.Random(3), list(range(40))
    train = {pick(rng, block, dev=False) for _ in range(2000)}
    dev = {pick(rng, block, dev=True) for _ in range(2000)}
    assert train | dev == set(block)
    assert not train & dev
    assert len(dev) == 40 // DEV_EVERY + (40 % DEV_EVERY > DEV_EVERY // 2)


@pytest.mark.parametrize("stated", [True, False])
def test_the_first_answer_counts_only_where_the_rule_is_told(stated):
    rng = random.Random(4)
    episode = draw_episode(rng, rule="cents", stated=stated)
    tokens, weights = conversation(rng, TOKENIZER, episode, pairs=2)
    text = TOKENIZER.decode(tokens).decode()
    first, second = re.findall(rf'"{re.escape(episode.key)}":([-0-9.]+)}}', text)[-2:]
    counted = sum(weight == 1 for weight in weights)
    assert counted == len(second) + (len(first) if stated else 0)


def test_a_conversation_is_what_a_generator_renders():
    rng = random.Random(5)
    episode = draw_episode(rng, rule=None, stated=False, usual=1.0)
    tokens, _ = conversation(rng, TOKENIZER, episode, pairs=2)
    text = TOKENIZER.decode(tokens).decode().removeprefix(episode.instruction or "")
    decoder, values, at = json.JSONDecoder(), [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(list(value))
    assert values == [["problem"], ["answer"]] * 2


@pytest.mark.parametrize("length", [97, 289])
def test_rows_are_full_and_always_the_same(length):
    rows = [row(random.Random(n), TOKENIZER, length) for n in range(20)]
    assert rows == [row(random.Random(n), TOKENIZER, length) for n in range(20)]
    assert all(len(tokens) == len(weights) == length for tokens, weights in rows)


def test_drills_have_answers_that_count():
    tokens, weights = drill(random.Random(6), TOKENIZER, 145)
    assert len(tokens) == len(weights) == 145
    assert sum(weight == 1 for weight in weights) > 10


def test_a_wording_picks_and_fills_in():
    wording = Wording("[a|b[c|]] @m {x}", {"m": "[n]"})
    drawn = {wording.draw(random.Random(n), {"x": "7"}) for n in range(60)}
    assert drawn == {"a n 7", "b n 7", "bc n 7"}


@pytest.mark.parametrize("source", ["[a", "a]", "[a]]"])
def test_brackets_must_fit(source):
    with pytest.raises(ValueError, match="bracket"):
        Wording(source)


def test_the_commonest_pair_is_merged_first(monkeypatch):
    from tools.embedded_model import tokenizer

    monkeypatch.setattr(tokenizer, "SIZE", tokenizer.FIRST_MERGE + 2)
    merges = merges_of(["the then the"])
    assert Tokenizer(merges).decode([tokenizer.FIRST_MERGE + 1]) in (b"the", b" th")
