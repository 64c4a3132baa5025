"""Demonstrations: what generators did in runs that went right, to be shown to them as examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synalinks._internal.canonical import canonical, content_hash
from synalinks._internal.plain import plain
from synalinks.data import validate
from synalinks.datasets import Sample
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import Evaluated, VariableInfo


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An example that can be shown.

    Attributes:
        key: Key of the sample that it comes from.
        example: Inputs and outputs of a generator, as its variable holds them.
    """

    key: str
    example: dict[str, Any]


class Demonstrations:
    """The demonstrations of every generator of a program, collected while it is trained.

    A call becomes one where its sample's reward is high enough (bootstrapping, after Khattab et al.,
    "DSPy: Compiling Declarative Language Model Calls into Self-Improving Pipelines", 2023, section 4).
    Of other samples the target does, where the program has one generator whose answer has the target's keys.

    Args:
        most: How many to remember for each generator; the oldest go first, but none that is in use.
    """

    def __init__(self, most: int = 256) -> None:
        self.most = most
        self._pools: dict[str, dict[str, Demonstration]] = {}
        self._texts: dict[str, str] = {}

    def __bool__(self) -> bool:
        return any(self._pools.values())

    def of(self, path: str) -> list[Demonstration]:
        """Return what there is for a variable, the newest last."""
        return list(self._pools.get(path, {}).values())

    def inputs(self) -> dict[str, str]:
        """Return the texts of the inputs of all samples that demonstrations come from, by key."""
        known = (d.key for pool in self._pools.values() for d in pool.values())
        return {key: self._texts[key] for key in dict.fromkeys(known)}

    def examples(self, keys: Sequence[str], variables: Mapping[str, VariableInfo]) -> dict[str, Any]:
        """Return changes that show the calls of samples, in that order, to every generator that has some."""
        changes: dict[str, Any] = {}
        for path in example_variables(variables).values():
            pool = self.of(path)
            shown = [d.example for key in keys for d in pool if d.key == key]
            if shown:
                changes[path] = shown
        return changes

    def shown_in(self, *candidates: Candidate) -> frozenset[str]:
        """Return keys of samples that stand in examples of candidates: these cannot judge them.

        A sample whose inputs an example repeats is among them, whoever put it there.
        """
        found: set[str] = set()
        for path, pool in self._pools.items():
            sources = {content_hash(d.example): d.key for d in pool.values()}
            for candidate in candidates:
                for example in candidate.assignment[path]:
                    found.add(content_hash(example["inputs"]))
                    found.add(sources.get(content_hash(example), ""))
        return frozenset(found - {""})

    # --- Collecting -------------------------------------------------------------------------

    def collect(
        self, seen: Iterable[Evaluated], variables: Mapping[str, VariableInfo], *, threshold: float
    ) -> None:
        """Take in what runs show.

        Args:
            seen: Runs with the calls of modules; those without a score show nothing.
            variables: The trainable variables.
            threshold: Least reward of a sample whose calls become demonstrations.
        """
        paths = example_variables(variables)
        for path in paths.values():
            self._pools.setdefault(path, {})
        for evaluated in seen:
            if evaluated.outcome.score is not None:
                self._take(evaluated, paths, variables, good=evaluated.outcome.score >= threshold)
        for path in paths.values():
            self._forget(path, variables[path].value)
        kept = self.inputs()
        self._texts = {key: self._texts[key] for key in kept}

    def _take(
        self,
        evaluated: Evaluated,
        paths: Mapping[str, str],
        variables: Mapping[str, VariableInfo],
        *,
        good: bool,
    ) -> None:
        sample = evaluated.sample
        self._texts[sample.key] = text_of(sample)
        for module, path in paths.items():
            steps = [s for s in evaluated.outcome.trace if s.module == module and s.outputs is not None]
            for number, step in enumerate(steps):
                outputs = step.outputs if good else _labelled(sample, variables[path], len(paths), len(steps))
                example = {"inputs": step.inputs, "outputs": outputs}
                # Not every answer can be shown: a call of tools, say, is none of the wanted form.
                if outputs is not None and validate(variables[path].schema, [example]) is None:
                    pool, identity = self._pools[path], f"{sample.key}/{number}"
                    pool.pop(identity, None)  # what is seen again is the newest
                    pool[identity] = Demonstration(sample.key, example)

    def _forget(self, path: str, shown: Sequence[Any]) -> None:
        pool, in_use = self._pools[path], {content_hash(example) for example in shown}
        for identity in list(pool)[: max(0, len(pool) - self.most)]:
            if content_hash(pool[identity].example) not in in_use:
                del pool[identity]

    # --- State ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all of them as JSON."""
        pools = {
            path: [[identity, d.key, d.example] for identity, d in pool.items()]
            for path, pool in self._pools.items()
        }
        return {"pools": pools, "texts": dict(self._texts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self._pools = {
            path: {identity: Demonstration(key, example) for identity, key, example in rows}
            for path, rows in state["pools"].items()
        }
        self._texts = dict(state["texts"])


def example_variables(variables: Mapping[str, VariableInfo]) -> dict[str, str]:
    """Return module path to path of its examples, for the variables that hold {inputs, outputs} objects."""
    found: dict[str, str] = {}
    for path, variable in variables.items():
        items = variable.schema.get("items")
        if isinstance(items, dict) and {"inputs", "outputs"} == set(items.get("properties", ())):
            found[variable.module] = path
    return found


def text_of(sample: Sample) -> str:
    """Return the inputs of a sample as one text."""
    return canonical(plain(sample.x)).decode()


def _labelled(sample: Sample, variable: VariableInfo, generators: int, calls: int) -> dict[str, Any] | None:
    """Return the target as the wanted output, where one call of one generator makes the whole answer."""
    target = plain(sample.y)
    wanted = variable.schema["items"]["properties"]["outputs"].get("properties", {})
    if generators != 1 or calls != 1 or not isinstance(target, dict) or target.keys() != wanted.keys():
        return None
    return target
