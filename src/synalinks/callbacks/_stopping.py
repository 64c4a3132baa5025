"""Ending a training from within a callback."""

from __future__ import annotations

from typing import Any


def stop(program: Any, reason: str) -> None:
    """Tell `fit` to stop after the batch; the first reason given stays the reason."""
    program.stop_training = True
    program.run.stopped_by = program.run.stopped_by or reason
