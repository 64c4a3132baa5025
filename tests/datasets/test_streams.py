import numpy as np
import pytest
from tests.datasets.models import CONTEXT, EXPECTED, QUESTION, Context, content, drained, xs, ys

from synalinks.datasets import as_dataset, split
from synalinks.errors import DataError


def pairs():
    yield from zip(xs(), ys(), strict=True)


async def async_pairs():
    for pair in pairs():
        yield pair


def batches():
    yield xs()[:2], ys()[:2]
    yield xs()[2:], ys()[2:]


def batches_of_pairs():
    together = list(pairs())
    yield together[:3]
    yield []
    yield together[3:]


def arrays():
    x, y = np.empty(5, dtype=object), np.empty(5, dtype=object)
    x[:], y[:] = xs(), ys()
    yield x, y


def rows():
    for x, y in pairs():
        yield {**x.get_json(), **y.get_json()}


class Loader:
    """Something that can be looped over again and again."""

    def __iter__(self):
        return pairs()


async def coroutine():
    return pairs()


ONCE = {"generator": pairs, "async generator": async_pairs, "iterator": lambda: iter(list(pairs()))}
AGAIN = {
    "callable": pairs,
    "async callable": async_pairs,
    "coroutine": coroutine,
    "list": lambda: list(pairs()),
}


@pytest.mark.parametrize("make", ONCE.values(), ids=ONCE.keys())
async def test_a_generator_is_one_pass(make):
    dataset = as_dataset(make(), inputs=QUESTION)
    assert (dataset.size, dataset.reusable) == (None, False)
    assert content(await drained(dataset)) == EXPECTED
    with pytest.raises(DataError, match=r"its one pass is over. Give a callable .* or steps_per_epoch"):
        await drained(dataset)


@pytest.mark.parametrize("make", [*AGAIN.values(), Loader()], ids=[*AGAIN.keys(), "iterable"])
async def test_a_callable_gives_a_fresh_pass(make):
    dataset = as_dataset(make, inputs=QUESTION)
    assert (dataset.size, dataset.reusable) == (None, True)
    assert content(await drained(dataset)) == content(await drained(dataset)) == EXPECTED


@pytest.mark.parametrize("make", [batches, batches_of_pairs, arrays, rows], ids=lambda f: f.__name__)
async def test_items_may_be_batches(make):
    assert content(await drained(as_dataset(make, inputs=QUESTION))) == EXPECTED


@pytest.mark.parametrize(
    "make", [xs, lambda: [xs()], lambda: [xs()[:2], xs()[2:]]], ids=["one", "all", "batches"]
)
async def test_targets_may_be_left_out(make):
    dataset = as_dataset(lambda: iter(make()), inputs=QUESTION)
    assert content(await drained(dataset)) == [(i, x, None) for i, x, _ in EXPECTED]


async def test_several_inputs():
    contexts = [Context(context=f"c{i}") for i in range(5)]
    several = [QUESTION, CONTEXT]
    expected = [[x, {"context": f"c{i}"}] for i, x, _ in EXPECTED]

    async def read(items, inputs=several):
        return [
            list(sample_x)
            for _, sample_x, _ in content(await drained(as_dataset(iter(items), inputs=inputs)))
        ]

    assert await read((list(x), y) for *x, y in zip(xs(), contexts, ys(), strict=True)) == expected
    assert await read([([xs(), contexts], ys())]) == expected
    assert await read(list(x) for x in zip(xs(), contexts, strict=True)) == expected
    named = {"q": QUESTION, "c": CONTEXT}
    one = as_dataset(iter([({"q": xs()[0], "c": contexts[0]}, ys()[0])]), inputs=named)
    many = as_dataset(iter([({"q": xs(), "c": contexts}, ys())]), inputs=named)
    assert content(await drained(one)) == content((await drained(many))[:1])


async def test_a_wrong_item_is_named_by_its_position():
    with pytest.raises(DataError, match=r"^x\[2\]: 5 \(int\) is no data model"):
        await drained(as_dataset(iter([*xs(2), 5])))
    with pytest.raises(DataError, match=r"^x\[3\]: .*not valid for the program's input"):
        await drained(as_dataset(iter([xs(3), ys(2)]), inputs=QUESTION))
    with pytest.raises(DataError, match="yielded a tuple of 3; expected x, "):
        await drained(as_dataset(iter([(1, 2, 3)])))
    with pytest.raises(DataError, match="x has 2 samples and y has 1"):
        await drained(as_dataset(iter([(xs(2), ys(1))]), inputs=QUESTION))


async def test_a_stream_that_yields_nothing():
    with pytest.raises(DataError, match="x yielded no sample"):
        await drained(as_dataset(iter([])))


@pytest.mark.parametrize("result", [None, 5, "text"])
async def test_a_callable_that_returns_no_generator(result):
    with pytest.raises(DataError, match="expected a fresh generator on each call"):
        await drained(as_dataset(lambda: result))


def test_targets_beside_a_stream():
    with pytest.raises(DataError, match=r"yields \(x, y\) itself, so y must be left out"):
        as_dataset(pairs(), ys())


def test_a_stream_has_no_positions():
    dataset = as_dataset(pairs)
    with pytest.raises(DataError, match="cannot be read by position"):
        dataset[0]
    with pytest.raises(DataError, match="cannot be taken in part"):
        dataset.subset([0])
    with pytest.raises(DataError, match="cannot be hashed as a whole"):
        dataset.content_hash()
    with pytest.raises(
        DataError, match=r"validation_split=0.2 cannot hold out a part of a stream.*validation_data="
    ):
        split(dataset, 0.2, argument="validation_split")


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_a_pass_that_is_given_up_closes_the_generator(kind):
    closed = []

    def plain():
        try:
            yield from pairs()
        finally:
            closed.append(True)

    async def asynchronous():
        try:
            for pair in pairs():
                yield pair
        finally:
            closed.append(True)

    stream = as_dataset({"plain": plain, "async": asynchronous}[kind]).stream()
    await anext(stream)
    assert not closed
    await stream.aclose()
    assert closed == [True]


async def test_nothing_is_drawn_ahead():
    drawn = []

    def counted():
        for pair in pairs():
            drawn.append(pair)
            yield pair

    stream = as_dataset(counted).stream()
    for expected in (1, 2):
        await anext(stream)
        assert len(drawn) == expected
    await stream.aclose()
