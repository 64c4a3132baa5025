"""Lists, arrays and tables as rows that are read by position, one at a time."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from synalinks._internal.structure import map_leaves
from synalinks.data import DataModel, JsonDataModel
from synalinks.errors import DataError

_LIBRARIES = ("datasets", "numpy", "pandas", "polars", "pyarrow")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that can be read in any order.

    Attributes:
        size: Number of rows.
        read: Position to row.
        table: Whether a row is a dict of a table's columns, made when it is read.
    """

    size: int
    read: Callable[[int], Any]
    table: bool = False


def is_model(value: Any) -> bool:
    """Return whether `value` is a data model with a value."""
    return isinstance(value, (DataModel, JsonDataModel))  # `|` would be worked out at each call


def is_row(value: Any) -> bool:
    """Return whether `value` is one data model, or a dict that may stand for one."""
    return is_model(value) or isinstance(value, dict)


def kind_of(value: Any) -> tuple[str, str]:
    """Return library and class of an array or a table of a known library, else two empty strings."""
    for cls in type(value).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in _LIBRARIES:
            return root, cls.__name__
    return "", ""


def rows_of(value: Any, argument: str) -> Rows | None:
    """Return the rows of a list, an array or a table; None for anything else.

    Raises:
        DataError: It is an array or a table that has no rows of data models.
    """
    library, kind = kind_of(value)
    if kind == "ndarray":
        return _array_rows(value, argument)
    if kind == "Series":
        return _series_rows(value, argument, library)
    if kind == "DataFrame" and library == "pandas":
        return _column_rows({name: value.iloc[:, i].array for i, name in _named(value.columns, argument)})
    if kind == "LazyFrame":
        raise DataError(
            f"{argument} is a LazyFrame, whose rows are not there yet; give {argument}.collect().",
            argument=argument,
        )
    if kind == "DataFrame":
        return Rows(value.height, partial(_polars_row, value), table=True)
    if kind in ("Table", "RecordBatch"):
        return _column_rows({name: value.column(i) for i, name in _named(value.schema.names, argument)})
    if library == "datasets" and kind.endswith("DatasetDict"):
        splits = ", ".join(map(repr, value))
        raise DataError(f"{argument} holds several splits ({splits}); give one of them.", argument=argument)
    if library == "datasets" and kind == "Dataset":
        return Rows(len(value), partial(_dataset_row, value), table=True)
    if hasattr(type(value), "__getitem__") and hasattr(type(value), "__len__") and not _is_single(value):
        return Rows(len(value), value.__getitem__)
    return None


def _is_single(value: Any) -> bool:
    return is_model(value) or isinstance(value, Mapping | str | bytes | bytearray)


def zipped(parts: Any, argument: str) -> Rows:
    """Return rows that are structures: each leaf of `parts` is a list, an array or a table.

    Raises:
        DataError: The parts differ in length, or one has no rows.
    """

    def rows(part: Any) -> Rows:
        found = rows_of(part, argument)
        if found is None:
            raise DataError(
                f"{argument} has several parts, one for each input, and one of them is a "
                f"{type(part).__name__}; expected a list, an array or a table for each.",
                argument=argument,
            )
        return found

    sources = [rows(part) for part in parts.values()] if isinstance(parts, dict) else [rows(p) for p in parts]
    sizes = sorted({source.size for source in sources})
    if len(sizes) != 1:
        raise DataError(f"The parts of {argument} have {_listed(sizes)} rows; expected as many in each.")
    structure = dict(zip(parts, sources, strict=True)) if isinstance(parts, dict) else tuple(sources)
    return Rows(sizes[0], partial(_structured, structure), table=any(s.table for s in sources))


def _listed(sizes: Iterable[int]) -> str:
    return " and ".join(map(str, sizes))


def _structured(structure: Any, position: int) -> Any:
    return map_leaves(lambda rows: rows.read(position), structure)


def _array_rows(array: Any, argument: str) -> Rows:
    if array.ndim != 1 or array.dtype != object:
        raise DataError(
            f"{argument} is an array of shape {array.shape} and type {array.dtype}; expected one dimension "
            "and dtype=object, each element a data model.",
            argument=argument,
        )
    return Rows(len(array), array.__getitem__)


def _series_rows(series: Any, argument: str, library: str) -> Rows:
    cells = series.array if library == "pandas" else series
    if len(cells) and is_row(cells[0]):
        return Rows(len(cells), cells.__getitem__)
    if not isinstance(series.name, str) or not series.name:
        raise DataError(
            f"{argument} is a Series without a name; name it after the field that it holds, "
            'for example series.rename("answer").',
            argument=argument,
        )
    return _column_rows({series.name: cells})


def _named(columns: Iterable[Any], argument: str) -> list[tuple[int, str]]:
    names = [str(name) for name in columns]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{argument} has more than one column named {twice[0]!r}.", argument=argument)
    return list(enumerate(names))


def _column_rows(columns: dict[str, Any]) -> Rows:
    size = len(next(iter(columns.values()))) if columns else 0
    return Rows(size, partial(_row, columns), table=True)


def _row(columns: dict[str, Any], position: int) -> dict[str, Any]:
    return {name: cell(column[position]) for name, column in columns.items()}


def _polars_row(frame: Any, position: int) -> dict[str, Any]:
    return {name: cell(value) for name, value in frame.row(position, named=True).items()}


def _dataset_row(dataset: Any, position: int) -> dict[str, Any]:
    return {name: cell(value) for name, value in dataset[position].items()}


def cell(value: Any) -> Any:
    """Return the JSON of a table's cell: not-a-number and other marks of a missing value become None."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas.NA and pandas.NaT
        return None
    for convert in ("as_py", "to_list", "tolist"):  # Arrow scalars, polars Series, NumPy scalars and arrays
        if hasattr(value, convert):
            return cell(getattr(value, convert)())
    if isinstance(value, dict):
        return {str(key): cell(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cell(item) for item in value]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return cell(float(value))
    return str(value) if isinstance(value, str | UUID) else value
