import itertools
import sys

import pytest

import synalinks
from synalinks import Generator, Input, Program
from synalinks.errors import ConfigurationError, MissingExtraError
from synalinks.testing import FunctionModel
from synalinks.utils import plot_program
from synalinks.utils._chart import chart_of
from synalinks.utils._drawing import style
from synalinks.utils._plot_program import program_figure

MODEL = "ollama/llama3.2"


class Query(synalinks.DataModel):
    query: str


class Answer(synalinks.DataModel):
    thinking: str
    answer: str


class Score(synalinks.DataModel):
    score: float


def answering(**options):
    return Generator(data_model=Answer, **{"language_model": MODEL, **options})


class Steps(synalinks.Program):
    """A program without a graph."""

    def __init__(self):
        super().__init__(name="steps")
        self.first = answering(name="first")
        self.second = Generator(data_model=Score, trainable=False, name="second")

    async def call(self, inputs, training=False):
        return await self.second(await self.first(inputs))


class Wrapped(synalinks.Module):
    """A module that has one inside."""

    def __init__(self):
        super().__init__()
        self.inner = answering()

    async def compute_output_spec(self, inputs, training=False):
        return Answer

    async def call(self, inputs, training=False):
        return await self.inner(inputs)


async def branching():
    x = Input(data_model=Query, name="question")
    a = await answering(name="a")(x)
    b = await answering(name="b")(x)
    c = await Generator(data_model=Score, name="judge")((x + a + b).out_mask(mask=["thinking"]))
    return Program(inputs=x, outputs={"best": a | b, "score": c}, name="branching")


async def nested():
    x = Input(data_model=Query)
    inner = await branching()
    outputs = await inner(x)
    return Program(inputs=x, outputs=await Wrapped()(outputs["best"]), name="outer")


def shown(program, *, expand=False):
    """The chart as {title: (kind, lines)} and the arrows by title."""
    chart = chart_of(program, expand=expand)
    titles = [box.title for box in chart.boxes]
    return (
        {box.title: (box.kind, box.lines) for box in chart.boxes},
        {(titles[start], titles[end]) for start, end in chart.arrows},
    )


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def assert_readable(figure):
    """No text lies on another one, or outside of the picture."""
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
    width, height = figure.bbox.size
    assert all(b.x0 >= 0 and b.x1 <= width and b.y0 >= 0 and b.y1 <= height for b in boxes)


async def test_a_chain_shows_names_classes_keys_and_models():
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await answering()(x), name="math")
    boxes, arrows = shown(program)
    assert boxes == {
        "input": ("input", ("Query", "query")),
        "generator": ("module", ("Generator", "thinking, answer", MODEL)),
        "output": ("output", ("thinking, answer",)),
    }
    assert arrows == {("input", "generator"), ("generator", "output")}
    assert texts(program_figure(program))[0] == "math (Program)"


async def test_a_graph_with_branches_and_operators():
    boxes, arrows = shown(await branching())
    assert boxes["input question"] == ("input", ("Query", "query"))
    assert boxes["judge"] == ("module", ("Generator", "score", "default model"))
    assert {title for title, (kind, _) in boxes.items() if kind == "operator"} == {
        "+", "or  |", "out mask thinking",
    }  # fmt: skip
    # x + a + b is one operator with three arrows.
    assert {start for start, end in arrows if end == "+"} == {"input question", "a", "b"}
    assert {("judge", "output score"), ("or  |", "output best"), ("out mask thinking", "judge")} <= arrows


async def test_a_sum_that_something_else_reads_stays_on_its_own():
    x = Input(data_model=Query)
    both = x + await answering(name="a")(x)
    more = both + await answering(name="b")(both)
    chart = chart_of(Program(inputs=x, outputs=more), expand=False)
    assert [box.title for box in chart.boxes].count("+") == 2


async def test_a_module_that_is_called_twice_and_a_fixed_one_say_so():
    x = Input(data_model=Query)
    shared = answering(trainable=False)
    chart = chart_of(Program(inputs=x, outputs=[await shared(x), await shared(x)]), expand=False)
    found = [box.lines[0] for box in chart.boxes if box.kind == "module"]
    assert found == ["Generator · fixed · called 2 times"] * 2


async def test_nested_programs_are_boxes_or_are_expanded():
    program = await nested()
    boxes, _ = shown(program)
    assert boxes["branching"] == (
        "program",
        ("Program", "thinking, answer, thinking_1, answer_1", "3 modules inside"),
    )
    assert boxes["wrapped"] == ("program", ("Wrapped", "thinking, answer", "1 module inside"))
    assert "judge" not in texts(program_figure(program))
    expanded = texts(program_figure(program, expand_nested=True))
    assert {"judge", "generator", "in order; no graph was traced"} <= set(expanded)


def test_a_program_without_a_graph_is_the_list_of_its_modules():
    boxes, arrows = shown(Steps())
    assert list(boxes) == ["first", "second"]
    assert boxes["second"] == ("module", ("Generator · fixed", "score", "default model"))
    assert not arrows
    figure = program_figure(Steps())
    assert {"steps (Steps)", "in order; no graph was traced"} <= set(texts(figure))
    first, second = (text for text in figure.axes[0].texts if text.get_text() in {"first", "second"})
    assert first.get_position()[1] < second.get_position()[1]  # y runs down


async def test_a_sequential_with_and_without_a_graph():
    parts = [answering(name="a"), answering(name="b")]
    traced = synalinks.Sequential([Input(data_model=Query), *parts])
    assert ("a", "b") in shown(traced)[1]
    assert list(shown(synalinks.Sequential([answering(name="a"), answering(name="b")]))[0]) == ["a", "b"]


def test_a_program_without_modules():
    class Empty(synalinks.Program):
        async def call(self, inputs, training=False):
            return inputs

    figure = program_figure(Empty())
    assert "no modules" in texts(figure)
    assert_readable(figure)


async def test_a_module_that_is_beside_the_graph_is_shown_too():
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await answering()(x))
    program.helper = Generator(data_model=Score, name="helper")
    assert shown(program)[0]["helper"][0] == "module"


def test_a_module_that_holds_itself_is_drawn_once():
    program = Steps()
    program.first.owner = program
    assert "first" in texts(program_figure(program, expand_nested=True))


async def test_a_value_given_to_the_graph_is_shown():
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=x + Score(score=1.0))
    boxes, arrows = shown(program)
    assert boxes["value"] == ("value", ("score",))
    assert ("value", "+") in arrows


async def test_many_inputs_and_outputs_are_told_apart():
    x, y = Input(data_model=Query, name="first"), Input(data_model=Score)
    program = Program(inputs=[x, y], outputs=[x + y, x])
    boxes, _ = shown(program)
    assert {"input first", "input 1", "output 0", "output 1"} <= set(boxes)


async def ensemble():
    x = Input(data_model=Query)
    outputs = [await answering(name=f"expert_{i}")(x) for i in range(7)]
    total = outputs[0]
    for output in outputs[1:]:
        total = total + output
    return Program(inputs=x, outputs=await answering()(total.factorize()), name="ensemble")


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("make", [branching, nested, ensemble])
async def test_no_text_lies_on_another(make, expand):
    assert_readable(program_figure(await make(), expand_nested=expand))


EVIL = {
    "mathtext": r"$\frac{a$_\{",
    "lines": "two\nlines\ttab",
    "escape": "\x1b[31mred",
    "script": "<script>alert(1)</script>",
    "direction": "\u202eabc",
    "surrogate": "\ud800",
    "glyphs": "日本語 🎉",
    "long": "x" * 1_000_000,
}


@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
async def test_names_of_any_kind_are_plain_text(text, tmp_path):
    x = Input(schema={"type": "object", "title": text, "properties": {text: {"type": "string"}}})
    name = text.replace("/", "")
    program = Program(inputs=x, outputs=await answering(name=name)(x), name=name)
    for ending in ("png", "svg"):
        path = plot_program(program, to_file=tmp_path / f"p.{ending}", title=text)
        assert path.stat().st_size < 300_000
    with style("plot_program"):
        figure = program_figure(program, title=text)
    assert all(len(shown) <= 80 and shown.isprintable() for shown in texts(figure))
    assert not any(shown.get_parse_math() for shown in figure.axes[0].texts)


def test_a_model_that_answers_in_the_process_is_named():
    program = Steps()
    program.first.language_model = FunctionModel(lambda request: "a")
    assert program.first.language_model.model in shown(program)[0]["first"][1]


async def test_the_picture_is_a_file_that_notebooks_show(tmp_path):
    program = await branching()
    svg = plot_program(program, to_file=tmp_path / "p.svg")
    assert "<svg" in svg._repr_svg_()
    png = plot_program(program, to_file=tmp_path / "p.png")
    assert png._repr_png_().startswith(b"\x89PNG")


async def test_the_same_program_gives_the_same_bytes(tmp_path):
    program = await nested()
    for ending in ("svg", "png", "pdf"):
        first = plot_program(program, to_file=tmp_path / f"a.{ending}", expand_nested=True)
        second = plot_program(program, to_file=tmp_path / f"b.{ending}", expand_nested=True)
        assert first.read_bytes() == second.read_bytes()


async def test_a_long_program_still_is_a_picture(tmp_path):
    modules = [answering() for _ in range(90)]
    program = synalinks.Sequential([Input(data_model=Query), *modules])
    data = plot_program(program, to_file=tmp_path / "p.png").read_bytes()
    assert int.from_bytes(data[20:24]) <= 16_000  # height in pixels


def test_what_is_no_program_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"draws a program, got 'x' \(str\)"):
        plot_program("x", to_file=tmp_path / "p.png")
    with pytest.raises(ConfigurationError, match=r"plot_program draws .*'p\.gif'"):
        plot_program(Steps(), to_file="p.gif")


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"plot_program.*pip install matplotlib"):
        plot_program(Steps(), to_file=tmp_path / "p.png")
