"""Writes the file of the package out of a checkpoint: `python -m tools.embedded_model.export FOLDER FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from tools.embedded_model.model import Shape

from synalinks.language_models.embedded._weights import pack

LARGEST = 3_000_000
"""Bytes that the file may have."""


def export(folder: Path) -> bytes:
    """Return the bytes of the file for the checkpoint in a folder of `train`."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    arrays = {name: tensor.numpy() for name, tensor in state["model"].items()}
    shape = Shape(len(arrays["head"]))
    header = {
        "format": 1,
        "context": shape.context,
        "rope_base": shape.rope_base,
        "steps": state["step"],
        "merges": json.loads((folder / "tokenizer.json").read_text()),
    }
    data = pack(header, arrays)
    if len(data) > LARGEST:
        raise SystemExit(f"The file would have {len(data)} bytes, more than {LARGEST}.")
    return data


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(export(Path(sys.argv[1])))
