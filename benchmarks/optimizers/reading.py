"""Reading a request: which task it is, what is asked for, and what stands where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from benchmarks.optimizers.tasks import TASKS, Sample, Step, Task, landscape, sample

_WORDS: Final = {task.word: task for task in TASKS.values()}
_LETTERS: Final = {task.letter: task for task in TASKS.values()}
_IDENTIFIER: Final = re.compile(rf"\b({'|'.join(_WORDS)}) ([A-Z])(\d{{1,4}})-(\d{{4}})\b")
_DESK: Final = re.compile(rf"\bdesk ([{''.join(_LETTERS)}])(\d{{1,4}})\b")
_FIELDS: Final = re.compile(r"output fields are:\s*\n((?:.*\n?)*)")
_FIELD: Final = re.compile(r"^\s*\d+\. `(\w+)`", re.MULTILINE)
_STRUCTURE: Final = "All interactions will be structured"
_NOISE: Final = re.compile(r"\\+n|[\s\"'“”‘’*`\\]+")

Form = Literal["schema", "object", "markers", "text"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer must look like.

    Attributes:
        form: By a JSON schema, a JSON object, the markers of DSPy's chat adapter, or plain text.
        fields: The fields asked for, none for plain text.
        schema: The JSON schema.
    """

    form: Form
    fields: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A sample that a text names, and what follows up to the next."""

    sample: Sample
    after: str


def texts(request: dict[str, Any]) -> list[str]:
    """Return the text of each message."""
    return [_text(message.get("content")) for message in request["messages"]]


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


def wanted(request: dict[str, Any], text: str) -> Wanted:
    """Return what form of answer a request asks for."""
    asked = request.get("response_format") or {}
    if asked.get("type") == "json_schema":
        schema = asked["json_schema"]["schema"]
        return Wanted("schema", tuple(resolved(schema, schema).get("properties", ())), schema)
    sections = _FIELDS.findall(text)
    fields = tuple(_FIELD.findall(sections[-1].partition(_STRUCTURE)[0])) if sections else ()
    if asked.get("type") == "json_object":
        return Wanted("object", fields)
    if not fields:
        return Wanted("text")
    if "[[ ## completed ## ]]" in text:
        return Wanted("markers", fields)
    return Wanted("object", fields) if "JSON object" in text else Wanted("text")


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without references and alternatives at its top."""
    while True:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "allOf" in schema and len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        elif options := schema.get("anyOf") or schema.get("oneOf"):
            schema = next((option for option in options if option.get("type") != "null"), options[0])
        else:
            return schema


def mentions(text: str) -> list[Mention]:
    """Return the samples that a text names, in order."""
    found = [match for match in _IDENTIFIER.finditer(text) if _WORDS[match[1]].letter == match[2]]
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        Mention(sample(_WORDS[match[1]].name, int(match[3]), int(match[4])), text[match.end() : end])
        for match, end in zip(found, ends, strict=False)
    ]


def task_of(text: str) -> tuple[Task, int] | None:
    """Return the task that a text is about, and the seed: by the last sample that it names, or by a desk."""
    if match := _last(_IDENTIFIER, text):
        return _WORDS[match[1]], int(match[3])
    if match := _last(_DESK, text):
        return _LETTERS[match[1]], int(match[2])
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    match = None
    for match in pattern.finditer(text):  # noqa: B007 - the last one is what is wanted
        pass
    return match


def step_of(task: Task, seed: int, text: str) -> Step:
    """Return the step whose initial instruction a text repeats most often, of equals the last one named.

    Without any, it is the one with the most sentences of its pool.
    """
    told = normalized(text)

    def place(step: Step) -> tuple[int, int, int]:
        sentence = normalized(task.instruction(seed, step))
        known = len(phrases_in(text, task.name, seed, step.target))
        return told.count(sentence), told.rfind(sentence), known

    return max(task.steps, key=place)


def normalized(text: str) -> str:
    """Return a text without case, quotes, marks of emphasis and differences of white space."""
    return _NOISE.sub(" ", text).lower().strip()


@lru_cache(maxsize=4096)
def phrases_in(text: str, task: str, seed: int, target: str) -> frozenset[int]:
    """Return which sentences of a step's pool a text has."""
    told = normalized(text)
    return frozenset(i for i, phrase in enumerate(_pool(task, seed, target)) if phrase in told)


@lru_cache(maxsize=1000)
def _pool(task: str, seed: int, target: str) -> tuple[str, ...]:
    return tuple(normalized(phrase).rstrip(".") for phrase in landscape(task, seed, target).pool)


def answer_in(text: str, step: Step) -> str | None:
    """Return the one answer to a step that stands in a text, None where there is none or more than one.

    Where there are several, the one that follows the name of the field is meant.
    """
    told = normalized(text)
    found = [answer for answer in step.answers if answer in told]
    if len(found) > 1:
        named = re.findall(rf"\b{step.target}\b[^a-z0-9]*({'|'.join(step.answers)})", told)
        found = list(dict.fromkeys(named))
    return found[0] if len(found) == 1 else None


# --- Parts of a prompt, for whoever writes a new instruction -------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a prompt.

    Attributes:
        text: Its text.
        about: What it stands under: a heading, or keys and what a row says beside them.
        rejected: Whether it, or what it stands under, says that an attempt did not help.
        score: The score that it names, or None.
    """

    text: str
    about: str = ""
    rejected: bool = False
    score: float | None = None


_REJECTED: Final = re.compile(
    r"\brejected\b|\bdiscarded\b|\bnot accepted\b|\bno (help|improvement|gain)\b|\bnot better\b"
    r"|\b(did|does|do)(n.t| not) (help|improve)|\b(lower|worse) than\b|\bfailed attempts?\b"
    r"|\b(scored?|scores|was|were|is|did|performed) (lower|worse|less)\b|\bunsuccessful\b",
    re.IGNORECASE,
)
_SCORE: Final = re.compile(
    r"\b(?:score|reward|accuracy|rating|mean)\w*\W{0,4}(?:is|of|was)?\W{0,3}(\d+(?:\.\d+)?)", re.I
)
_LOSS: Final = re.compile(
    r"\b(?:gain|change|difference|delta|improvement)\w*\W{0,4}(?:[-−]\s?\d|0(?:\.0+)?(?![.\d]))", re.I
)
_STATUS: Final = 200
"""Characters that a field of a row may have to say something of the others."""
_HEADING: Final = re.compile(r"^\s*(#.*|\[\[ ## .* ## \]\]|</?\w+>|[^{\[]*:)\s*$")
_ITEM: Final = re.compile(r"^\s*([-*•]|\d+[.)])\s")


def parts(text: str) -> Iterator[Part]:
    """Take a prompt apart: paragraphs, items of lists and objects of JSON, each with what is said of it."""
    value = _json(text)
    if value is not None:
        yield from _of_json(value, "")
        return
    heading, lines = "", list[str]()
    for line in [*text.splitlines(), ""]:
        is_heading, value = bool(_HEADING.match(line)), _json(line)
        if lines and (not line.strip() or is_heading or value is not None or _ITEM.match(line)):
            yield _part("\n".join(lines), heading)
            lines = []
        if value is not None:
            yield from _of_json(value, heading)
        elif is_heading:
            heading = line
        elif line.strip():
            lines.append(line)


def _json(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[{", '["')):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _of_json(value: Any, about: str) -> Iterator[Part]:
    if isinstance(value, dict):
        own = [f"{key}: {leaf}" for key, leaf in value.items() if not isinstance(leaf, dict | list)]
        if about:  # a row: what a short field of it says holds for the others
            yield _part("\n".join(own), about)
            about = "\n".join([about, *(each for each in own if len(each) < _STATUS)])
        else:
            yield from (_part(each, "") for each in own)
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from _of_json(inner, f"{about}\n{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _of_json(inner, about)
    else:
        yield from parts(value) if _json(str(value)) is not None else [_part(str(value), about)]


def _part(text: str, about: str) -> Part:
    score = _SCORE.search(text) or _SCORE.search(about)
    rejected = any(pattern.search(each) for pattern in (_REJECTED, _LOSS) for each in (text, about))
    return Part(text, about, rejected, None if score is None else float(score[1]))
