import math
import pickle

import numpy as np
import pytest
from tests.datasets.models import (
    CONTEXT,
    EXPECTED,
    QUESTION,
    Answer,
    Context,
    Question,
    content,
    drained,
    xs,
    ys,
)

from synalinks.data import DataModel, JsonDataModel
from synalinks.datasets import Dataset, as_dataset
from synalinks.errors import DataError


def objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def values(items):
    return [item.to_json_data_model() for item in items]


@pytest.mark.parametrize("form", [list, tuple, objects, values], ids=lambda f: f.__name__)
@pytest.mark.parametrize("inputs", [QUESTION, None], ids=["known", "unknown"])
async def test_data_models_in_any_sequence(form, inputs):
    dataset = as_dataset(form(xs()), form(ys()), inputs=inputs)
    assert dataset.size == len(dataset) == 5
    assert dataset.reusable
    assert content(dataset) == content(await drained(dataset)) == EXPECTED
    assert content([dataset[3]]) == EXPECTED[3:4]
    assert all(isinstance(sample.x, JsonDataModel) for sample in dataset)


def test_targets_may_be_left_out():
    assert content(as_dataset(xs(2))) == [(i, x, None) for i, x, _ in EXPECTED[:2]]


def test_dicts_are_read_with_the_schema_of_the_program():
    rows = [{"question": f"q{i}", "hint": None} for i in range(5)]
    targets = [{"answer": float(i)} for i in range(5)]
    dataset = as_dataset(rows, targets, inputs=QUESTION)
    assert content(dataset) == EXPECTED
    assert dataset[0].x.get_schema() is QUESTION.get_schema()
    assert dataset[0].y.get_schema() is dataset[1].y.get_schema()
    assert dataset[0].y.get_schema()["properties"] == {"answer": {"type": "number"}}


def test_dicts_without_targets_hold_both():
    rows = [{"question": f"q{i}", "hint": None, "answer": float(i)} for i in range(5)]
    assert content(as_dataset(rows, inputs=QUESTION)) == EXPECTED
    optional = as_dataset([{"question": "q"}], inputs=QUESTION)
    assert content(optional) == [(0, {"question": "q"}, None)]


def test_a_data_set_stands_for_itself():
    dataset = as_dataset(xs())
    assert as_dataset(dataset) is dataset
    with pytest.raises(DataError, match="leave y out"):
        as_dataset(dataset, ys())


# --- Several inputs and outputs ----------------------------------------------------------------

SEVERAL = {"q": QUESTION, "c": CONTEXT}
CONTEXTS = [Context(context=f"c{i}") for i in range(2)]
TWO = [({"question": f"q{i}", "hint": None}, {"context": f"c{i}"}) for i in range(2)]


@pytest.mark.parametrize("form", [list, objects], ids=["lists", "arrays"])
def test_several_inputs_are_put_side_by_side(form):
    columns = {"q": form(xs(2)), "c": form(CONTEXTS)}
    dataset = as_dataset(columns, ys(2), inputs=SEVERAL)
    assert [x for _, x, _ in content(dataset)] == [{"q": q, "c": c} for q, c in TWO]
    dataset = as_dataset(list(columns.values()), ys(2), inputs=[QUESTION, CONTEXT])
    assert [x for _, x, _ in content(dataset)] == [[q, c] for q, c in TWO]


def test_samples_of_several_inputs():
    pairs = list(zip(xs(2), CONTEXTS, strict=True))
    expected = [[q, c] for q, c in TWO]
    assert [x for _, x, _ in content(as_dataset(pairs, ys(2), inputs=[QUESTION, CONTEXT]))] == expected
    assert [list(x) for _, x, _ in content(as_dataset(pairs))] == expected
    dicts = [{"q": q, "c": c} for q, c in pairs]
    for inputs in (SEVERAL, None):
        assert content(as_dataset(dicts, inputs=inputs))[1][1] == {"q": TWO[1][0], "c": TWO[1][1]}


def test_a_row_feeds_several_inputs():
    rows = [{"question": "q0", "hint": None, "context": "c0", "answer": 1.0}]
    x = {"q": TWO[0][0], "c": TWO[0][1]}
    assert content(as_dataset(rows, inputs=SEVERAL)) == [(0, x, {"answer": 1.0})]
    assert content(as_dataset(rows, inputs=(QUESTION, CONTEXT))) == [(0, TWO[0], {"answer": 1.0})]


def test_several_outputs():
    dataset = as_dataset(xs(2), {"a": ys(2), "b": CONTEXTS})
    assert content(dataset)[1][2] == {"a": {"answer": 1.0}, "b": {"context": "c1"}}
    dataset = as_dataset(xs(2), [(y, None) for y in ys(2)])
    assert content(dataset)[1][2] == ({"answer": 1.0}, None)


def test_parts_of_different_length_are_an_error():
    with pytest.raises(DataError, match="have 2 and 3 rows"):
        as_dataset({"q": xs(3), "c": CONTEXTS}, inputs=SEVERAL)


def test_too_few_parts_are_an_error():
    with pytest.raises(DataError, match=r"x\[0\]: it has 1 parts; the program takes 2 inputs"):
        as_dataset([(x,) for x in xs(3)], inputs=[QUESTION, CONTEXT])


# --- What cannot be used -----------------------------------------------------------------------


class Loose(DataModel):
    score: float


@pytest.mark.parametrize("form", [list, tuple, objects], ids=["list", "tuple", "array"])
def test_empty_data(form):
    with pytest.raises(DataError, match="x is empty; expected at least one sample"):
        as_dataset(form([]))


def test_x_and_y_of_different_length():
    with pytest.raises(DataError, match="x has 5 samples and y has 4; expected as many in each"):
        as_dataset(xs(), ys(4))
    with pytest.raises(DataError, match="validation_data has 5 samples and y of validation_data has 4"):
        as_dataset(xs(), ys(4), argument="validation_data")


@pytest.mark.parametrize(
    "bad", [5, "text", None, b"x", object(), Question], ids=["int", "str", "None", "bytes", "object", "class"]
)
def test_a_row_that_is_no_data_model_is_found_before_training(bad):
    with pytest.raises(DataError, match=r"^x\[3\]: .* is no data model"):
        as_dataset([*xs(3), bad], inputs=QUESTION)


def test_a_value_that_is_not_json_is_found_before_training():
    rows = [Loose(score=1.0), Loose(score=math.nan)]
    with pytest.raises(DataError, match=r"^x\[1\]: .*score.*nan"):
        as_dataset(rows)
    with pytest.raises(DataError, match=r"^y\[1\]: .*score.*nan"):
        as_dataset(xs(2), rows)
    with pytest.raises(DataError, match=r"^y\[0\]: a dict that is not JSON: at 'a': nan"):
        as_dataset(xs(1), [{"a": math.nan}])


@pytest.mark.parametrize("bad", [5, "text", Answer], ids=repr)
def test_a_target_that_is_no_data_model(bad):
    with pytest.raises(DataError, match=r"^y\[1\]: .* is no data model"):
        as_dataset(xs(2), [ys(1)[0], bad])


def test_a_row_that_is_not_what_the_program_takes():
    with pytest.raises(
        DataError,
        match=r"^x\[1\]: not valid for the program's input: .*'answer' was unexpected.*"
        r"The input has 'question', 'hint'; the row has 'answer'\.$",
    ):
        as_dataset([*xs(1), *ys(1)], inputs=QUESTION)
    with pytest.raises(DataError, match=r"^x\[0\]: not valid for the program's input: at 'question'"):
        as_dataset([{"question": 5}], inputs=QUESTION)
    with pytest.raises(DataError, match=r"^x\[0\]: not valid for the program's input: .*qestion"):
        as_dataset([{"question": "", "qestion": ""}], ys(1), inputs=QUESTION)


@pytest.mark.parametrize("form", [list, lambda rows: list(zip(rows, xs(), strict=True))], ids=["x", "pairs"])
def test_inputs_and_targets_that_were_swapped(form):
    rows = form(ys())
    y = xs() if rows == ys() else None
    with pytest.raises(
        DataError, match=r"^x\[0\]: not valid .* The row of y would be: were x and y swapped\?$"
    ):
        as_dataset(rows, y, inputs=QUESTION)
    with pytest.raises(DataError, match=r"the row has 'answer'\.$"):
        as_dataset(ys(), ys(), inputs=QUESTION)


def test_pairs_are_inputs_with_their_targets():
    pairs = list(zip(xs(), ys(), strict=True))
    for form in (list, tuple, objects):
        assert content(as_dataset(form(pairs), inputs=QUESTION)) == EXPECTED
    dicts = [(x.get_json(), y.get_json()) for x, y in pairs]
    assert content(as_dataset(dicts, inputs=QUESTION)) == EXPECTED
    assert content(as_dataset([(xs(1)[0], None)], inputs=QUESTION))[0][2] is None
    with pytest.raises(DataError, match=r"x\[0\]: not valid for .*'extra' was unexpected"):
        as_dataset([({"question": "", "extra": 1}, ys(1)[0])], inputs=QUESTION)


@pytest.mark.parametrize("row", [[*xs(1), *ys(1)], (*xs(1), *ys(1), None), (xs(1), ys(1), ys(1))], ids=str)
def test_a_row_of_something_else_than_a_pair(row):
    with pytest.raises(
        DataError, match=r"x\[0\]: .* no data model; .* Give x=\[...\] and y=\[...\], or a list"
    ):
        as_dataset([row], inputs=QUESTION)
    with pytest.raises(DataError, match=r"Give validation_data=\(\[x, ...\], \[y, ...\]\), or"):
        as_dataset([row], inputs=QUESTION, argument="validation_data")


def test_targets_besides_pairs():
    with pytest.raises(DataError, match=r"x\[0\]: .* no data model; .* Give x="):
        as_dataset(list(zip(xs(), ys(), strict=True)), ys(), inputs=QUESTION)


def test_a_dict_of_columns_is_to_be_made_into_rows():
    with pytest.raises(DataError, match=r"holds no samples\. Of a dict of columns make a table"):
        as_dataset({"question": ["a", "b"], "hint": [None, None]}, inputs=QUESTION)


def test_a_missing_field_names_what_is_there():
    with pytest.raises(DataError, match=r"has a field 'question', the row has 'qestion'. Is 'qestion' meant"):
        as_dataset([{"qestion": ""}], inputs=QUESTION)


def test_a_dict_needs_a_program_whose_inputs_are_known():
    with pytest.raises(DataError, match=r"^x\[0\]: a plain dict can be read only"):
        as_dataset([{"question": ""}])


@pytest.mark.parametrize(
    "bad", [5, "text", None, {1, 2}, {"question": []}, Question, Question(question="")], ids=repr
)
def test_data_of_another_kind_lists_what_is_accepted(bad):
    with pytest.raises(DataError, match="Accepted: a list, tuple or NumPy object array"):
        as_dataset(bad, inputs=QUESTION)


def test_a_single_data_model_is_to_be_put_into_a_list():
    with pytest.raises(DataError, match=r"Put it into a list: \[x\]"):
        as_dataset(xs(1)[0])


@pytest.mark.parametrize(
    "y", [5, "text", iter([]), Answer(answer=1)], ids=["int", "str", "iterator", "data model"]
)
def test_targets_of_another_kind(y):
    with pytest.raises(DataError, match="expected a list, an array or a table like x"):
        as_dataset(xs(), y)


@pytest.mark.parametrize("array", [np.zeros(3), np.array(["a"]), np.empty((2, 2), dtype=object)], ids=repr)
def test_an_array_that_cannot_hold_data_models(array):
    with pytest.raises(DataError, match="expected one dimension and dtype=object"):
        as_dataset(array)


# --- Parts, hashes, keys -----------------------------------------------------------------------


def test_a_part_keeps_the_positions_of_the_whole():
    part = as_dataset(xs(), ys()).subset(range(1, 5)).subset([3, 0])
    assert content(part) == [EXPECTED[4], EXPECTED[1]]
    assert (part.size, content([part[0]])) == (2, [EXPECTED[4]])


@pytest.mark.parametrize("position", [5, -1])
def test_a_position_outside(position):
    with pytest.raises(IndexError, match=f"There is no sample {position}: the data set has 5"):
        as_dataset(xs())[position]


def test_the_hash_tells_data_apart():
    whole = as_dataset(xs(), ys())
    assert whole.content_hash() == as_dataset(tuple(xs()), values(ys()), inputs=QUESTION).content_hash()
    others = [
        as_dataset(xs()),
        as_dataset(xs()[::-1], ys()[::-1]),
        as_dataset(xs(), ys()[::-1]),
        whole.subset(range(4)),
    ]
    hashes = {whole.content_hash(), *(other.content_hash() for other in others)}
    assert len(hashes) == 5
    assert whole.subset(range(5)).content_hash() == whole.content_hash()


def test_the_key_is_of_the_input_alone():
    first, second = as_dataset([xs(1)[0]] * 2, ys(2))
    assert first.key == second.key == first.key
    assert first.key != as_dataset(xs(2))[1].key
    several = as_dataset([tuple(xs(2))])[0]
    assert several.key == as_dataset([xs(2)])[0].key


def test_data_is_read_when_it_is_used():
    reads = []

    class Watched(list):
        def __getitem__(self, position):
            reads.append(position)
            return super().__getitem__(position)

    dataset = as_dataset(Watched(xs()))
    reads.clear()
    part = dataset.subset([4, 2])
    assert reads == []
    assert part[1].index == 2
    assert reads == [2]


def test_a_data_set_can_be_sent_to_another_process():
    dataset = as_dataset({"q": xs(2), "c": CONTEXTS}, ys(2), inputs=SEVERAL)
    assert content(pickle.loads(pickle.dumps(dataset))) == content(dataset)


def test_the_base_is_abstract():
    with pytest.raises(TypeError):
        Dataset()


def test_a_number_that_does_not_fit_into_json_files():
    class Count(DataModel):
        count: int

    with pytest.raises(
        DataError, match=r"^x\[0\]: not valid .*: at 'count': an integer has more than 64 bits"
    ):
        as_dataset([{"count": 2**70}], inputs=Count.to_symbolic_data_model())
