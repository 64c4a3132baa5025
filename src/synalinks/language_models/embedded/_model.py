"""An embedded model that is loaded: its network and tokens, and what it remembers of prompts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import orjson

from synalinks.errors import DamagedFileError
from synalinks.language_models._schema import OutputSchema
from synalinks.language_models.embedded._grammar import FreeText, Grammar, grammar_of
from synalinks.language_models.embedded._network import Memory, Network
from synalinks.language_models.embedded._sampling import Sampler
from synalinks.language_models.embedded._tokenizer import ASSISTANT, BEGIN, END, SYSTEM, USER, Tokenizer
from synalinks.language_models.embedded._vocabulary import Vocabulary
from synalinks.language_models.embedded._weights import unpack

LONGEST_ANSWER = 1024
"""Tokens of an answer at most, where the call does not say."""

_UNWATCHED = 64
"""Tokens after which an answer is watched lest it does not end in time; sooner where few are allowed."""

_REMEMBERED = 4096
"""Tokens of prompts whose keys and values are kept."""

_ROLES = {"system": SYSTEM, "developer": SYSTEM, "user": USER, "assistant": ASSISTANT, "tool": USER}
Constraint = Grammar | FreeText


class Prefixes:
    """Remembers the keys and values of what prompts begin with, the longest unused forgotten first."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: OrderedDict[tuple[int, ...], Memory] = OrderedDict()
        self._lock = threading.Lock()
        self._working: dict[tuple[int, ...], threading.Lock] = {}

    def of(self, tokens: tuple[int, ...]) -> tuple[Memory, bool]:
        """Return the memory of some tokens, not to be changed, and whether it was known."""
        with self._lock:
            known = self._kept.get(tokens)
            if known is not None:
                self._kept.move_to_end(tokens)
                return known, True
            turn = self._working.setdefault(tokens, threading.Lock())
        with turn:  # of several calls that begin alike, one works it out
            with self._lock:
                known = self._kept.get(tokens)
            if known is not None:
                return known, True
            memory = self._network.memory(len(tokens))
            self._network.extend(memory, list(tokens))
            self._keep(tokens, memory)
        return memory, False

    def _keep(self, tokens: tuple[int, ...], memory: Memory) -> None:
        with self._lock:
            self._kept[tokens] = memory
            self._working.pop(tokens, None)
            while len(self._kept) > 1 and sum(map(len, self._kept)) > _REMEMBERED:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens of a request.

    Attributes:
        prefix: All but the last message, which calls of a run have in common.
        rest: The last message, and the beginning of the answer.
    """

    prefix: tuple[int, ...]
    rest: list[int]

    def __len__(self) -> int:
        return len(self.prefix) + len(self.rest)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote.

    Attributes:
        text: The text.
        tokens: How many tokens it has.
        remembered: Tokens of the prompt that need not be read again.
        whole: Whether it came to its end.
    """

    text: str
    tokens: int
    remembered: int
    whole: bool


class Draft:
    """An answer while it is written, which is ended in time.

    Near the last token that it may have, tokens are held back until it is known that the answer can still
    be completed after them. Where it cannot, it is completed as it could be before them.

    Args:
        constraint: What it must keep to.
        most: Tokens that it may have.
        tell: Told of each token that stays.

    Attributes:
        written: The tokens that stay.
        over: Whether nothing is added any more.
        whole: Whether it came to its end.
    """

    def __init__(self, constraint: Constraint, most: int, tell: Callable[[int], None]) -> None:
        self.written: list[int] = []
        self.over = self.whole = False
        self._constraint, self._most, self._tell = constraint, most, tell
        self._held: list[int] = []
        self._ending: list[int] | None = None
        self._look = most if most <= _UNWATCHED else most - min(most // 4, _UNWATCHED)

    def add(self, tokens: list[int]) -> list[int]:
        """Add tokens and what can only follow in one way; return all of them."""
        added = tokens if self._constraint.done else tokens + self._constraint.forced()
        self._held += added
        left = self._most - len(self.written) - len(self._held)
        if self._constraint.done and left >= 0:
            self._finish([], whole=True)
        elif left <= self._look:
            self._watch(left)
        elif self._ending is None:
            self._keep()
        return added

    def _watch(self, left: int) -> None:
        ending = self._constraint.ending()
        if ending is not None and len(ending) <= left:
            self._keep()
            self._ending = ending
            # A token less is left after each, and the ending may grow by some.
            self._look = left - max(1, (left - len(ending)) // 4)
            if len(ending) == left:
                self._finish(ending, whole=True)
        elif self._ending is not None:
            self._held.clear()
            self._finish(self._ending, whole=True)
        elif left <= 0 or ending is not None:
            self._finish(ending or [], whole=False)
        else:
            self._keep()

    def _finish(self, tokens: list[int], *, whole: bool) -> None:
        self._held += tokens
        self._keep()
        self.over, self.whole = True, whole

    def _keep(self) -> None:
        for token in self._held[: self._most - len(self.written)]:
            self.written.append(token)
            self._tell(token)
        self._held.clear()


class Model:
    """A network with its tokens; any number of threads may use it at once.

    Args:
        data: The bytes of the model's file.
        where: The file's name, for messages.

    Raises:
        DamagedFileError: They are not those of a model.
    """

    def __init__(self, data: bytes, where: str) -> None:
        header, weights = unpack(data, where)
        try:
            self.tokenizer = Tokenizer([(one, two) for one, two in header["merges"]])
            self.network = Network(weights, context=header["context"], rope_base=header["rope_base"])
            if weights["head"].shape != (len(self.tokenizer), self.network.width):
                raise ValueError(
                    f"there are {len(self.tokenizer)} tokens and {weights['head'].shape} weights"
                )
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise DamagedFileError(f"{where} is not the file of an embedded model: {error}") from error
        self.vocabulary = Vocabulary(self.tokenizer)
        self._prefixes = Prefixes(self.network)

    def prompt(self, messages: list[dict[str, Any]]) -> Prompt:
        """Return the tokens of messages, as in training."""
        *before, last = messages
        prefix = [BEGIN]
        for message in before:
            prefix += self._message(message)
        return Prompt(tuple(prefix), [*self._message(last), ASSISTANT])

    def _message(self, message: dict[str, Any]) -> list[int]:
        mark = _ROLES.get(str(message.get("role")), USER)
        ending = [END] if mark == ASSISTANT else []
        return [mark, *self.tokenizer.encode(_text_of(message.get("content"))), *ending]

    def constraint(self, schema: OutputSchema | None) -> Constraint:
        """Return what an answer must keep to.

        Raises:
            ValueError: The schema contradicts itself.
        """
        if schema is None:
            return FreeText(self.vocabulary, LONGEST_ANSWER // 4)
        return Grammar(_grammar(schema.key, orjson.dumps(schema.schema)), self.vocabulary)

    def answer(
        self,
        prompt: Prompt,
        constraint: Constraint,
        sampler: Sampler,
        *,
        most: int,
        tell: Callable[[int], None],
    ) -> Answer:
        """Write an answer.

        Args:
            prompt: The prompt.
            constraint: What the answer must keep to; used up.
            sampler: What draws the tokens.
            most: Tokens of the answer at most.
            tell: Told of each token as it comes; what it raises ends the answer.
        """
        start, known = self._prefixes.of(prompt.prefix)
        memory = self.network.memory(len(prompt) + most + len(prompt.rest))
        memory.take(start)
        draft = Draft(constraint, most, tell)
        pending = prompt.rest + draft.add([])
        while not draft.over:
            token = sampler.draw(self.network.extend(memory, pending), constraint.allowed())
            constraint.take(token)
            pending = draft.add([token])
        text = self.tokenizer.decode(draft.written).decode("utf-8", "replace")
        return Answer(text, len(draft.written), len(prompt.prefix) if known else 0, draft.whole)


@lru_cache(maxsize=256)
def _grammar(key: str, schema: bytes) -> str:
    del key
    return grammar_of(orjson.loads(schema))


def _text_of(content: Any) -> str:
    """Return the text of a message's content, of parts those that are texts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


@cache
def loaded(name: str) -> Model:
    """Return an embedded model, loaded when it is first asked for.

    Raises:
        MissingExtraError: The extra "embedded" is not installed.
        DamagedFileError: Its file is not what it should be.
    """
    file = files(__package__).joinpath(f"{name}.bin")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DamagedFileError(f"{file} cannot be read: {error}. Install the package again.") from error
    return Model(data, str(file))
