"""How often a model is right on wordings and numbers that training leaves out: `python -m tools.embedded_model.dev FILE [PROBLEMS]`.

The wordings are of the hand that wrote those of the training data, so that they are for watching a training
alone; `evaluate` measures on problems of another origin.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from tools.embedded_model.data import Episode, draw_episode, pair
from tools.embedded_model.sums import RULES

from synalinks.language_models._schema import output_schema
from synalinks.language_models.embedded._model import Model
from synalinks.language_models.embedded._sampling import Sampler

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "number"}},
    "required": ["answer"],
    "additionalProperties": False,
}


def right(model: Model, rng: random.Random, episode: Episode, shown: int) -> bool:
    """Whether the model answers one problem as it should."""
    messages = [{"role": "system", "content": episode.instruction}]
    for _ in range(shown):
        problem, answer = pair(rng, episode)
        messages.append({"role": "user", "content": json.dumps({"problem": problem}, separators=(",", ":"))})
        messages.append({"role": "assistant", "content": f'{{"answer":{answer}}}'})
    problem, wanted = pair(rng, episode)
    messages.append({"role": "user", "content": json.dumps({"problem": problem}, separators=(",", ":"))})
    answer = model.answer(
        model.prompt(messages),
        model.constraint(output_schema(SCHEMA)),
        Sampler(temperature=0.0, top_p=1.0, seed=None),
        most=64,
        tell=lambda token: None,
    )
    return float(json.loads(answer.text)["answer"]) == float(wanted)


def measured(model: Model, count: int) -> dict[str, dict[str, float]]:
    """Return the shares of right answers: how a rule is told to rule to share."""
    table: dict[str, dict[str, float]] = {}
    for name, stated, shown in (("plain", False, 0), ("stated", True, 0), ("three", False, 3)):
        table[name] = {}
        for rule in (*RULES, None):
            if rule is None and stated:
                continue
            hits = 0
            for number in range(count):
                rng = random.Random(f"dev:{name}:{rule}:{number}")
                while True:
                    episode = draw_episode(rng, rule=rule, stated=stated, dev=True, usual=1.0)
                    if episode.instruction is not None and not episode.whole:
                        break
                hits += right(model, rng, episode, shown)
            table[name][rule or "none"] = hits / count
    return table


if __name__ == "__main__":
    file = Path(sys.argv[1])
    found = measured(Model(file.read_bytes(), str(file)), int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    for name, shares in found.items():
        rules = [share for rule, share in shares.items() if rule != "none"]
        print(f"{name:8} mean {sum(rules) / len(rules):.3f}", shares)
