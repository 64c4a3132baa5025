"""Judges a model on the held-out cases: `python -m tools.embedded_model.evaluate [FILE] [CASES]`.

FILE is what `export` wrote, the one of the package when not given; CASES is the number of problems of each rule,
setting and seed. The shares of right answers are printed as a table in Markdown.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from unittest.mock import patch

from tools.embedded_model.heldout import RULES, SEEDS, SETTINGS, Case, accuracy, cases, grid

import synalinks
from synalinks.datasets import MathProblem, NumericAnswer
from synalinks.language_models.embedded import _provider
from synalinks.language_models.embedded._model import Model

Table = dict[tuple[str, str], list[float]]


async def answers(judged: list[Case]) -> list[float | None]:
    """Return what a Generator on the embedded model answers to cases."""
    given: list[float | None] = []
    for case in judged:
        inputs = synalinks.Input(data_model=MathProblem)
        generator = synalinks.Generator(
            data_model=NumericAnswer,
            language_model="embedded/arithmetic",
            instructions=case.instruction,
            examples=case.examples,
        )
        program = synalinks.Program(inputs=inputs, outputs=await generator(inputs))
        answer = await program(case.x)
        given.append(None if answer is None else answer.get("answer"))
    return given


async def table(count: int, seeds: tuple[int, ...] = SEEDS) -> Table:
    """Return setting and rule to the accuracy with each seed."""
    found: Table = defaultdict(list)
    for rule, setting, seed in grid():
        if seed in seeds:
            judged = cases(rule, setting, seed=seed, n=count)
            found[setting, rule].append(accuracy(judged, await answers(judged)))
    return found


def shown(found: Table) -> str:
    """Return a table in Markdown, of means over the seeds and of the lowest and highest seed's mean."""
    lines = [f"| rule | {' | '.join(SETTINGS[:3])} |", "|---|---|---|---|"]
    lines += [
        f"| {rule} | {' | '.join(f'{mean(found[setting, rule]):.0%}' for setting in SETTINGS[:3])} |"
        for rule in RULES
    ]
    for name, chosen in (("mean", mean), ("lowest seed", min), ("highest seed", max)):
        shares = [chosen(by_seed(found, setting)) for setting in SETTINGS[:3]]
        lines.append(f"| **{name}** | {' | '.join(f'{share:.1%}' for share in shares)} |")
    lines.append(f"\nPlain, on data without a rule: {mean(found['no_rule', 'none']):.1%}")
    return "\n".join(lines)


def by_seed(found: Table, setting: str) -> list[float]:
    """Return the mean over the rules for each seed."""
    return [mean(shares) for shares in zip(*(found[setting, rule] for rule in RULES), strict=True)]


def main() -> None:
    """Judge, as the command line says."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    if len(sys.argv) < 2:
        print(shown(asyncio.run(table(count))))
        return
    model = Model(Path(sys.argv[1]).read_bytes(), sys.argv[1])
    with patch.object(_provider, "loaded", lambda name: model):
        print(shown(asyncio.run(table(count))))


if __name__ == "__main__":
    main()
