"""Data models and helpers of these tests."""

from synalinks._internal.plain import plain
from synalinks.data import DataModel


class Question(DataModel):
    question: str
    hint: str | None = None


class Context(DataModel):
    context: str


class Answer(DataModel):
    answer: float


QUESTION = Question.to_symbolic_data_model()
CONTEXT = Context.to_symbolic_data_model()


def xs(size=5):
    return [Question(question=f"q{i}") for i in range(size)]


def ys(size=5):
    return [Answer(answer=i) for i in range(size)]


def content(samples):
    """(index, x, y) of each sample, as JSON."""
    return [(sample.index, plain(sample.x), plain(sample.y)) for sample in samples]


EXPECTED = [(i, {"question": f"q{i}", "hint": None}, {"answer": float(i)}) for i in range(5)]


async def drained(dataset):
    return [sample async for sample in dataset.stream()]
