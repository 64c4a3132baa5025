"""Answers that are JSON of a schema, whatever the model would rather say, and that end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from synalinks._internal.lazy import optional
from synalinks.language_models.embedded._ending import shortest_ending
from synalinks.language_models.embedded._reading import Reading
from synalinks.language_models.embedded._tokenizer import END, Tokenizer, place_of
from synalinks.language_models.embedded._vocabulary import Vocabulary

if TYPE_CHECKING:
    from synalinks.language_models.embedded._vocabulary import Mask

LONGEST_TEXT = 120
"""Characters after which a text in JSON is closed, if the schema lets it."""

MOST_ITEMS = 8
"""Items after which an array or an object is closed, if the schema lets it."""

DEEPEST = 6
"""Brackets within brackets beyond which none is opened, if the schema lets it."""

_OPTIONS = {"whitespace_flexible": False, "lenient": True}


def grammar_of(schema: dict[str, Any]) -> str:
    """Return the grammar of a JSON schema; what it cannot say of it is left to the check of the answer."""
    library = optional("llguidance", feature="An embedded model", extra="embedded")
    text = orjson.dumps(schema).decode()
    grammar: str = library.LLMatcher.grammar_from_json_schema(text, _OPTIONS)
    return grammar


class Grammar:
    """Says what may come next, and keeps to numbers, texts and lists of a reasonable size.

    Args:
        grammar: What `grammar_of` returned.
        vocabulary: The model's tokens.

    Raises:
        ValueError: The schema has no grammar: it contradicts itself, or is too large.
    """

    def __init__(self, grammar: str, vocabulary: Vocabulary) -> None:
        import numpy

        library = optional("llguidance", feature="An embedded model", extra="embedded")
        self._numpy: Any = numpy
        self._vocabulary = vocabulary
        self._matcher = library.LLMatcher(vocabulary.for_grammars, grammar, log_level=0)
        if self._matcher.is_error():
            raise ValueError(self._matcher.get_error())
        self._reading = Reading()

    @property
    def done(self) -> bool:
        """Whether the answer is complete and nothing can follow."""
        return bool(self._matcher.is_stopped())

    def take(self, token: int) -> None:
        """Go on by a token that was allowed."""
        self._matcher.consume_token(token)
        self._reading.read(self._vocabulary.tokenizer.texts[token], place_of(token))

    def forced(self) -> list[int]:
        """Go on by everything that can only come in one way; return its tokens."""
        text = self._matcher.compute_ff_bytes()
        tokens = as_tokens(self._vocabulary.tokenizer, text)
        for token in tokens:
            self.take(token)
        return tokens

    def ending(self) -> list[int] | None:
        """Return the tokens of about the shortest way to complete the answer, None where none was found."""
        text = shortest_ending(self._matcher, self._reading)
        return None if text is None else as_tokens(self._vocabulary.tokenizer, text)

    def allowed(self) -> Mask:
        """Return the mask of the tokens that may come next."""
        numpy = self._numpy
        bits = numpy.frombuffer(self._matcher.compute_bitmask(), dtype=numpy.uint8)
        mask: Mask = numpy.unpackbits(bits, bitorder="little")[: len(self._vocabulary.tokenizer)].astype(bool)
        for rule in self._rules():
            narrowed = mask & rule
            if narrowed.any():
                mask = narrowed
        return mask

    def _rules(self) -> list[Mask]:
        """Return what the next token should be among; the grammar decides where that cannot be."""
        vocabulary, reading = self._vocabulary, self._reading
        rules = [~vocabulary.byte_digits, *number_rules(vocabulary, reading)]
        if reading.in_text:
            return [*rules, vocabulary.quotes] if reading.text_length >= LONGEST_TEXT else rules
        if reading.items >= MOST_ITEMS:
            rules.append(~vocabulary.commas)
        if reading.depth >= DEEPEST:
            rules.append(~vocabulary.openers)
        return rules


def number_rules(vocabulary: Vocabulary, reading: Reading) -> list[Mask]:
    """Return what may follow a digit or a point: each digit stands one place below the one before it.

    So a number has at most six digits before its point and two after it, and none has an exponent.
    """
    if reading.after_point:
        return [vocabulary.digits[-1]]
    if not reading.after_digit:
        return (
            [~vocabulary.fractions]
            if reading.in_text
            else [~vocabulary.fractions & ~vocabulary.leading_zeros]
        )
    place = reading.place
    below = None if place is None or place == 0 else vocabulary.digits.get(place - 1)
    if below is None or place is None:
        return [~vocabulary.any_digit & ~vocabulary.exponents, ~vocabulary.any_digit]
    if place > 0:
        return [below]
    return [below | ~vocabulary.any_digit, (below | ~vocabulary.any_digit) & ~vocabulary.exponents]


def as_tokens(tokenizer: Tokenizer, text: bytes) -> list[int]:
    """Return the tokens of bytes, one for each where they are no whole characters."""
    try:
        return tokenizer.encode(text.decode())
    except UnicodeDecodeError:
        return list(text)


class FreeText:
    """Says what may come next in an answer without a schema: plain text, then its end.

    Args:
        vocabulary: The model's tokens.
        most: Tokens after which it ends.
    """

    def __init__(self, vocabulary: Vocabulary, most: int) -> None:
        self._vocabulary, self._most = vocabulary, most
        self._taken = 0
        self.done = False

    def take(self, token: int) -> None:
        """Go on by a token."""
        self._taken += 1
        self.done = token == END

    def forced(self) -> list[int]:
        """Return nothing: no text is forced."""
        return []

    def ending(self) -> list[int] | None:
        """Return None: a text that is not complete is cut."""
        return None

    def allowed(self) -> Mask:
        """Return the mask of the tokens that may come next."""
        mask: Mask = self._vocabulary.text.copy()
        mask[END] = self._taken > 0
        if self._taken >= self._most:
            mask[:] = False
            mask[END] = True
        return mask
