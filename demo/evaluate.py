"""Loads a saved program and evaluates it: `python demo/evaluate.py PROGRAM MODEL API_BASE < DATA`."""

from __future__ import annotations

import asyncio
import json
import sys

import synalinks
from synalinks.datasets import MathProblem, NumericAnswer


async def main(path: str, model: str, api_base: str) -> None:
    """Print the reward of the program at `path` on the problems of standard input."""
    data = json.load(sys.stdin)
    synalinks.set_default_language_model(synalinks.LanguageModel(model, api_base=api_base or None))
    program = synalinks.programs.load_program(path)
    program.compile(reward=synalinks.rewards.ExactMatch(in_mask=["answer"]))
    x, y = [MathProblem(**row) for row in data["x"]], [NumericAnswer(**row) for row in data["y"]]
    print((await program.evaluate(x, y, verbose=0))["reward"])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
