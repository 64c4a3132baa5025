"""The default optimizer: reflection on instructions, coverage by demonstrations, races and a test."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from synalinks.errors import ConfigurationError
from synalinks.language_models import LanguageModel
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import OptimizerContext, VariableInfo
from synalinks.optimizers._demonstrations import Demonstrations
from synalinks.optimizers._optimizer import Optimizer
from synalinks.optimizers._paired_test import PairedTest, Verdict
from synalinks.optimizers._proposing import Proposer
from synalinks.optimizers._racing import Contender, compare, ranked
from synalinks.optimizers._search import Search

_POOL: Final = 512
"""Samples that candidates are compared on, at most: more would decide nothing that these do not."""

_KEEP: Final = 3
"""One in so many contenders goes on to the second heat."""


class Auto(Optimizer):
    """Searches instructions, demonstrations and all other variables together: `optimizer="auto"`.

    After each batch it makes `nb_candidates` candidates at the same time, in up to four ways:

    - "reflect": a language model is shown what went wrong, with inputs, answers, targets and feedback, what
      was tried before, and writes a better value of a variable: an instruction, or whatever its schema says
      (after Agrawal et al., "GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning",
      arXiv:2507.19457, 2025);
    - "blend": the same, with the values to take from that looked good in other candidates;
    - "demonstrate": examples that have worked, chosen to be near to inputs that go wrong (bootstrapping is
      after Khattab et al., "DSPy", arXiv:2310.03714, 2023; the choice by coverage is ours);
    - "combine": changes that looked good in candidates that were not accepted, made to the current program.

    How many come from each way is drawn by how often its candidates have won their races so far (Thompson
    sampling with a uniform prior, Thompson 1933). All of them run on `first` samples; the third that does
    best, and unions of those of them that are better and change different variables, run on twice as many
    more (successive halving, Jamieson and Talwalkar, arXiv:1502.07943, 2016). The winner then meets the
    current program on samples that had no part in making or choosing it, and replaces it only if a
    sequential paired test says so (`PairedTest`). Nothing is run twice that is known already.

    Samples are those of `selection_split`, or else the training set's, the first 512 of them in an order
    drawn from the seed. A way that has nothing to work with leaves its candidates to the others: without a
    variable that a model can write there are only demonstrations, and without examples only reflection.

    Args:
        language_model: The model that writes proposals; None for that of the program.
        nb_candidates: Candidates of a step.
        nb_max_examples: Most examples that a generator shows.
        reward_threshold: Least reward of a run that went right: whose calls are shown as examples, and that
            needs no repair. None for one that is in the upper half of all rewards so far and in the upper
            quarter of the batch's.
        first: Samples of the first heat of a race, and of the first look of the test.
        level: Greatest probability of replacing the current program by a candidate that is no better.
        temperature: Sampling temperature of proposals; None for the model's default.
        max_calls: See `Optimizer`. With a bound, a step takes no more candidates than half of what is left
            is enough for; the other half is for the test.
        name: Name in logs and candidates.
        description: What it does.

    Raises:
        ConfigurationError: An argument is not valid.
    """

    def __init__(
        self,
        language_model: LanguageModel | str | None = None,
        *,
        nb_candidates: int = 6,
        nb_max_examples: int = 8,
        reward_threshold: float | None = None,
        first: int = 8,
        level: float = 0.1,
        temperature: float | None = 1.0,
        max_calls: int | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(max_calls=max_calls, name=name, description=description)
        counts = {"nb_candidates": nb_candidates, "nb_max_examples": nb_max_examples, "first": first}
        for argument, value in counts.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(
                    f"{argument} of Auto is a whole number of at least 1, not {value!r:.100}.",
                    argument=argument,
                )
        PairedTest(level=level)  # refuses what is none
        self._proposer = Proposer(language_model, temperature=temperature)
        self.language_model = self._proposer.language_model
        self.nb_candidates, self.nb_max_examples = nb_candidates, nb_max_examples
        self.reward_threshold, self.first, self.level = reward_threshold, first, level
        self.temperature = temperature
        self._demonstrations = Demonstrations()
        self._won: dict[str, list[int]] = {}
        self._rewards: list[float] = []

    def check(self, variables: Mapping[str, VariableInfo]) -> None:
        """Refuse a program that has nothing to train."""
        if not variables:
            raise ConfigurationError(
                "Auto has nothing to train: no module of the program has a trainable variable. Set "
                "trainable=True on a module, or compile with optimizer=None.",
                argument="optimizer",
            )

    def expected_calls(self, batch: int, selection: int) -> int:
        """Return its proposals, the runs of both heats, and a test of four looks."""
        heats = self.nb_candidates * self.first + 2 * self.first * (1 + self.nb_candidates // _KEEP)
        return self.nb_candidates + heats + 2 * min(8 * self.first, selection or _POOL)

    # --- A step -----------------------------------------------------------------------------

    async def step(self, context: OptimizerContext) -> None:
        """Propose candidates, let them race, and put the winner to the test."""
        least = self._learned(context)
        samples = {sample.key: sample for sample in context.pool[:_POOL]}
        first, count = self._afforded(context, len(samples))
        search = Search(
            context,
            samples,
            least=least,
            demonstrations=self._demonstrations,
            proposer=self._proposer,
            nb_max_examples=self.nb_max_examples,
        )
        contenders = await search.proposed(self._counts(context, search.possible(), count))
        if not contenders:
            return
        winner = await self._race(context, search, contenders, first)
        if winner is not None:
            await self._test(context, search, winner, first)

    def _learned(self, context: OptimizerContext) -> float:
        """Take over what the batch shows, and return the least reward of a run that went right."""
        rewards = [e.outcome.score for e in context.batch if e.outcome.score is not None]
        extremes = [*self._rewards, *rewards]
        self._rewards = [min(extremes), max(extremes)] if extremes else []
        least = self._least(rewards)
        self._demonstrations.collect(context.batch, context.variables, threshold=least)
        return least

    def _least(self, rewards: Sequence[float]) -> float:
        """Return the least reward of a run that went right."""
        if self.reward_threshold is not None:
            return self.reward_threshold
        low, high = self._rewards or (0.0, 0.0)
        if low == high or not rewards:
            return 1.0  # the usual best: nothing shows yet what else could be
        upper = statistics.quantiles(rewards, n=4, method="inclusive")[2] if len(rewards) > 1 else rewards[0]
        return max(upper, (low + high) / 2)

    def _afforded(self, context: OptimizerContext, samples: int) -> tuple[int, int]:
        """Return the samples of the first heat, and the candidates that half of the allowance pays."""
        first = max(1, min(self.first, samples // 8))
        if context.allowance is None:
            return first, self.nb_candidates
        heat = first * context.calls_per_run
        return first, max(0, min(self.nb_candidates, (context.allowance // 2 - heat) // (1 + heat)))

    def _counts(self, context: OptimizerContext, ways: Sequence[str], count: int) -> dict[str, int]:
        """Return how many candidates to make in each way, by what each has won so far."""
        counts: dict[str, int] = {}
        for _ in range(count if ways else 0):
            chances = {}
            for way in ways:
                won, tried = self._won.get(way, (0, 0))
                chances[way] = context.rng.betavariate(1 + won, 1 + tried - won)
            drawn = max(ways, key=lambda way: chances[way])
            counts[drawn] = counts.get(drawn, 0) + 1
        return counts

    async def _race(
        self, context: OptimizerContext, search: Search, contenders: Sequence[Contender], first: int
    ) -> Contender | None:
        """Return the winner of two heats, None where it is no better than the current candidate."""
        keys = search.draw(first)
        await search.run(contenders, keys)
        order = ranked(contenders, context.current, keys)
        best = [contender for contender, _ in order[: max(1, len(order) // _KEEP)]]
        best = search.unions([contender for contender, gain in order if gain > 0]) + best
        if context.allowance is not None:
            best = best[: max(0, context.allowance // (2 * first * context.calls_per_run) - 1)]
        if best:
            keys += search.draw(2 * first)
            await search.run(best, keys)
        return self._winner(context, order, ranked(best, context.current, keys))

    def _winner(
        self,
        context: OptimizerContext,
        order: Sequence[tuple[Contender, float]],
        final: Sequence[tuple[Contender, float]],
    ) -> Contender | None:
        """Decide on all but the winner of the second heat, and return that one if it gained something."""
        ids = {contender.candidate.id for contender, _ in final}
        for contender, lost in [*final[1:], *(pair for pair in order if pair[0].candidate.id not in ids)]:
            self._decide(context, contender.candidate, won=False, reason=f"lost the race ({lost:+.3f})")
        if not final:
            return None
        winner, gain = final[0]
        if gain > 0:
            return winner
        reason = f"won the race, but without a gain ({gain:+.3f})"
        self._decide(context, winner.candidate, won=False, reason=reason)
        return None

    def _decide(self, context: OptimizerContext, candidate: Candidate, *, won: bool, reason: str) -> None:
        context.decide(candidate, accepted=False, reason=reason)
        before, tried = self._won.get(candidate.operator, (0, 0))
        self._won[candidate.operator] = [before + won, tried + 1]

    async def _test(self, context: OptimizerContext, search: Search, winner: Contender, first: int) -> None:
        """Let the winner of a race replace the current candidate if a test on other samples says so."""
        self._decide(context, winner.candidate, won=True, reason="won the race, and was not tested")
        low, high = self._rewards
        test = PairedTest(level=self.level, span=max(1.0, high - low))
        samples = search.fresh(winner.candidate)
        verdict = await compare(context, winner, samples, test, first=first)
        reason = f"gain {test.mean:+.3f} on {test.count} other samples, p {test.p_value:.3f}"
        if not test.count:
            reason = (
                f"won the race, but {len(samples)} other samples are too few to tell, or the allowance is"
            )
        context.decide(winner.candidate, accepted=verdict is Verdict.BETTER, reason=reason)

    # --- State ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the demonstrations, what each way has won, and the rewards' range, as JSON."""
        return {
            "demonstrations": self._demonstrations.state_dict(),
            "won": {way: list(counts) for way, counts in self._won.items()},
            "rewards": list(self._rewards),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self._demonstrations.load_state_dict(state["demonstrations"])
        self._won = {way: list(counts) for way, counts in state["won"].items()}
        self._rewards = list(state["rewards"])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            **super().get_config(),
            "language_model": self.language_model and self.language_model.get_config(),
            "nb_candidates": self.nb_candidates,
            "nb_max_examples": self.nb_max_examples,
            "reward_threshold": self.reward_threshold,
            "first": self.first,
            "level": self.level,
            "temperature": self.temperature,
        }
