"""Trains the network: `python -m tools.embedded_model.train --out FOLDER`; started again, it goes on where it was.

The schedule counts steps, not minutes: bare sums first, then the conversations of `data`; the rate of
learning is full after a short warm-up, up to the first step of `--schedule`, and then falls along it. Up to
there the schedule has no influence, so that the end of a run can be chosen while it is under way.

The workers are processes of one thread each, which share a batch: where a machine has other things to do as
well, they wait for each other once a step, where threads would at every product of matrices.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from tools.embedded_model.data import row, texts
from tools.embedded_model.drills import drill
from tools.embedded_model.model import Muon, Shape, Transformer
from tools.embedded_model.tokenizer import SIZE, load, merges_of
from torch import Tensor

from synalinks.language_models.embedded._tokenizer import PAD, Tokenizer

WARM_UP = 60
MUON_RATE, ADAM_RATE = 0.02, 0.004
TOKENS = 5760
"""Tokens of a batch."""

SCHEDULE = "9000:1,14000:0"
"""How the rate of learning goes, see `schedule_of`; it ends with the last step."""

TEXTS, TEXTS_SEED = 15_000, 7
"""What the tokenizer learns its merges from: how many conversations, and their seed."""

DRILL_SHARES = ((5000, 0.45), (9000, 0.3), (10**9, 0.15))
"""Up to which step which share of the rows are bare sums, once conversations have begun."""

DRILL_LENGTH, LENGTHS = 144, (96, 288)
"""Lengths of the rows: of bare sums, and of conversations in turn."""

WANTED = {144: 88, 96: 48, 288: 144}
"""How many positions of a row can bear on the loss; a row's further ones do not count."""

Row = tuple[list[int], list[float]]
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def rate(step: int, schedule: Sequence[tuple[int, float]]) -> float:
    """Return the share of the full rate of learning at a step.

    Args:
        step: The step, from 0.
        schedule: (step, share) in order, with straight lines between them; the share is 1 before the first.
    """
    share, since = 1.0, 0
    for until, aim in schedule:
        if step < until:
            part = (step - since) / (until - since) if since else 0.0
            share += (aim - share) * part
            break
        share, since = aim, until
    return min(share, (step + 1) / WARM_UP)


def schedule_of(text: str) -> list[tuple[int, float]]:
    """Return the schedule that "2000:1,4000:0" stands for."""
    pairs = (part.split(":") for part in text.split(","))
    return [(int(step), float(share)) for step, share in pairs]


def as_batch(rows: list[Row], length: int) -> Batch:
    """Return tokens, positions whose successor counts, the successors, and their weights."""
    wanted = WANTED[length]
    tokens = torch.full((len(rows), length), PAD)
    at, target, weight = (
        torch.zeros(len(rows), wanted, dtype=kind) for kind in (torch.int64, torch.int64, torch.float32)
    )
    for number, (line, weights) in enumerate(rows):
        cut = line[:length]
        tokens[number, : len(cut)] = torch.tensor(cut)
        counted = [n - 1 for n in range(1, min(len(line), length + 1)) if weights[n] > 0][:wanted]
        at[number, : len(counted)] = torch.tensor(counted, dtype=torch.int64)
        target[number, : len(counted)] = torch.tensor([line[n + 1] for n in counted], dtype=torch.int64)
        weight[number, : len(counted)] = torch.tensor([weights[n + 1] for n in counted])
    return tokens, at, target, weight


def drill_share(step: int) -> float:
    """Return the share of rows that are bare sums."""
    return next(share for until, share in DRILL_SHARES if step < until)


def batch_of(step: int, *, drills: int, seed: int, tokenizer: Tokenizer) -> Batch:
    """Return the batch of a step: a pure function of its number and the seed."""
    rng = random.Random(f"{seed}:{step}")
    if step < drills:
        rows = [drill(rng, tokenizer, DRILL_LENGTH + 1) for _ in range(TOKENS // DRILL_LENGTH)]
        return as_batch(rows, DRILL_LENGTH)
    length = LENGTHS[step % 2]
    return as_batch(
        [row(rng, tokenizer, length + 1, drills=drill_share(step)) for _ in range(TOKENS // length)], length
    )


class Trainer:
    """The network, its optimizers, and where they are saved."""

    def __init__(self, folder: Path, *, layers: int, seed: int, worker: int, workers: int) -> None:
        torch.manual_seed(seed)
        self.model = Transformer(Shape(SIZE, layers=layers))
        self.muon = Muon([self.model.attention, self.model.mlp])
        rest = [self.model.embedding, self.model.head, self.model.qk_scale]
        self.adam = torch.optim.AdamW(rest, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01)
        self.step, self.file = 0, folder / "checkpoint.pt"
        self.worker, self.workers = worker, workers
        self._logits = torch.compile(self.model, dynamic=False)
        self._compiled: set[torch.Size] = set()

    def load(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if self.file.exists():
            state = torch.load(self.file, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.muon.load_state_dict(state["muon"])
            self.adam.load_state_dict(state["adam"])
            self.step = state["step"]

    def save(self) -> None:
        """Write the checkpoint; a half-written one never takes its place."""
        state = {
            "model": self.model.state_dict(),
            "muon": self.muon.state_dict(),
            "adam": self.adam.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.file.with_suffix(".new"))
        os.replace(self.file.with_suffix(".new"), self.file)

    def learn(self, batch: Batch, share: float) -> float:
        """Take a step; return the loss."""
        total = batch[3].sum()
        part: Batch = tuple(tensor[self.worker :: self.workers] for tensor in batch)  # type: ignore[assignment] # four
        loss = self._compiled_in_turn(part, total)
        self._share_gradients(loss)
        self.muon.step(MUON_RATE * share)
        for group in self.adam.param_groups:
            group["lr"] = ADAM_RATE * share
        self.adam.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        return float(loss)

    def _compiled_in_turn(self, part: Batch, total: Tensor) -> Tensor:
        """Work out the gradients; the first worker compiles for a new shape, the others take that over."""
        new = part[0].shape not in self._compiled
        self._compiled.add(part[0].shape)
        if new and self.worker:
            dist.barrier()
        loss = self._gradients(part, total)
        if new and not self.worker:
            dist.barrier()
        return loss

    def _gradients(self, part: Batch, total: Tensor) -> Tensor:
        tokens, at, target, weight = part
        with torch.autocast("cpu", torch.bfloat16):
            logits = self._logits(tokens, at)
        each = F.cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none")
        loss = (each * weight.flatten()).sum() / total
        loss.backward()
        return loss.detach()

    def _share_gradients(self, loss: Tensor) -> None:
        """Add up what the workers found, the loss included."""
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        flat = torch.cat([loss.reshape(1), *(g.flatten() for g in gradients)])
        dist.all_reduce(flat)
        loss.copy_(flat[0])
        at = 1
        for gradient in gradients:
            gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
            at += gradient.numel()


def work(worker: int, options: argparse.Namespace) -> None:
    """Train as one of several workers."""
    torch.set_num_threads(1)
    meeting = f"file://{(options.out / 'meeting').resolve()}"
    dist.init_process_group(
        "gloo", init_method=meeting, rank=worker, world_size=options.workers, timeout=timedelta(minutes=30)
    )
    trainer = Trainer(
        options.out, layers=options.layers, seed=options.seed, worker=worker, workers=options.workers
    )
    trainer.load()
    tokenizer = load(options.out / "tokenizer.json")
    began, since, total = time.monotonic(), trainer.step, 0.0
    schedule = schedule_of(options.schedule)
    last = schedule[-1][0]
    while trainer.step < min(last, options.stop):
        share = rate(trainer.step, schedule)
        batch = batch_of(trainer.step, drills=options.drills, seed=options.seed, tokenizer=tokenizer)
        total += trainer.learn(batch, share)
        if trainer.step % options.every and trainer.step != last:
            continue
        if worker == 0:
            trainer.save()
            seconds, taken = time.monotonic() - began, trainer.step - since
            line = {
                "step": trainer.step,
                "loss": round(total / taken, 4),
                "rate": round(share, 4),
                "tokens_per_second": round(taken * TOKENS / seconds),
                "clock": time.strftime("%H:%M:%S"),
            }
            with (options.out / "log.jsonl").open("a") as log:
                print(json.dumps(line), file=log)
        began, since, total = time.monotonic(), trainer.step, 0.0


def main() -> None:
    """Train, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--schedule", default=SCHEDULE, help="step:share,... of the full rate of learning")
    parser.add_argument("--drills", type=int, default=1600, help="steps of bare sums at the beginning")
    parser.add_argument("--stop", type=int, default=10**9, help="stop early, after this step")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that share a batch")
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tokens = options.out / "tokenizer.json"
    if not tokens.exists():
        tokens.write_text(json.dumps(merges_of(texts(TEXTS, seed=TEXTS_SEED))))
    (options.out / "meeting").unlink(missing_ok=True)
    torch.multiprocessing.spawn(work, (options,), nprocs=options.workers)


if __name__ == "__main__":
    main()
