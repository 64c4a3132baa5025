"""What a language model is shown of runs, candidates and modules: compact JSON of bounded size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from synalinks._internal.canonical import canonical, content_hash
from synalinks._internal.plain import plain
from synalinks.optimizers._archive import Archive, Candidate
from synalinks.optimizers._context import Evaluated, VariableInfo

_CUTS: Final = ((8000, 100), (2000, 40), (600, 16), (200, 8), (60, 4))
"""Characters of each text and items of each list that are shown; the first pair that fits is taken."""

_LEAST: Final = 300
"""Characters that a case must have room for to be shown at all."""


def fitted(value: Any, size: int) -> Any:
    """Return `value` as JSON of at most about `size` characters: long texts and lists are cut.

    Args:
        value: Data models, JSON, or structures of them; anything else is shown as its `repr`.
        size: Characters.
    """
    value = plain(value)
    for text, items in _CUTS:
        cut = _cut(value, text, items)
        if len(canonical(cut)) <= size:
            return cut
    return _shortened(canonical(_cut(value, *_CUTS[-1])).decode(), size)


def _cut(value: Any, text: int, items: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _cut(item, text, items) for key, item in value.items()}
    if isinstance(value, list | tuple):
        shown = [_cut(item, text, items) for item in value[:items]]
        return shown if len(value) <= items else [*shown, f"({len(value) - items} more)"]
    return _shortened(value if isinstance(value, str) else repr(plain(value)), text)


def _shortened(text: str, length: int) -> str:
    """Return a text without its middle, where it is too long."""
    if len(text) <= length:
        return text
    tail = length // 4
    return f"{text[: length - tail]} [...] {text[len(text) - tail :]}"


def cases(evaluated: Sequence[Evaluated], module: str, *, size: int = 24_000) -> list[dict[str, Any]]:
    """Return runs of the program as a language model is shown them, the lowest scores first.

    Each has the program's inputs, what the module itself was given and answered in each of its calls, the
    program's output, the target, the score, and the feedback or what failed. What is the same as something
    already said is left out, and so are runs without a score, which say nothing about the program.

    Args:
        evaluated: Samples and what came of them.
        module: Path of the module in question.
        size: Characters of them all; where it is too little for all, the last ones are left out.
    """
    scored = [e for e in evaluated if e.outcome.score is not None]
    scored.sort(key=lambda e: e.outcome.score or 0.0)  # a stable order: equal ones as they were given
    scored = scored[: max(1, size // _LEAST)]
    return [fitted(_case(e, module), size // len(scored)) for e in scored]


def _case(evaluated: Evaluated, module: str) -> dict[str, Any]:
    sample, outcome = evaluated.sample, evaluated.outcome
    inputs, output = plain(sample.x), plain(outcome.prediction)
    calls = [
        {"outputs": step.outputs}
        if step.inputs == inputs
        else {"inputs": step.inputs, "outputs": step.outputs}
        for step in outcome.trace
        if step.module == module
    ]
    case: dict[str, Any] = {"inputs": inputs, "calls": calls}
    if calls != [{"outputs": output}]:
        case["output"] = output
    if sample.y is not None:
        case["target"] = plain(sample.y)
    case["score"] = outcome.score
    if outcome.feedback:
        case["feedback"] = outcome.feedback
    if outcome.failure is not None and outcome.failure.message != outcome.feedback:
        case["failure"] = outcome.failure.message
    return case


def attempts(
    archive: Archive, path: str, base: Candidate, *, most: int = 8, size: int = 8_000
) -> list[dict[str, Any]]:
    """Return what was tried for a variable, with what came of it, rejected values among them.

    Attempts to change the value of `base` come first, then the others, the newest first.

    Args:
        archive: All candidates.
        path: Path of the variable.
        base: The candidate whose value is to be improved; that value is no attempt.
        most: How many to show.
        size: Characters of them all.
    """
    made = [c for c in reversed(archive) if c.base is not None and path in c.changes]
    made.sort(key=lambda c: c.base != base.id)
    rows: list[dict[str, Any]] = []
    seen = {content_hash(base.assignment[path])}
    for candidate in made:
        digest = content_hash(candidate.changes[path])
        if digest in seen or len(rows) == most:
            continue
        seen.add(digest)
        rows.append(_attempt(archive, candidate, path))
    return [fitted(row, size // len(rows)) for row in rows]


def _attempt(archive: Archive, candidate: Candidate, path: str) -> dict[str, Any]:
    assert candidate.base is not None  # those that were not made from another one are no attempts
    gains = candidate.gains_over(archive[candidate.base]).values()
    row: dict[str, Any] = {"value": candidate.changes[path]}
    if len(candidate.changes) > 1:
        row["changed_together_with"] = sorted(candidate.changes.keys() - {path})
    if gains:
        row |= {"gain": round(math.fsum(gains) / len(gains), 4), "samples": len(gains)}
    return row


def surroundings(
    variables: Mapping[str, VariableInfo],
    path: str,
    *,
    values: Mapping[str, Any] | None = None,
    size: int = 6_000,
) -> dict[str, Any]:
    """Return what the other modules of the program do: their descriptions, and those of their variables.

    Instructions are shown with their texts, so that one of them is not made to do the work of another.

    Args:
        variables: The trainable variables.
        path: The one in question.
        values: Their values by path; None for the current ones.
        size: Characters of it all.
    """
    modules: dict[str, Any] = {}
    for variable in variables.values():
        if variable.path == path:
            continue
        about = modules.setdefault(variable.module, {})
        if variable.module_description:
            about["description"] = variable.module_description
        value = variable.value if values is None else values[variable.path]
        shown = {"value": value} if variable.schema.get("type") == "string" else {}
        if variable.description:
            shown["description"] = variable.description
        about.setdefault("variables", {})[variable.path.rpartition("/")[2]] = shown
    found: dict[str, Any] = {module: fitted(about, size // len(modules)) for module, about in modules.items()}
    return found
