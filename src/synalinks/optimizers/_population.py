"""The versions that an evolution goes on with, and who of them is next at what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from synalinks.optimizers._archive import Archive, Candidate
from synalinks.optimizers._context import OptimizerContext
from synalinks.optimizers._pareto import Merge, find_merge, front, lineage


class Population:
    """Candidates by id, with the samples that had a part in making them, and turns of their variables."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._turns: dict[int, int] = {}
        self._shown: dict[int, list[str]] = {}
        self._merges: list[list[int]] = []
        self._grown = False

    def __contains__(self, candidate: Candidate) -> bool:
        return candidate.id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def join(
        self, candidate: Candidate, parents: Iterable[Candidate] = (), shown: Iterable[str] = ()
    ) -> None:
        """Take in a candidate, if it is not there yet.

        Args:
            candidate: The candidate; the turns of its variables go on where those of its parents are.
            parents: What it was made from.
            shown: Keys of the samples that it was made from and let in by.
        """
        if candidate not in self:
            self._ids.append(candidate.id)
            self._turns[candidate.id] = max((self._turns.get(p.id, 0) for p in parents), default=0)
            self._shown[candidate.id] = list(shown)
            self._grown = True

    def front(self, archive: Archive, keys: Collection[str]) -> dict[int, set[str]]:
        """Return those that are not dominated, with the samples on which they are best (see `front`)."""
        return front([archive[number] for number in self._ids], keys)

    def turn(self, candidate: Candidate, paths: Sequence[str]) -> str:
        """Return the variable of a candidate whose turn it is, and go on to the next one."""
        turn = self._turns.get(candidate.id, 0)
        self._turns[candidate.id] = turn + 1
        return paths[turn % len(paths)]

    def seen_by(self, archive: Archive, candidate: Candidate, current: Candidate) -> frozenset[str]:
        """Return keys of samples that had a part in making a candidate, and not in making the current one."""
        own = lineage(archive, candidate) - lineage(archive, current)
        return frozenset(key for number in own for key in self._shown.get(number, ()))

    def merge(self, context: OptimizerContext, keys: Collection[str], *, most: int) -> Merge | None:
        """Return a merge to try, None where none makes sense, or nothing has come in since the last try.

        Args:
            context: The step's context.
            keys: Samples to compare candidates on.
            most: How many merges are tried in all.
        """
        if not self._grown or len(self._merges) >= most:
            return None
        self._grown = False
        best = [context.archive[number] for number in self.front(context.archive, keys)]
        merge = find_merge(context.archive, best, keys, self._merges, context.rng)
        if merge is not None:
            self._merges.append(merge.ids)
        return merge

    def state_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "ids": list(self._ids),
            "turns": {str(number): turn for number, turn in self._turns.items()},
            "shown": {str(number): list(keys) for number, keys in self._shown.items()},
            "merges": [list(ids) for ids in self._merges],
            "grown": self._grown,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self._ids = list(state["ids"])
        self._turns = {int(number): turn for number, turn in state["turns"].items()}
        self._shown = {int(number): list(keys) for number, keys in state["shown"].items()}
        self._merges = [list(ids) for ids in state["merges"]]
        self._grown = state["grown"]
