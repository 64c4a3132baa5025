import datetime
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.datasets.models import CONTEXT, EXPECTED, QUESTION, content, drained, xs, ys

import datasets
from synalinks.data import DataModel
from synalinks.datasets import as_dataset
from synalinks.datasets._rows import cell
from synalinks.errors import DataError

INPUTS = {"question": [f"q{i}" for i in range(5)], "hint": [None] * 5}
TARGETS = {"answer": [float(i) for i in range(5)]}

TABLES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "arrow batch": pa.RecordBatch.from_pydict,
    "chunked arrow": lambda columns: pa.concat_tables(
        [pa.table(columns).slice(0, 2), pa.table(columns).slice(2)]
    ),
    "hugging face": datasets.Dataset.from_dict,
}
every_table = pytest.mark.parametrize("make", TABLES.values(), ids=TABLES.keys())


@every_table
async def test_one_table_of_inputs_and_targets(make):
    dataset = as_dataset(make({**INPUTS, **TARGETS}), inputs=QUESTION)
    assert (dataset.size, dataset.reusable) == (5, True)
    assert content(dataset) == content(await drained(dataset)) == EXPECTED


@every_table
def test_a_table_of_inputs_and_one_of_targets(make):
    dataset = as_dataset(make({**INPUTS, "id": list(range(5))}), make(TARGETS), inputs=QUESTION)
    assert content(dataset) == EXPECTED


@every_table
def test_a_table_of_targets_beside_a_list(make):
    assert content(as_dataset(xs(), make(TARGETS))) == EXPECTED


@every_table
def test_a_table_and_a_list_give_the_same_hash(make):
    table = as_dataset(make({**INPUTS, **TARGETS}), inputs=QUESTION)
    assert table.content_hash() == as_dataset(xs(), ys()).content_hash()


@every_table
def test_a_table_for_several_inputs(make):
    table = make({**INPUTS, "context": [f"c{i}" for i in range(5)], **TARGETS})
    dataset = as_dataset(table, inputs={"q": QUESTION, "c": CONTEXT})
    assert content(dataset)[2] == (2, {"q": EXPECTED[2][1], "c": {"context": "c2"}}, {"answer": 2.0})
    dataset = as_dataset(
        {"q": make(INPUTS), "c": make({"context": list("abcde")})}, ys(), inputs={"q": QUESTION, "c": CONTEXT}
    )
    assert content(dataset)[2] == (2, {"q": EXPECTED[2][1], "c": {"context": "c"}}, {"answer": 2.0})


@every_table
def test_an_empty_table(make):
    with pytest.raises(DataError, match="x is empty"):
        as_dataset(make({"question": []}), inputs=QUESTION)


@every_table
def test_a_table_needs_a_program_whose_inputs_are_known(make):
    with pytest.raises(DataError, match=r"^x\[0\]: a plain dict can be read only"):
        as_dataset(make(INPUTS))


@every_table
def test_a_missing_column(make):
    with pytest.raises(
        DataError, match=r"^x\[0\]: .*field 'question', the row has 'questions'. Is 'questions' meant"
    ):
        as_dataset(make({"questions": ["a"]}), inputs=QUESTION)


@every_table
def test_a_wrong_row_is_an_error_when_it_is_read(make):
    dataset = as_dataset(make({"question": ["a", None, "c"]}), inputs=QUESTION)
    assert dataset[2].x["question"] == "c"
    with pytest.raises(DataError, match=r"^x\[1\]: not valid for the program's input: at 'question'"):
        dataset[1]


@pytest.mark.parametrize("make", [pd.Series, lambda v, name: pl.Series(name, v)], ids=["pandas", "polars"])
def test_a_series_is_a_table_of_one_column(make):
    answers = make([float(i) for i in range(5)], name="answer")
    assert content(as_dataset(xs(), answers)) == EXPECTED
    questions = make([f"q{i}" for i in range(5)], name="question")
    assert [s.x.get_json() for s in as_dataset(questions, inputs=QUESTION)] == [
        {"question": f"q{i}"} for i in range(5)
    ]
    with pytest.raises(DataError, match=r"y is a Series without a name; .*rename"):
        as_dataset(xs(2), make([1.0, 2.0], name=None if make is pd.Series else ""))


def test_a_series_of_data_models():
    assert content(as_dataset(pd.Series(xs(), dtype=object), pd.Series(ys(), dtype=object))) == EXPECTED
    assert content(as_dataset(pl.Series("x", xs(), dtype=pl.Object))) == [
        (i, x, None) for i, x, _ in EXPECTED
    ]


def test_rows_go_by_position_not_by_label():
    frame = pd.DataFrame({**INPUTS, **TARGETS}, index=[9, 8, 7, 7, 0])
    assert content(as_dataset(frame, inputs=QUESTION)) == EXPECTED


def test_columns_keep_their_types():
    class Mixed(DataModel):
        count: int
        share: float | None
        flag: bool
        day: str
        tags: list[str]

    frame = pd.DataFrame(
        {
            "count": pd.array([1, 2], dtype="Int64"),
            "share": [0.5, math.nan],
            "flag": [True, False],
            "day": pd.to_datetime(["2024-02-01", "2024-02-02"]),
            "tags": [["a"], np.array(["b", "c"])],
            "grade": pd.Categorical(["x", "y"]),
        }
    )
    first, second = as_dataset(frame, inputs=Mixed.to_symbolic_data_model())
    assert first.x.get_json() == {
        "count": 1, "share": 0.5, "flag": True, "day": "2024-02-01T00:00:00", "tags": ["a"],
    }  # fmt: skip
    assert type(first.x["count"]) is int
    assert second.x["share"] is None
    assert second.x["tags"] == ["b", "c"]
    assert second.y.get_json() == {"grade": "y"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (np.float64("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([[1.0, math.nan]]), [[1.0, None]]),
        (pl.Series([1, None]), [1, None]),
        (pa.scalar({"a": 1}), {"a": 1}),
        ({"a": (np.int8(1), None)}, {"a": [1, None]}),
        (datetime.date(2024, 2, 1), "2024-02-01"),
        (pd.Timestamp("2024-02-01"), "2024-02-01T00:00:00"),
    ],
    ids=repr,
)
def test_cells_become_json(value, expected):
    assert cell(value) == expected
    assert type(cell(value)) is type(expected)


def test_a_cell_that_is_no_json_is_an_error():
    with pytest.raises(DataError, match=r"^x\[0\]: not valid .*bytes"):
        as_dataset(pa.table({"question": pa.array([b"raw"])}), inputs=QUESTION)
    with pytest.raises(DataError, match=r"^y\[0\]: .*inf"):
        as_dataset(xs(1), pd.DataFrame({"answer": [math.inf]}))


def test_columns_of_one_name_are_an_error():
    frame = pd.DataFrame([["a", "b"]], columns=["question", "question"])
    with pytest.raises(DataError, match="more than one column named 'question'"):
        as_dataset(frame, inputs=QUESTION)


def test_several_splits_are_an_error():
    splits = datasets.DatasetDict(
        train=datasets.Dataset.from_dict(INPUTS), test=datasets.Dataset.from_dict(INPUTS)
    )
    with pytest.raises(DataError, match=r"several splits \('train', 'test'\); give one"):
        as_dataset(splits, inputs=QUESTION)


async def test_a_hugging_face_stream():
    stream = datasets.Dataset.from_dict({**INPUTS, **TARGETS}).to_iterable_dataset()
    dataset = as_dataset(stream, inputs=QUESTION)
    assert (dataset.size, dataset.reusable) == (None, True)
    assert content(await drained(dataset)) == content(await drained(dataset)) == EXPECTED


def test_recursive_inputs_have_their_columns_too():
    class Node(DataModel):
        text: str
        below: "list[Node]"

    Node.model_rebuild(_types_namespace={"Node": Node})
    frame = pd.DataFrame({"text": ["a"], "below": [[{"text": "b", "below": []}]], "answer": [1]})
    (sample,) = as_dataset(frame, inputs=Node.to_symbolic_data_model())
    assert sample.x.get_json() == {"text": "a", "below": [{"text": "b", "below": []}]}
    assert sample.y.get_json() == {"answer": 1}


def test_rows_of_a_subclass_count_as_a_table():
    class Frame(pd.DataFrame):
        pass

    assert content(as_dataset(Frame({**INPUTS, **TARGETS}), inputs=QUESTION)) == EXPECTED


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(DataError, match=r"x is a LazyFrame, .* give x\.collect\(\)"):
        as_dataset(pl.DataFrame(INPUTS).lazy(), inputs=QUESTION)
