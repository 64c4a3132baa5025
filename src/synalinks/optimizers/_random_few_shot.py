"""Random search over few-shot examples."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synalinks._internal.canonical import content_hash
from synalinks._internal.plain import plain
from synalinks.data import validate
from synalinks.datasets import Sample
from synalinks.errors import ConfigurationError
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import Evaluated, OptimizerContext, Scores, VariableInfo
from synalinks.optimizers._optimizer import Optimizer


@dataclass(frozen=True, slots=True)
class _Demonstration:
    """An example that can be shown, and the key of the sample it comes from."""

    key: str
    example: dict[str, Any]


class RandomFewShot(Optimizer):
    """Tries random sets of examples and keeps the set that scores better on the same samples.

    Demonstrations are collected while training runs: the inputs and outputs of every generator in a
    sample that scored at least `reward_threshold`, and, where the program has one generator whose answer
    has the keys of the target, the target itself for samples that scored less. After each batch a few
    random sets are scored at the same time, on the samples held out by `selection_split` or else on the
    batch. A sample that stands in a set as a demonstration is never used to score that set, and the
    current set is compared on the same samples only.

    It is bootstrapping with random search over the sets, after Khattab et al., "DSPy: Compiling
    Declarative Language Model Calls into Self-Improving Pipelines" (2023), section 4, with two
    departures: sets are drawn anew at every batch, and a set is accepted by a paired comparison.

    Args:
        nb_min_examples: Fewest examples in a set.
        nb_max_examples: Most examples in a set.
        nb_candidates: Sets to try after each batch.
        reward_threshold: Least reward of a sample whose trace becomes a demonstration.
        min_gain: A set is accepted when its mean reward exceeds the current one's by more than this.
        max_demonstrations: How many demonstrations to remember for each generator; the oldest go first.
        max_calls: See `Optimizer`.
        name: Name in logs and candidates.
        description: What it does.

    Raises:
        ConfigurationError: The numbers do not fit together.
    """

    def __init__(
        self,
        nb_min_examples: int = 1,
        nb_max_examples: int = 3,
        *,
        nb_candidates: int = 4,
        reward_threshold: float = 1.0,
        min_gain: float = 0.0,
        max_demonstrations: int = 256,
        max_calls: int | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(max_calls=max_calls, name=name, description=description)
        if not 1 <= nb_min_examples <= nb_max_examples:
            raise ConfigurationError(
                "RandomFewShot needs 1 <= nb_min_examples <= nb_max_examples, got "
                f"{nb_min_examples!r} and {nb_max_examples!r}."
            )
        if nb_candidates < 1 or max_demonstrations < nb_max_examples:
            raise ConfigurationError(
                "RandomFewShot needs nb_candidates >= 1 and max_demonstrations >= nb_max_examples, got "
                f"{nb_candidates!r} and {max_demonstrations!r}."
            )
        self.nb_min_examples, self.nb_max_examples = nb_min_examples, nb_max_examples
        self.nb_candidates, self.reward_threshold = nb_candidates, reward_threshold
        self.min_gain, self.max_demonstrations = min_gain, max_demonstrations
        self._pool: dict[str, dict[str, _Demonstration]] = {}
        self._shown: dict[str, list[str]] = {}
        self._held_out: dict[str, dict[str, float | None]] = {}

    def check(self, variables: Mapping[str, VariableInfo]) -> None:
        """Refuse a program without trainable examples."""
        if not _example_variables(variables):
            raise ConfigurationError(
                "RandomFewShot changes the examples of generators, and this program has none that are "
                f"trainable. Its trainable variables: {sorted(variables) or 'none'}.",
                argument="optimizer",
            )

    def expected_calls(self, batch: int, selection: int) -> int:
        """Return the runs of all candidates; fewer where they are equal or show samples of the batch."""
        return self.nb_candidates * (selection or batch)

    async def step(self, context: OptimizerContext) -> None:
        """Collect demonstrations, score a few random sets of them, and keep the best if it is better."""
        paths = _example_variables(context.variables)
        for evaluated in context.batch:
            self._collect(evaluated, paths, context.variables)
        drawn = self._draw(context, paths)
        if not drawn:
            return
        incumbent = await self._incumbent_scores(context)
        scores = await self._candidate_scores(context, drawn, incumbent)
        gains = [
            self._gain(context, candidate, keys, s, incumbent)
            for (candidate, keys), s in zip(drawn, scores, strict=True)
        ]
        best = max(range(len(drawn)), key=lambda i: gains[i])
        for position, (candidate, keys) in enumerate(drawn):
            accepted = position == best and gains[position] > self.min_gain
            gain = gains[position]
            reason = "no sample to compare on" if gain == -math.inf else f"mean gain {gain:+.4f}"
            context.decide(candidate, accepted=accepted, reason=reason)
            if accepted:
                self._shown = {**self._shown, **keys}
                self._held_out = {candidate.digest: dict(scores[position])} if context.selection else {}

    # --- Demonstrations --------------------------------------------------------------------

    def _collect(
        self, evaluated: Evaluated, paths: Mapping[str, str], variables: Mapping[str, VariableInfo]
    ) -> None:
        outcome, sample = evaluated.outcome, evaluated.sample
        if outcome.score is None:
            return
        good = outcome.score >= self.reward_threshold
        for module, path in paths.items():
            steps = [step for step in outcome.trace if step.module == module and step.outputs is not None]
            for number, step in enumerate(steps):
                outputs = step.outputs if good else _labelled(sample, variables[path], len(paths), len(steps))
                example = {"inputs": step.inputs, "outputs": outputs}
                # Not every answer can be shown: a call of tools, say, is none of the wanted form.
                if outputs is not None and validate(variables[path].schema, [example]) is None:
                    self._remember(path, f"{sample.key}/{number}", _Demonstration(sample.key, example))

    def _remember(self, path: str, identity: str, demonstration: _Demonstration) -> None:
        pool = self._pool.setdefault(path, {})
        pool.pop(identity, None)
        pool[identity] = demonstration
        while len(pool) > self.max_demonstrations:
            del pool[next(iter(pool))]

    def _draw(
        self, context: OptimizerContext, paths: Mapping[str, str]
    ) -> list[tuple[Candidate, dict[str, list[str]]]]:
        """Return candidates that differ from the current one and each other, with their samples' keys."""
        drawn: list[tuple[Candidate, dict[str, list[str]]]] = []
        known = {context.current.digest}
        for _ in range(self.nb_candidates):
            sets = {path: self._draw_set(context.rng, path) for path in paths.values()}
            changes = {path: [d.example for d in chosen] for path, chosen in sets.items() if chosen}
            digest = context.current.assignment.with_values(changes).digest
            if digest in known:
                continue
            known.add(digest)
            candidate = context.propose(changes, parents=[context.current], operator="few_shot")
            drawn.append((candidate, {path: [d.key for d in chosen] for path, chosen in sets.items()}))
        return drawn

    def _draw_set(self, rng: random.Random, path: str) -> list[_Demonstration]:
        pool = list(self._pool.get(path, {}).values())
        if len(pool) < self.nb_min_examples:
            return []
        size = rng.randint(self.nb_min_examples, min(self.nb_max_examples, len(pool)))
        return rng.sample(pool, size)

    # --- Comparison ------------------------------------------------------------------------

    async def _incumbent_scores(self, context: OptimizerContext) -> Scores:
        """Return the current set's scores: on the batch they are known, held-out ones are paid for once."""
        if not context.selection:
            return {e.sample.key: e.outcome.score for e in context.batch}
        digest = context.current.digest
        known = self._held_out.get(digest, {})
        missing = [sample for sample in context.selection if known.get(sample.key) is None]
        if missing:  # never scored, or it failed then; or this is another `fit`, on other data
            [scores] = await context.score([context.current], missing)
            self._held_out = {digest: {**known, **scores}}
        return self._held_out[digest]

    async def _candidate_scores(
        self,
        context: OptimizerContext,
        drawn: Sequence[tuple[Candidate, dict[str, list[str]]]],
        incumbent: Scores,
    ) -> list[Scores]:
        if context.selection:
            return await context.score([candidate for candidate, _ in drawn])
        # Each candidate has its own samples: the batch without those it shows or that cannot be compared.
        jobs = []
        for candidate, keys in drawn:
            excluded = self._excluded(context, candidate, keys)
            samples = [
                e.sample
                for e in context.batch
                if e.sample.key not in excluded and incumbent.get(e.sample.key) is not None
            ]
            jobs.append((candidate, samples))
        return await context.score_each(jobs)

    def _excluded(
        self, context: OptimizerContext, candidate: Candidate, keys: Mapping[str, list[str]]
    ) -> set[str]:
        """Return the keys of the samples that stand in the candidate or in the current set.

        Samples whose inputs an example repeats are among them, whoever put the example there.
        """
        remembered = {key for shown in (keys, self._shown) for chosen in shown.values() for key in chosen}
        repeated = {
            content_hash(example["inputs"])
            for path in keys
            for assignment in (candidate.assignment, context.current.assignment)
            for example in assignment[path]
        }
        return remembered | repeated

    def _gain(
        self,
        context: OptimizerContext,
        candidate: Candidate,
        keys: Mapping[str, list[str]],
        scores: Scores,
        incumbent: Scores,
    ) -> float:
        """Return the mean difference to the current set over samples that both were scored on."""
        excluded = self._excluded(context, candidate, keys)
        differences = [
            score - base
            for key, score in scores.items()
            if key not in excluded and score is not None and (base := incumbent.get(key)) is not None
        ]
        return math.fsum(differences) / len(differences) if differences else -math.inf

    # --- State -----------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the demonstrations, which samples the current set shows, and its held-out scores."""
        pool = {
            path: [[identity, d.key, d.example] for identity, d in demonstrations.items()]
            for path, demonstrations in self._pool.items()
        }
        return {"pool": pool, "shown": self._shown, "held_out": self._held_out}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self._pool = {
            path: {identity: _Demonstration(key, example) for identity, key, example in rows}
            for path, rows in state["pool"].items()
        }
        self._shown = {path: list(keys) for path, keys in state["shown"].items()}
        self._held_out = {digest: dict(scores) for digest, scores in state["held_out"].items()}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            **super().get_config(),
            "nb_min_examples": self.nb_min_examples,
            "nb_max_examples": self.nb_max_examples,
            "nb_candidates": self.nb_candidates,
            "reward_threshold": self.reward_threshold,
            "min_gain": self.min_gain,
            "max_demonstrations": self.max_demonstrations,
        }


def _example_variables(variables: Mapping[str, VariableInfo]) -> dict[str, str]:
    """Return module path to path of its examples, for the variables that hold {inputs, outputs} objects."""
    found: dict[str, str] = {}
    for path, variable in variables.items():
        items = variable.schema.get("items")
        if isinstance(items, dict) and {"inputs", "outputs"} == set(items.get("properties", ())):
            found[variable.module] = path
    return found


def _labelled(sample: Sample, variable: VariableInfo, generators: int, calls: int) -> dict[str, Any] | None:
    """Return the target as the wanted output, where one call of one generator makes the whole answer."""
    target = plain(sample.y)
    wanted = variable.schema["items"]["properties"]["outputs"].get("properties", {})
    if generators != 1 or calls != 1 or not isinstance(target, dict) or target.keys() != wanted.keys():
        return None
    return target
