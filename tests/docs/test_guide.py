"""The callbacks guide runs as its readers have it: each block alone, then all of them as one session.

The guide is plain text beside the repository; where it is absent these tests are skipped.
"""

import ast
import re
from importlib.util import find_spec

import pytest
from tests.support import ROOT
from tests.support.blocks import Block, Session

GUIDE = ROOT.parent / "shared" / "spec" / "callbacks-guide.txt"
TEXT = GUIDE.read_text("utf-8") if GUIDE.is_file() else ""

pytestmark = [
    pytest.mark.skipif(not TEXT, reason=f"the guide is not at {GUIDE}"),
    # Nothing listens where the guide has its tracking server.
    pytest.mark.filterwarnings("ignore:Monitor. MLflow at http.//localhost.5000 does not take"),
]

MODELS = ("class MathProblem", "class NumericAnswer")

PROGRAM = """
import synalinks

_inputs = synalinks.Input(data_model=MathProblem)
_outputs = await synalinks.Generator(data_model=NumericAnswer)(_inputs)
program = synalinks.Program(inputs=_inputs, outputs=_outputs, name="math")
program.compile(
    optimizer=synalinks.optimizers.RandomFewShot(),
    reward=synalinks.rewards.ExactMatch(in_mask=["answer"]),
)
x_train = [MathProblem(problem=f"{n} + {n}") for n in range(10)]
y_train = [NumericAnswer(answer=2.0 * n) for n in range(10)]
"""


def parsed(code):
    try:
        return compile(code, "<guide>", "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return None


def is_code(text):
    """Whether a paragraph is Python, and not prose that happens to parse: it calls or defines something."""
    module = parsed(text)
    return module is not None and any(isinstance(n, ast.Call | ast.ClassDef) for n in ast.walk(module))


def guide_blocks(text):
    """Find the Python of a text without fences: paragraphs of code, with the indented ones that go on."""
    found = []
    for match in re.finditer(r"(?:[^\n]+\n?)+", text):
        # The caption of a listing stands right above it.
        caption = re.match(r"Source code in .*\n", match[0])
        start = match.start() + (caption.end() if caption else 0)
        paragraph, line = text[start : match.end()], text.count("\n", 0, start) + 1
        if found and found[-1][1] == start - 1 and paragraph.startswith("    "):
            longer = f"{found[-1][0].code}\n{paragraph}"
            if parsed(longer):
                found[-1] = (Block(longer, found[-1][0].line), match.end())
        elif is_code(paragraph):
            found.append((Block(paragraph, line), match.end()))
    return [block for block, _ in found]


BLOCKS = guide_blocks(TEXT)


def first_line(block):
    return block.code.partition("\n")[0]


def named(start):
    return next(block for block in BLOCKS if block.code.startswith(start))


@pytest.fixture
def session(reader):
    """A session in which the program, the data and the library are at hand."""
    with Session() as session:
        import synalinks

        session.module.synalinks = synalinks
        yield session


def prepare(session):
    for start in MODELS:
        session.run(named(start), GUIDE)
    session.run(Block(PROGRAM, 1), GUIDE)


def run(session, block):
    if "enable_observability" in block.code and find_spec("mlflow") is None:
        from synalinks.errors import MissingExtraError

        with pytest.raises(MissingExtraError, match="mlflow"):
            session.run(block, GUIDE)
    else:
        session.run(block, GUIDE)


def test_every_block_is_found():
    assert [first_line(block).partition("(")[0] for block in BLOCKS] == [
        "class MyCallback",
        "history = await program.fit",
        "es = synalinks.callbacks.EarlyStopping",
        "ckpt = synalinks.callbacks.ProgramCheckpoint",
        "backup = synalinks.callbacks.BackupAndRestore",
        "log = synalinks.callbacks.CSVLogger",
        "synalinks.enable_observability",
        "history = await program.fit",
        "class TerseLogger",
        "class InstructionLogger",
        "class MathProblem",
        "class NumericAnswer",
        "class TerseLogger",
    ]


def test_no_code_is_left_over():
    """Every line indented like code is in a block, the diagram's excepted."""
    covered = {line for b in BLOCKS for line in range(b.line, b.line + b.code.rstrip("\n").count("\n") + 1)}
    diagram = range(
        TEXT[: TEXT.index("sequenceDiagram")].count("\n") + 1,
        TEXT[: TEXT.index("Read top-to-bottom")].count("\n") + 1,
    )
    lines = enumerate(TEXT.splitlines(), 1)
    assert not [t for n, t in lines if t.startswith("    ") and n not in covered and n not in diagram]


@pytest.mark.parametrize("block", BLOCKS, ids=first_line)
def test_a_block_runs_as_it_stands(block, session):
    if not block.code.startswith(MODELS):
        prepare(session)
    run(session, block)
    history = getattr(session.module, "history", None)
    assert history is None or len(history.history["val_reward"]) == len(history.epoch) >= 1


def test_the_whole_guide_is_one_session(session, capsys, tmp_path):
    prepare(session)
    for block in BLOCKS:
        run(session, block)
    use = """
history = await program.fit(
    x=x_train,
    y=y_train,
    epochs=3,
    validation_split=0.2,
    verbose=0,
    callbacks=[
        MyCallback(), es, ckpt, log, TerseLogger(), InstructionLogger("generator", "instructions.txt")
    ],
)
"""
    session.run(Block(use, 1), GUIDE)
    assert "[TerseLogger] epoch=0" in capsys.readouterr().out
    written = (tmp_path / "instructions.txt").read_text("utf-8")
    assert written.count("epoch=") == len(session.module.history.epoch) == 3
    for name in ("best.program.json", "run.csv", "run_001.csv"):
        assert (tmp_path / name).is_file()
