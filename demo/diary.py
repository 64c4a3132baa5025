"""A callback of one's own: it says when the examples in the prompt have changed, and keeps a diary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synalinks.callbacks import Callback


class ExampleDiary(Callback):
    """Looks after each epoch which examples the prompt shows.

    Args:
        path: File of the diary.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: list[Any] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a new diary, unless an interrupted run goes on."""
        if not self.program.run.resumed:
            self.known = []
            self.path.unlink(missing_ok=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look whether the examples have changed."""
        examples = self.program.get_module("generator").examples.get()
        if examples == self.known:
            return
        new = sum(example not in self.known for example in examples)
        print(f"Epoch {epoch + 1}: the prompt now shows {len(examples)} examples, {new} of them new.")
        with self.path.open("a", encoding="utf-8") as diary:
            diary.write(f"After epoch {epoch + 1}\n{listed(examples)}\n")
        self.known = examples

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"known": self.known}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take it over again."""
        self.known = state["known"]


def listed(examples: list[dict[str, Any]]) -> str:
    """Return examples as lines of text."""
    return "".join(f"  {e['inputs']['problem']}  ->  {e['outputs']['answer']:g}\n" for e in examples)
