"""The simulated model as a writer of instructions: what it keeps of those it is shown, and what it adds.

It knows nothing of what helps, but it is no fool: topics that the prompt shows make it think of what helps
with them more often, and more so where the prompt says what would have been right.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.optimizers.reading import Part, parts, phrases_in, resolved, step_of, task_of
from benchmarks.optimizers.tasks import Landscape, Step, Task, landscape
from benchmarks.optimizers.words import TOPICS

KEPT, KEPT_REJECTED = 0.88, 0.15
"""How likely it keeps a sentence that it is shown, and one that is said not to have helped."""
ADDED: Final = ((1, 2, 3), (50, 35, 15))
"""How many sentences it adds, and how often."""
HELPFUL, SHOWN, TOLD = 0.6, 4.0, 6.0
"""Weight of a sentence that helps, others weighing 1: it is no favourite of models. By how much it grows
where the prompt shows a topic that it helps, and where the prompt also says what would have been right."""

_WHOLE: Final = re.compile(r"instruct|prompt", re.I)
_WHOLE_TEXT: Final = re.compile(
    r"\b(new|improved|proposed|better|revised|rewritten) (instruction|prompt)", re.I
)
_PIECES: Final = re.compile(r"step|plan|rule|item|part|hint|advice|guideline", re.I)
_REMARK: Final = re.compile(
    r"reason|analys|rational|explan|summar|observ|thought|think|critiq|diagnos|why|comment|descri|note|title|name"
    r"|lesson|insight|reflect",
    re.I,
)
_OTHERS: Final = re.compile(r"program|module|surround|context", re.I)
"""What tells that a part is about the rest of a program, and not about the instruction in question."""
_COUNT: Final = re.compile(
    r"(?<![\w.])(\d+|two|three|four|five|six|seven|eight|nine|ten) +(?:\w+ +){0,3}"
    r"(?:instruct|prompt|candidat|propos|variant|value)",
    re.I,
)
_NUMBERS: Final = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TOLD: Final = (
    r"(?:expected|correct|right answer|should (?:have been|be)|ground truth|gold|target|wanted)\b[^\n]{0,80}?"
)
_ANYWHERE: Final = "Read the input with care and answer in the form that is asked for."


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a prompt shows.

    Attributes:
        sentence: The instruction that the task begins with.
        landscape: That of the step whose instruction is to be written, None for a task that is not known.
        kept: Sentences of instructions that are shown.
        rejected: Those that stand only where something is said not to have helped.
        topics: Topics whose words are there.
        told: Whether it says what would have been right.
        count: How many instructions it asks for, where it says so.
    """

    sentence: str
    landscape: Landscape | None
    kept: frozenset[int]
    rejected: frozenset[int]
    topics: frozenset[int]
    told: bool
    count: int | None


def read(texts: list[str]) -> Prompt:
    """Read a prompt that asks for an instruction."""
    text = "\n\n".join(texts)
    words = set(re.findall(r"[a-z]+", text.lower()))
    topics = frozenset(number for number, its in enumerate(TOPICS) if len(words.intersection(its)) > 1)
    counted = _COUNT.search(text)
    count = None if counted is None else _number(counted[1].lower())
    about = task_of(text)
    if about is None:
        return Prompt(_ANYWHERE, None, frozenset(), frozenset(), topics, False, count)
    task, seed = about
    found = [part for each in texts for part in parts(each)]
    own = "\n".join(part.text for part in found if not _OTHERS.search(part.about))
    step = step_of(task, seed, own)
    kept, rejected = _shown(found, task, seed, step)
    told = (
        re.search(_TOLD + f"(?:{'|'.join(a for s in task.steps for a in s.answers)})", text, re.I) is not None
    )
    its = landscape(task.name, seed, step.target)
    return Prompt(task.instruction(seed, step), its, kept, rejected - kept, topics, told, count)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else 2 + _NUMBERS.index(word)


def _shown(found: list[Part], task: Task, seed: int, step: Step) -> tuple[frozenset[int], frozenset[int]]:
    """Return the sentences in parts that may have helped, and those in parts that did not."""
    shown = [(part, phrases_in(part.text, task.name, seed, step.target)) for part in found]
    scores = [part.score for part, phrases in shown if phrases and part.score is not None]
    bar = median(scores) if len(scores) > 1 else None
    good, bad = set[int](), set[int]()
    for part, phrases in shown:
        low = bar is not None and part.score is not None and part.score < bar
        (bad if part.rejected or low else good).update(phrases)
    return frozenset(good), frozenset(bad)


def phrases(prompt: Prompt, rng: random.Random) -> list[str]:
    """Return the sentences of a new instruction."""
    its = prompt.landscape
    if its is None:
        return []
    written = [phrase for phrase in sorted(prompt.kept) if rng.random() < KEPT]
    written += [phrase for phrase in sorted(prompt.rejected) if rng.random() < KEPT_REJECTED]
    others = [i for i in range(len(its.pool)) if i not in prompt.kept and i not in prompt.rejected]
    weights = [_weight(prompt, its.helps(phrase)) for phrase in others]
    for _ in range(min(rng.choices(*ADDED)[0], len(others))):
        [position] = rng.choices(range(len(others)), weights)
        written.append(others.pop(position))
        weights.pop(position)
    return [its.pool[phrase] for phrase in written]


def _weight(prompt: Prompt, helps: frozenset[int]) -> float:
    if not helps:
        return 1.0
    if not helps & prompt.topics:
        return HELPFUL
    return HELPFUL * (TOLD if prompt.told else SHOWN)


def instruction(prompt: Prompt, rng: random.Random) -> str:
    """Return a new instruction."""
    return " ".join([prompt.sentence, *phrases(prompt, rng)])


def instructions(prompt: Prompt, count: int, rng: random.Random) -> list[str]:
    """Return several instructions, no two alike where that is possible."""
    found: dict[str, None] = {}
    for _ in range(20 * count):
        found.setdefault(instruction(prompt, rng))
        if len(found) == count:
            break
    return [*found, *[prompt.sentence] * (count - len(found))]


def remark(prompt: Prompt, rng: random.Random) -> str:
    """Return a sentence about the task that names what the prompt's samples are about."""
    topics = rng.sample(sorted(prompt.topics), min(4, len(prompt.topics)))
    if not topics:
        return "The task asks for a careful look at each input."
    named = [" and ".join(rng.sample(TOPICS[topic], 2)) for topic in topics]
    return f"Some inputs speak of {', others of '.join(named)}."


def is_whole(name: str, schema: dict[str, Any]) -> bool:
    """Return whether a text field is to hold an instruction."""
    about = f"{schema.get('title', '')} {schema.get('description', '')}"
    if _REMARK.search(name):
        return _WHOLE.search(name) is not None
    return _WHOLE.search(name) is not None or _WHOLE_TEXT.search(about) is not None


class Filling:
    """Fills a JSON schema.

    Fields that are to hold an instruction get one each, and so does the only text field. In any other
    record the sentences of one instruction are spread over its text fields.

    Args:
        prompt: What was asked.
        schema: The schema.
        rng: Random numbers.
    """

    def __init__(self, prompt: Prompt, schema: dict[str, Any], rng: random.Random) -> None:
        self._prompt, self._schema, self._rng = prompt, schema, rng
        slots = list(self._slots(schema, ""))
        spread = [(name, listed) for name, whole, listed in slots if not whole and not _REMARK.search(name)]
        self._alone = len(spread) == 1 and not (spread[0][1] and _PIECES.search(spread[0][0]))
        self._alone = self._alone and not any(whole for _, whole, _ in slots)
        self._whole = self._alone or any(whole for _, whole, _ in slots)
        self._sentences = [] if self._whole else phrases(prompt, rng)
        self._places = max(1, len(spread))

    def value(self) -> Any:
        """Return a value that is valid for the schema."""
        return self._fill(self._schema, "")

    def _slots(
        self, schema: dict[str, Any], name: str, listed: bool = False
    ) -> Iterator[tuple[str, bool, bool]]:
        """Yield name, whether it is for an instruction, and whether there are several, of each text."""
        schema = resolved(schema, self._schema)
        if "enum" in schema or "const" in schema:
            return
        if schema.get("type") == "string":
            yield name, is_whole(name, schema), listed
        for key, inner in schema.get("properties", {}).items():
            yield from self._slots(inner, key)
        if isinstance(items := schema.get("items"), dict):
            yield from self._slots(items, name, True)

    def _fill(self, schema: dict[str, Any], name: str) -> Any:
        schema = resolved(schema, self._schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        kind = schema.get("type", "object")
        kind = next(k for k in kind if k != "null") if isinstance(kind, list) else kind
        if kind == "object":
            return {key: self._fill(inner, key) for key, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return self._list(schema, name)
        if kind == "string":
            return self._text(schema, name)
        return self._number(schema, kind)

    def _list(self, schema: dict[str, Any], name: str) -> list[Any]:
        items = resolved(schema.get("items", {}), self._schema)
        least, most = schema.get("minItems", 0), schema.get("maxItems", 64)
        is_text = items.get("type") == "string" and "enum" not in items
        if is_text and self._is_whole(name, items):
            count = max(least, min(most, least or self._prompt.count or (most if most < 64 else 3)))
            return list(instructions(self._prompt, count, self._rng))
        if is_text and not _REMARK.search(name) and len(self._sentences) > least:
            taken, self._sentences = self._sentences[:most], self._sentences[most:]
            return taken
        return [self._fill(items, name) for _ in range(max(least, min(most, self._prompt.count or 2)))]

    def _is_whole(self, name: str, schema: dict[str, Any]) -> bool:
        return is_whole(name, schema) or (self._alone and not _REMARK.search(name))

    def _text(self, schema: dict[str, Any], name: str) -> str:
        its = self._prompt.landscape
        if its is not None and name == its.step.target:
            return self._rng.choice(its.step.answers)
        if self._is_whole(name, schema):
            return instruction(self._prompt, self._rng)
        if self._whole or _REMARK.search(name) or not self._sentences:
            return remark(self._prompt, self._rng)
        share = -(-len(self._sentences) // self._places)
        self._places = max(1, self._places - 1)
        taken, self._sentences = self._sentences[:share], self._sentences[share:]
        return " ".join(taken)

    def _number(self, schema: dict[str, Any], kind: str) -> Any:
        if kind == "boolean":
            return self._rng.random() < 0.5
        if kind == "null":
            return None
        low = schema.get("minimum", 0)
        high = schema.get("maximum", low + (10 if kind == "integer" else 1))
        return self._rng.randint(low, high) if kind == "integer" else self._rng.uniform(low, high)
