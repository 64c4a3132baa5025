"""The figures of the epochs that a run has finished."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synalinks._internal.warn import warn


def _to_json(value: float) -> float | str | None:
    """NaN is null in files; the infinities, which JSON lacks as well, are their names."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else repr(value)


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return the values that are numbers, as floats; warn of the others."""
    others = sorted(key for key, value in logs.items() if not hasattr(value, "__float__"))
    if others:
        warn(f"The history leaves out {', '.join(map(repr, others))}: values in `logs` must be numbers.")
    return {key: float(value) for key, value in logs.items() if hasattr(value, "__float__")}


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
        row = _numbers(logs)
        if self.epoch and self.epoch[-1] == epoch:
            self.rows[-1] = row
            return
        self.epoch.append(epoch)
        self.rows.append(row)

    def to_json(self) -> dict[str, Any]:
        """Return the data as JSON; NaN becomes null."""
        rows = [{key: _to_json(value) for key, value in row.items()} for row in self.rows]
        return {"epoch": list(self.epoch), "rows": rows}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> HistoryData:
        """Return the data that `to_json` wrote."""
        rows = [
            {key: math.nan if value is None else float(value) for key, value in row.items()}
            for row in document["rows"]
        ]
        return cls(list(document["epoch"]), rows)
