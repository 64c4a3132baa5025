from __future__ import annotations

import tomllib

import pytest

from synalinks.errors import MissingExtraError, UnknownNameError, nearest_name
from tests.support import ROOT

KEYS = ("reward", "failed", "val_reward", "val_failed")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("rewrd", KEYS, "reward"),
        ("naem", ["name"], "name"),
        ("thinkng", ["thinking", "think"], "thinking"),
        ("final_answer", ["answer", "question"], "answer"),
        ("reward_val", KEYS, "val_reward"),
        ("val_acc", [*KEYS, "val_accuracy"], "val_accuracy"),
        ("val_f1", [*KEYS, "binary_f1_score", "val_binary_f1_score"], "val_binary_f1_score"),
        ("val_macro_f1", [*KEYS, "binary_f1_score", "val_binary_f1_score"], "val_binary_f1_score"),
        ("on_batch_end", ["on_epoch_end", "on_train_batch_end"], "on_train_batch_end"),
        ("mean_absolute_eror", ["mean", "mean_absolute_error", "mean_squared_error"], "mean_absolute_error"),
    ],
)
def test_the_nearest_name(name: str, known: list[str], expected: str) -> None:
    assert nearest_name(name, known) == expected


@pytest.mark.parametrize("name", ["val_f1", "val_loss", "accuracy", "x", "", "_"])
def test_a_name_that_is_like_none_has_no_nearest(name: str) -> None:
    assert nearest_name(name, KEYS) is None
    assert "Did you mean" not in str(UnknownNameError("key", name, KEYS))


def test_what_to_install_for_an_extra_is_what_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, requirements in project["optional-dependencies"].items():
        text = str(MissingExtraError("plotting", extra))
        distributions = " ".join(requirement.partition(">")[0] for requirement in requirements)
        assert text.startswith(
            f'plotting needs the extra "{extra}". Install it with: pip install {distributions}'
        )
        assert text.endswith(f"in a checkout of synalinks: pip install '.[{extra}]'.")
