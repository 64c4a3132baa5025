"""The data of a training, divided as its options say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synalinks.datasets import Dataset, as_dataset, split
from synalinks.errors import DataError
from synalinks.training._arguments import FitOptions


@dataclass(frozen=True, slots=True)
class FitData:
    """The data of a training: what it trains on, is validated on, and scores candidates on."""

    train: Dataset
    validation: Dataset | None
    selection: Dataset | None


def prepare_data(program: Any, x: Any, y: Any, options: FitOptions) -> FitData:
    """Return the data given to `fit`, divided as its options say.

    Raises:
        DataError: It cannot be used.
    """
    train = as_dataset(x, y, inputs=program.inputs, argument="x")
    validation = None
    if options.validation_data is not None:
        validation = _validation_dataset(program, options.validation_data)
    elif options.validation_split:
        train, validation = split(train, options.validation_split, argument="validation_split")
    one_pass = train.size is None and not train.reusable
    if one_pass and options.epochs - options.initial_epoch > 1 and options.steps_per_epoch is None:
        raise DataError(
            "x is a generator, which gives one pass, and epochs is "
            f"{options.epochs}. Give steps_per_epoch=, or a function that returns a fresh generator.",
            argument="x",
        )
    if validation is not None and validation.size is None and not validation.reusable:
        raise DataError(
            "validation_data is a generator, which gives one pass, and validation runs after each epoch. "
            "Give a list, or a function that returns a fresh generator.",
            argument="validation_data",
        )
    train, selection = split(train, options.selection_split, argument="selection_split")
    return FitData(train, validation, selection)


def _validation_dataset(program: Any, given: Any) -> Dataset:
    if isinstance(given, tuple) and len(given) != 2 and not isinstance(program.inputs, list | tuple | dict):
        raise DataError(
            f"validation_data is a pair (x, y), got a tuple of {len(given)}.", argument="validation_data"
        )
    x, y = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    return as_dataset(x, y, inputs=program.inputs, argument="validation_data")
