"""Metrics of texts that are as long as sentences, made by the libraries that papers use."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import Any, Self

from synalinks._internal.lazy import optional
from synalinks._internal.plain import innermost, plain
from synalinks.data._schema import shape_of
from synalinks.errors import ConfigurationError
from synalinks.metrics._metric import Metric
from synalinks.metrics._scalar import ScalarMetric


class TextMetric(Metric):
    """A metric of one text beside one or several that are right.

    Target and prediction have one field each after the masks (or one within another). That of the target
    holds a text, or a list of texts of which any is right; a sample where it is None or an empty list is left
    out. A prediction that is None, or holds None, counts as an empty text.

    Args:
        **options: Name and masks of `Metric`.

    Raises:
        ConfigurationError: (from `check` and `measure`) There are several fields, or there is no text.
        MissingExtraError: (likewise) The extra "text" is not installed.
    """

    needs_target: bool = True

    @property
    @abstractmethod
    def scorer(self) -> Any:
        """What the library compares with; imported on first use."""

    @abstractmethod
    def compared(self, references: list[str], text: str) -> Any:
        """Return what is counted of a sample."""

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for (see `Metric.check`)."""
        super().check(target, prediction)
        _ = self.scorer
        for what, model in (("target", target), ("prediction", prediction)):
            if hasattr(model, "get_schema"):
                shape = shape_of(self._masks.apply(model.to_symbolic_data_model()).get_schema())
                if shape.extra is False and len(shape.properties) != 1:
                    raise self._misfit(what, f"has the fields {', '.join(map(repr, shape.properties))}")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return what is counted of a sample, None to leave it out."""
        value = innermost(plain(y_true))
        references = value if isinstance(value, list) else [value]
        references = [text for text in references if text is not None]
        if not references:
            return None
        text = innermost(plain(y_pred))
        text = "" if text is None else text
        for what, each in (*(("target", reference) for reference in references), ("prediction", text)):
            if not isinstance(each, str):
                raise self._misfit(what, f"holds {each!r:.200} ({type(each).__name__})")
        return self.compared(references, text)

    def _misfit(self, what: str, found: str) -> ConfigurationError:
        return ConfigurationError(
            f"Metric {self.name!r} compares texts, and the {what} {found}. Say which field holds the text, "
            f'for example {type(self).__name__}(in_mask=["answer"]).'
        )

    def _library(self, module: str) -> Any:
        return optional(module, feature=f"The metric {self.name!r}", extra="text")


class _CorpusMetric(TextMetric):
    """A figure of sacrebleu: of counts that are summed over all samples."""

    sums: list[int]

    def compared(self, references: list[str], text: str) -> list[int]:
        """Return the counts of a sample."""
        # What `corpus_score` does for each sample; it has no public name.
        (counts,) = self.scorer._extract_corpus_statistics([text], [[reference] for reference in references])
        return list(counts)

    def add(self, measure: list[int] | None) -> None:
        """Count a sample in."""
        if measure is not None:
            self.sums = [a + b for a, b in zip(self.sums or [0] * len(measure), measure, strict=True)]

    def result(self) -> float:
        """Return the figure of the whole corpus, from 0 to 100; nan where nothing was counted."""
        return float(self.scorer._compute_score_from_stats(self.sums).score) if self.sums else math.nan

    def reset_state(self) -> None:
        """Begin anew."""
        self.sums = []

    def merge(self, other: Self) -> None:
        """Count in the samples of another metric."""
        self.add(other.sums or None)

    def state_dict(self) -> dict[str, Any]:
        """Return the sums of the counts."""
        return {"sums": list(self.sums)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self.sums = list(state["sums"])


class Bleu(_CorpusMetric):
    """BLEU of the whole corpus, from 0 to 100, as sacrebleu has it (extra "text").

    It is made of n-gram counts and lengths summed over all samples, and is no mean of sentences' scores
    (Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002; Post, "A Call
    for Clarity in Reporting BLEU Scores", 2018). See `TextMetric` for which texts are compared.

    Args:
        tokenize: A tokenizer of sacrebleu: "13a", "intl", "zh", "char" or "none", for example.
        lowercase: Whether case makes no difference.
        **options: Name and masks of `Metric`.
    """

    def __init__(self, *, tokenize: str = "13a", lowercase: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.tokenize, self.lowercase = tokenize, bool(lowercase)

    @cached_property
    def scorer(self) -> Any:
        """The `BLEU` of sacrebleu."""
        library = self._library("sacrebleu.metrics")
        if self.tokenize not in library.BLEU.TOKENIZERS:
            raise ConfigurationError(
                f"tokenize is {self.tokenize!r}; sacrebleu has {', '.join(sorted(library.BLEU.TOKENIZERS))}.",
                argument="tokenize",
            )
        return library.BLEU(tokenize=self.tokenize, lowercase=self.lowercase)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"tokenize": self.tokenize, "lowercase": self.lowercase, **super().get_config()}


class Chrf(_CorpusMetric):
    """chrF of the whole corpus, from 0 to 100, as sacrebleu has it (extra "text").

    It is the F-score of character n-grams, counted over all samples (Popović, "chrF: character n-gram F-score
    for automatic MT evaluation", 2015). See `TextMetric` for which texts are compared.

    Args:
        char_order: Longest character n-gram.
        word_order: Longest word n-gram; 2 makes it chrF++ (Popović 2017).
        beta: How many times recall counts as much as precision.
        lowercase: Whether case makes no difference.
        **options: Name and masks of `Metric`.
    """

    def __init__(
        self,
        *,
        char_order: int = 6,
        word_order: int = 0,
        beta: int = 2,
        lowercase: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.char_order, self.word_order, self.beta = char_order, word_order, beta
        self.lowercase = bool(lowercase)

    @cached_property
    def scorer(self) -> Any:
        """The `CHRF` of sacrebleu."""
        return self._library("sacrebleu.metrics").CHRF(**self._own())

    def _own(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("char_order", "word_order", "beta", "lowercase")}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {**self._own(), **super().get_config()}


class RougeL(TextMetric, ScalarMetric):
    """The mean ROUGE-L of the samples, from 0.0 to 1.0, as rouge-score has it (extra "text").

    A sample's is the F-measure of the longest common subsequence of words, the best one of several right
    texts (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004). Words are letters from
    a to z and digits: it is for English. See `TextMetric` for which texts are compared.

    Args:
        use_stemmer: Whether words are compared without their endings, by Porter's stemmer.
        **options: `direction` ("max" by default), name and masks of `Metric`.
    """

    def __init__(self, *, use_stemmer: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.use_stemmer = bool(use_stemmer)

    @cached_property
    def scorer(self) -> Any:
        """The `RougeScorer` of rouge-score."""
        library = self._library("rouge_score.rouge_scorer")
        return library.RougeScorer(["rougeL"], use_stemmer=self.use_stemmer)

    def compared(self, references: list[str], text: str) -> float:
        """Return the F-measure of a sample."""
        return float(self.scorer.score_multi(references, text)["rougeL"].fmeasure)

    def result(self) -> float:
        """Return the mean."""
        return self.mean()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"use_stemmer": self.use_stemmer, **super().get_config()}
