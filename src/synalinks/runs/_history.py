"""The figures of the epochs that a run has finished."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synalinks._internal.figures import encoded, numbers
from synalinks._internal.warn import warn


@dataclass(slots=True)
class HistoryData:
    """Final logs of each epoch, in the order in which the epochs ended.

    A key may be absent from an epoch (validation that was skipped), so rows are kept rather than columns.

    Attributes:
        epoch: The epochs that ended, 0-based.
        rows: For each of them its logs, key to float.
    """

    epoch: list[int] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    _left_out: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def history(self) -> dict[str, list[float]]:
        """Key to its values, one for each epoch that had it."""
        columns: dict[str, list[float]] = {}
        for row in self.rows:
            for key, value in row.items():
                columns.setdefault(key, []).append(value)
        return columns

    def record(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Add the logs of `epoch`; recording the newest epoch again replaces it."""
        row = numbers(logs)
        self._warn_of([key for key in logs if key not in row])
        if self.epoch and self.epoch[-1] == epoch:
            self.rows[-1] = row
            return
        self.epoch.append(epoch)
        self.rows.append(row)

    def _warn_of(self, others: list[str]) -> None:
        """Say once for each key that its values are left out, here and by all that show or write figures."""
        new = [key for key in others if key not in self._left_out]
        if new:
            self._left_out.update(new)
            warn(
                f"Values in `logs` must be numbers: {', '.join(map(repr, new))} is left out of the history, "
                "of CSV files and of what is shown."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the data as JSON; NaN becomes null."""
        rows = [{key: encoded(value) for key, value in row.items()} for row in self.rows]
        return {"epoch": list(self.epoch), "rows": rows}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> HistoryData:
        """Return the data that `to_json` wrote."""
        rows = [
            {key: math.nan if value is None else float(value) for key, value in row.items()}
            for row in document["rows"]
        ]
        return cls(list(document["epoch"]), rows)
