"""From whatever holds data to a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synalinks.datasets._convert import Converter
from synalinks.datasets._dataset import Dataset, SizedDataset, StreamDataset
from synalinks.datasets._rows import Rows, is_model, is_row, rows_of, zipped
from synalinks.datasets._sample import Sample
from synalinks.datasets._streams import Source, is_stream
from synalinks.errors import DataError

_ACCEPTED = (
    "a list, tuple or NumPy object array of data models (or of dicts); a pandas, polars, pyarrow or Hugging "
    "Face table; a generator, an async generator, or a callable that returns one"
)


def as_dataset(x: Any, y: Any = None, *, inputs: Any = None, argument: str = "x") -> Dataset:
    """Return a data set over the data given, without a copy of it.

    Accepted are, by rows: lists, tuples and NumPy object arrays of data models or dicts; pandas, polars,
    pyarrow and Hugging Face tables (a Series is a table of one column; not-a-number is None); for a program
    with several inputs a list or dict with one of these for each, for one with a single input also a list of
    pairs (x, y). As streams: generators and async generators
    (one pass), callables that return a fresh one and other iterables, of `(x, y)`, of `x` alone, or of
    batches of them.

    Lists and arrays are checked as a whole here, since a wrong row should not come to light after calls are
    paid for; of a table the first row is, and the others are as they are read.

    Args:
        x: The inputs; for a stream, inputs and targets.
        y: The targets in the same order, or None. Without `y`, the keys of a dict or table that are not the
            program's inputs are the targets.
        inputs: What the program takes: a `SymbolicDataModel`, or a list, tuple or dict of them; None where
            that is not known, and then dicts and tables cannot be read.
        argument: The name of the argument that the data was given as, for errors.

    Raises:
        DataError: The data is of another kind, empty, not as long as `y`, or does not fit the program.
    """
    if isinstance(x, Dataset):
        if y is not None:
            raise DataError(f"{argument} is a data set and holds its targets; leave y out.", argument="y")
        return x
    converter = Converter.of(inputs, argument)
    rows = _input_rows(x, converter)
    if rows is None:
        return _stream(x, y, converter)
    pairs = _paired(rows, y, converter)
    if not pairs.rows.size:
        raise DataError(f"{argument} is empty; expected at least one sample.", argument=argument)
    dataset = SizedDataset(rows.size, pairs)
    for _ in dataset if not rows.table else dataset.subset(range(1)):
        pass
    return dataset


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Reads the sample at a position of x and y."""

    rows: Rows
    targets: Rows | None
    converter: Converter

    def __call__(self, position: int) -> Sample:
        return self.sample(position, position)

    def sample(self, index: int, position: int) -> Sample:
        x = self.rows.read(position)
        if self.targets is None:
            return self.converter.sample(index, x)
        return self.converter.sample(index, x, self.targets.read(position), whole=not self.rows.table)


def _paired(rows: Rows, y: Any, converter: Converter) -> _Pairs:
    argument, target = converter.argument, converter.target
    if y is None:
        return _Pairs(rows, None, converter)
    targets = zipped(y, target) if isinstance(y, dict) else rows_of(y, target)
    if targets is None:
        raise DataError(
            f"{target} is {type(y).__name__}; expected a list, an array or a table like {argument}.",
            argument="y",
        )
    if targets.size != rows.size:
        raise DataError(
            f"{argument} has {rows.size} samples and {target} has {targets.size}; expected as many in each.",
            argument="y",
        )
    return _Pairs(rows, targets, converter)


def _input_rows(x: Any, converter: Converter) -> Rows | None:
    """Return the rows of x; the parts of several inputs are put side by side."""
    if converter.several and isinstance(x, list | tuple | dict) and _is_parts(x, converter.inputs):
        return zipped(x, converter.argument)
    return rows_of(x, converter.argument)


def _is_parts(x: Any, inputs: Any) -> bool:
    if isinstance(x, dict):
        return isinstance(inputs, dict) and x.keys() == inputs.keys() and not any(map(is_row, x.values()))
    # A tuple of two is a sample of two inputs, a list of two is their columns.
    return len(x) == len(inputs) and not any(is_row(part) or isinstance(part, tuple) for part in x)


def _stream(x: Any, y: Any, converter: Converter) -> StreamDataset:
    argument = converter.argument
    if is_model(x) or isinstance(x, str | bytes | dict | set | frozenset) or not is_stream(x):
        hint = f" Put it into a list: [{argument}]." if is_model(x) else _hint(x)
        raise DataError(
            f"{argument} is of type {type(x).__name__}, which holds no samples.{hint} Accepted: {_ACCEPTED}.",
            argument=argument,
        )
    if y is not None:
        raise DataError(
            f"{argument} is a stream: it yields (x, y) itself, so y must be left out.", argument="y"
        )
    return StreamDataset(Source(x, argument), _Items(converter), argument=argument)


def _hint(x: Any) -> str:
    """Return a sentence for who gave a dict of columns."""
    if not isinstance(x, dict) or not all(isinstance(column, list | tuple) for column in x.values()):
        return ""
    return (
        " Of a dict of columns make a table, pandas.DataFrame(columns), or rows: "
        "[dict(zip(columns, row)) for row in zip(*columns.values())]."
    )


@dataclass(frozen=True, slots=True)
class _Items:
    """Makes samples of what a stream yields."""

    converter: Converter

    def __call__(self, index: int, item: Any) -> Iterator[Sample]:
        if isinstance(item, tuple) and len(item) == 2:
            x, y = item
        elif isinstance(item, tuple):
            raise DataError(
                f"{self.converter.argument} yielded a tuple of {len(item)}; expected x, (x, y) or a list of "
                "them.",
                argument=self.converter.argument,
            )
        else:
            x, y = item, None
        if self._is_one(x):
            yield self.converter.sample(index, x, y, whole=y is not None)
        elif y is None and isinstance(x, list):
            for inner in x:
                for sample in self(index, inner):
                    yield sample
                    index += 1
        else:
            yield from self._batch(index, x, y)

    def _is_one(self, x: Any) -> bool:
        if isinstance(x, list | tuple):
            return self.converter.several and all(map(is_row, x))
        return is_row(x) and not (isinstance(x, dict) and self._is_parts(x))

    def _is_parts(self, x: dict[str, Any]) -> bool:
        return self.converter.several and _is_parts(x, self.converter.inputs)

    def _batch(self, index: int, x: Any, y: Any) -> Iterator[Sample]:
        rows = _input_rows(x, self.converter)
        if rows is None:
            yield self.converter.sample(index, x, y)
            return
        pairs = _paired(rows, y, self.converter)
        for position in range(rows.size):
            yield pairs.sample(index + position, position)
