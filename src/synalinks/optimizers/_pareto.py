"""Which candidates of a population are best on some sample, and how two of them are merged."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from synalinks._internal.canonical import canonical
from synalinks.optimizers._archive import Archive, Candidate


def front(candidates: Sequence[Candidate], keys: Collection[str]) -> dict[int, set[str]]:
    """Return the candidates that are not dominated: id to the samples on which none scores more.

    One is dominated if there is another that is best wherever it is, and somewhere else too; of those that
    are best on the same samples the first one stays.

    Args:
        candidates: Candidates; a sample that one was not run on is no claim of its.
        keys: Keys of the samples.
    """
    wins: dict[int, set[str]] = {}
    for key in keys:
        scores = {c.id: score for c in candidates if (score := c.score_of(key)) is not None}
        highest = max(scores.values(), default=0.0)
        for number, score in scores.items():
            if score == highest:
                wins.setdefault(number, set()).add(key)
    kept: dict[int, set[str]] = {}
    for number, won in sorted(wins.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if not any(won <= other for other in kept.values()):
            kept[number] = won
    return kept


def drawn(rng: random.Random, wins: Mapping[int, set[str]]) -> int:
    """Draw a candidate of a front, as often as there are samples on which it is best."""
    [number] = rng.choices(list(wins), [len(won) for won in wins.values()])
    return number


def lineage(archive: Archive, candidate: Candidate) -> set[int]:
    """Return the ids of a candidate and of all that it descends from."""
    found, left = set[int](), [candidate.id]
    while left:
        number = left.pop()
        if number not in found:
            found.add(number)
            left.extend(archive[number].parents)
    return found


@dataclass(frozen=True, slots=True)
class Merge:
    """Two candidates to be merged over one that both descend from.

    Attributes:
        ancestor: The one.
        parents: The two.
        changes: What the merged one has otherwise than the ancestor, by path.
    """

    ancestor: Candidate
    parents: tuple[Candidate, Candidate]
    changes: dict[str, Any]

    @property
    def ids(self) -> list[int]:
        """Ids of the two and of the ancestor."""
        return [*sorted(parent.id for parent in self.parents), self.ancestor.id]


def find_merge(
    archive: Archive,
    candidates: Sequence[Candidate],
    keys: Collection[str],
    tried: Collection[Sequence[int]],
    rng: random.Random,
) -> Merge | None:
    """Return a merge of two candidates, drawn among those that make sense, None where none does.

    Neither descends from the other; both are at least as good as the ancestor; and at least one variable was
    changed by one of them only: there its value is taken. Where both changed a variable, the value is that of
    the one with the better mean, of two that are equally good a drawn one's.

    Args:
        archive: All candidates.
        candidates: Those to merge.
        keys: Samples to compare them on.
        tried: `ids` of merges that are not to be made again.
        rng: Draws.
    """
    pairs = list(combinations(candidates, 2))
    rng.shuffle(pairs)
    for one, other in pairs:
        for ancestor in _ancestors(archive, one, other):
            sources = _sources(ancestor, one, other)
            if sources is None or [*sorted((one.id, other.id)), ancestor.id] in tried:
                continue
            means = _means((ancestor, one, other), keys)
            if means is None or means[0] > min(means[1:]):
                continue
            better = one if (means[1], rng.random()) > (means[2], 0.5) else other
            changes = {path: (better if s is None else s).assignment[path] for path, s in sources.items()}
            if archive.find(ancestor.assignment.with_values(changes)) is None:
                return Merge(ancestor, (one, other), changes)
    return None


def _ancestors(archive: Archive, one: Candidate, other: Candidate) -> Iterator[Candidate]:
    """Yield what both descend from, the last one first; nothing where one descends from the other."""
    first, second = lineage(archive, one), lineage(archive, other)
    if one.id not in second and other.id not in first:
        yield from (archive[number] for number in sorted(first & second, reverse=True))


def _sources(ancestor: Candidate, one: Candidate, other: Candidate) -> dict[str, Candidate | None] | None:
    """Return whose value to take of each variable that was changed; None of one that both changed.

    None in place of it all where no variable was changed by one of them only.
    """
    sources: dict[str, Candidate | None] = {}
    for path in ancestor.assignment:
        before, first, second = (canonical(c.assignment[path]) for c in (ancestor, one, other))
        if first != second and before in (first, second):
            sources[path] = other if first == before else one
        elif first != before:
            sources[path] = one if first == second else None
    alone = [path for path, source in sources.items() if source is not None]
    return sources if any(_differ(one, other, path) for path in alone) else None


def _differ(one: Candidate, other: Candidate, path: str) -> bool:
    return canonical(one.assignment[path]) != canonical(other.assignment[path])


def _means(candidates: Sequence[Candidate], keys: Collection[str]) -> list[float] | None:
    """Return the candidates' means over the samples that all of them were run on, None without any."""
    rows = [[score for c in candidates if (score := c.score_of(key)) is not None] for key in keys]
    known = [row for row in rows if len(row) == len(candidates)]
    return [math.fsum(column) / len(known) for column in zip(*known, strict=True)] if known else None
