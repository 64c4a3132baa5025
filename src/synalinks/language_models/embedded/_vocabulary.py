"""What a grammar and the rules of decoding must know of the tokens."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from synalinks._internal.lazy import optional
from synalinks.language_models.embedded._tokenizer import END, FIRST_DIGIT, PLACES, Tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


class Vocabulary:
    """The tokens of a model as masks, and as `llguidance` takes them.

    Args:
        tokenizer: The model's tokenizer.

    Attributes:
        digits: Place to the mask of its ten digits' tokens.
        any_digit: Digits of any place, bytes too.
        byte_digits: The bytes of digits, for numbers that have no places any more.
        fractions: Digits after a point.
        leading_zeros: Zeros at places above the units.
        text: Tokens of which a free answer is made, and its end.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        import numpy

        self.tokenizer = tokenizer
        self._numpy: Any = numpy
        numbers = numpy.arange(len(tokenizer))
        self.digits = {
            place: (numbers >= first) & (numbers < first + 10)
            for place, first in zip(
                PLACES, range(FIRST_DIGIT, FIRST_DIGIT + 10 * len(PLACES), 10), strict=True
            )
        }
        self.byte_digits = (numbers >= ord("0")) & (numbers <= ord("9"))
        self.any_digit = self.byte_digits | self._union(list(self.digits.values()))
        self.fractions = self._union([self.digits[place] for place in PLACES if place < 0])
        zeros = self.starting_with(b"0") & ~self.byte_digits
        self.leading_zeros = zeros & self._union([self.digits[place] for place in PLACES if place > 0])
        self.text = numpy.array([_is_plain(text) for text in tokenizer.texts]) & ~self.byte_digits
        self.text[END] = True

    def starting_with(self, characters: bytes) -> Mask:
        """Return the mask of the tokens whose first byte is one of some."""
        texts = self.tokenizer.texts
        mask: Mask = self._numpy.array([text[:1] != b"" and text[0] in characters for text in texts])
        return mask

    def _union(self, masks: list[Mask]) -> Mask:
        union: Mask = self._numpy.logical_or.reduce(masks)
        return union

    @cached_property
    def commas(self) -> Mask:
        """Tokens that begin with a comma."""
        return self.starting_with(b",")

    @cached_property
    def openers(self) -> Mask:
        """Tokens that begin with an opening bracket."""
        return self.starting_with(b"{[")

    @cached_property
    def quotes(self) -> Mask:
        """Tokens that begin with a quotation mark."""
        return self.starting_with(b'"')

    @cached_property
    def exponents(self) -> Mask:
        """Tokens that begin with the letter of an exponent."""
        return self.starting_with(b"eE")

    @cached_property
    def for_grammars(self) -> Any:
        """The vocabulary as `llguidance` takes it.

        Raises:
            MissingExtraError: It is not installed.
        """
        library = optional("llguidance", feature="An embedded model", extra="embedded")
        wrapped = library.TokenizerWrapper(_ForGrammars(self.tokenizer))
        return library.LLTokenizer(wrapped, n_vocab=len(self.tokenizer), slices=[])


class _ForGrammars:
    """The tokenizer with the names that `llguidance` looks for."""

    eos_token_id = END
    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._encode = tokenizer.encode
        self.tokens = [text or f"<|{number}|>".encode() for number, text in enumerate(tokenizer.texts)]
        self.special_token_ids = [number for number, text in enumerate(tokenizer.texts) if not text]

    def __call__(self, text: str | bytes) -> list[int]:
        return self._encode(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _is_plain(text: bytes) -> bool:
    return text != b"" and all(32 <= byte < 127 or byte == 10 for byte in text)
