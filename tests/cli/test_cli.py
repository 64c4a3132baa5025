import json
import os
import pty
import re
import subprocess
import sys

import pytest

import synalinks
from synalinks import Generator, Input, Program
from synalinks.cli import main


class Query(synalinks.DataModel):
    query: str


class Answer(synalinks.DataModel):
    answer: str


class Custom(synalinks.Module):
    """A class that the command does not know."""

    def __init__(self, name=None):
        super().__init__(name=name)
        self.inner = Generator(data_model=Answer)

    async def compute_output_spec(self, inputs, training=False):
        return Answer

    async def call(self, inputs, training=False):
        raise AssertionError("the command runs nothing")


EXAMPLES = [{"inputs": {"query": f"{n} + {n}"}, "outputs": {"answer": str(2 * n)}} for n in range(4)]


async def make():
    x = Input(data_model=Query, name="question")
    first = await Generator(
        data_model=Answer, language_model="ollama/llama3.2", temperature=0.5, name="first"
    )(x)
    last = await Custom(name="last")(x + first)
    return Program(inputs=x, outputs={"best": last}, name="outer", description="Answers questions.")


@pytest.fixture
async def program():
    return await make()


@pytest.fixture
def saved(program, tmp_path):
    path = tmp_path / "p.program.json"
    program.save(path)
    return path


@pytest.fixture
def trained(program, tmp_path):
    """The files from before and after."""
    program.set_variables({"first/instruction": "Answer in cents.", "first/examples": EXAMPLES[:2]})
    program.save(tmp_path / "before.json")
    changed = {"inputs": EXAMPLES[1]["inputs"], "outputs": {"answer": "two"}}
    program.set_variables({"first/instruction": "Answer in euros.", "first/examples": [EXAMPLES[3], changed]})
    program.save(tmp_path / "after.json")
    return tmp_path / "before.json", tmp_path / "after.json"


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command in this process: its status, output and errors."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def command(*arguments, **options):
    return [sys.executable, "-m", "synalinks.cli", *map(str, arguments)]


# --- show ----------------------------------------------------------------------------------


def test_show_prints_structure_and_variables(saved, run):
    status, out, errors = run("show", saved)
    assert (status, errors) == (0, "")
    assert (
        out
        == f"""\
outer (Program)
  Answers questions.
  input question: Query (query)
  first (Generator) <- input question
    model ollama/llama3.2
    answers Answer (answer)
    temperature 0.5
  [1] + <- input question, first
  last (Custom) <- [1]
  output best <- last

Variables
  first/instruction
    Read the user's input and answer with a JSON object that has these keys: answer.
  first/examples: none
  last/generator/instruction
    Read the user's input and answer with a JSON object that has these keys: answer.
  last/generator/examples: none

Written by synalinks {synalinks.__version__}
"""
    )


def test_show_prints_examples_as_text(program, saved, run):
    program.set_variables({"first/examples": EXAMPLES[:1]})
    program.save(saved)
    assert """\
  first/examples (1)
    1.
      inputs:
        query: 0 + 0
      outputs:
        answer: 0
""" in run("show", saved)[1]


def test_show_prints_variables_alone(program, tmp_path, run):
    program.save_variables(tmp_path / "p.variables.json")
    status, out, _ = run("show", tmp_path / "p.variables.json")
    assert status == 0
    assert out.startswith("Variables of outer\n  first/instruction\n")


async def test_show_prints_nested_sequential_and_subclass_programs(tmp_path, run):
    x = Input(data_model=Query)
    inner = await make()
    program = Program(inputs=x, outputs=(await inner(x))["best"] & x, name="whole")
    program.save(tmp_path / "nested.json")
    out = run("show", tmp_path / "nested.json")[1]
    assert "  outer (Program) <- input\n    Answers questions.\n    input question: Query (query)\n" in out
    assert "  [1] & <- outer/best, input\n" in out
    parts = [Generator(data_model=Answer, trainable=False), Generator()]
    synalinks.Sequential([x, *parts], name="steps").save(tmp_path / "s.json")
    out = run("show", tmp_path / "s.json")[1]
    assert out.startswith("steps (Sequential)\n  generator (Generator)\n    model: the default one\n")
    assert "    not trainable\n  generator_1 (Generator)\n" in out


def test_show_names_what_a_class_makes(tmp_path, run):
    class Own(synalinks.Program):
        def __init__(self):
            super().__init__(name="own")
            self.one, self.two = Generator(data_model=Answer), Generator(name="two")

    Own().save(tmp_path / "own.json")
    assert (
        "own (Own)\n  modules that its class makes: generator, two\n" in run("show", tmp_path / "own.json")[1]
    )


def test_long_values_are_shortened_unless_all_is_asked_for(program, saved, run):
    text = "start " + "x" * 1_000_000 + " end"
    program.set_variables({"first/instruction": text, "first/examples": EXAMPLES[:1] * 60})
    program.save(saved)
    out = run("show", saved)[1]
    assert len(out) < 20_000
    assert "startxxx" in "".join(out.split())
    assert "998,010 characters, --full shows all" in " ".join(out.split())
    assert "... 10 more (--full shows all)" in out
    full = run("show", "--full", saved)[1]
    assert full.count("x") > 1_000_000
    assert "60.\n" in full


# --- diff ----------------------------------------------------------------------------------


def test_diff_shows_words_and_examples(trained, run):
    status, out, errors = run("diff", *trained)
    assert (status, errors) == (0, "")
    assert (
        out
        == """\
first/instruction
    Answer in [-cents-]{+euros+}.
first/examples: 1 removed, 1 added, 1 changed
    - 1.
        inputs:
          query: 0 + 0
        outputs:
          answer: 0
    + 1.
        inputs:
          query: 3 + 3
        outputs:
          answer: 6
    ~ 2.
        outputs:
          answer: [-2-]{+two+}
2 variables are the same.
"""
    )


def test_diff_of_equal_files(saved, run):
    assert run("diff", saved, saved) == (0, "4 variables are the same.\n", "")


def test_diff_of_a_program_and_variables(program, trained, tmp_path, run):
    program.save_variables(tmp_path / "v.variables.json")
    assert run("diff", trained[1], tmp_path / "v.variables.json")[1] == "4 variables are the same.\n"


def test_diff_tells_of_structure_and_of_variables_that_only_one_has(saved, tmp_path, run):
    other = tmp_path / "other.json"
    other.write_text(saved.read_text())

    def change(document):
        config = document["program"]["config"]["modules"]["first"]["config"]
        config["temperature"] = 1.5
        config["top_p"] = 0.9
        document["variables"]["new"] = document["variables"].pop("first/examples")

    edit(other, change)
    out = run("diff", saved, other)[1]
    assert (
        out
        == """\
Only before: first/examples
Only after: new
Structure
    modules/first/temperature: [-0.5-]{+1.5+}
    modules/first/top_p: {+0.9+}
3 variables are the same.
"""
    )


def test_diff_tells_of_another_order_and_of_other_values(saved, tmp_path, run):
    paths = tmp_path / "a.json", tmp_path / "b.json"
    values = ([1, 2], {"a": 1, "b": {"c": "x y"}}, 3), ([2, 1], {"a": 1, "b": {"c": "x z"}, "d": None}, [3])
    for path, (order, nested, number) in zip(paths, values, strict=True):
        path.write_text(saved.read_text())
        edit(path, lambda d, v=(order, nested, number): d.update(variables=dict(zip("onv", v, strict=True))))
    assert (
        run("diff", *paths)[1]
        == """\
o: 2 the same in another order
n
    b:
      c: x [-y-]{+z+}
    d: {+null+}
v
    [-3-]{+[3]+}
"""
    )


def test_unchanged_text_is_left_out_of_a_long_one(trained, run):
    for path, word in zip(trained, ("one", "two"), strict=True):
        text = "a " * 500 + word + " b" * 500
        edit(path, lambda d, t=text: d["variables"].update({"first/instruction": t}))
    out = run("diff", *trained)[1]
    assert "[-one-]{+two+}" in out
    assert out.count("[... 8") == 2
    assert "[..." not in run("diff", "--full", *trained)[1]


# --- Terminals -----------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("what", ["show", "diff"])
def test_lines_fit(what, width, trained, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    wide = "日本語の文章" * 30
    edit(trained[1], lambda d: d["variables"].update({"first/instruction": f"{wide} {'y' * 300} words"}))
    out = run(what, *(trained if what == "diff" else trained[1:]))[1]
    from rich.cells import cell_len

    assert max(map(cell_len, out.splitlines())) <= width
    assert re.sub(r"\s", "", out).count("y" * 300) == 1


def on_a_terminal(arguments, **environment):
    """Run the command on a terminal; return what it wrote."""
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
    process = subprocess.Popen(command(*arguments), stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        written += part
    os.close(leader)
    assert process.wait() == 0
    return written.decode()


def test_colour_on_a_terminal_only(trained):
    shown = on_a_terminal(["diff", *trained], NO_COLOR="")
    assert "\x1b[9;31mcents\x1b[0m\x1b[1;32meuros\x1b[0m" in shown
    assert "[-" not in shown
    for environment in ({"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}):
        plain = on_a_terminal(["diff", *trained], **environment)
        assert "\x1b" not in plain
        assert "[-cents-]{+euros+}" in plain


EVIL = "\x1b[2J\x1b]0;title\x07 [red]markup[/red] :smile: \u202e <script> \r over"


def test_text_cannot_steer_the_terminal(saved, run):
    edit(saved, lambda d: d["variables"].update({"first/instruction": EVIL, EVIL: EVIL}))
    edit(saved, lambda d: d["program"]["config"].update(name=EVIL, description=EVIL + "\n"))
    out = run("show", saved)[1]
    assert not set(out) & set("\x1b\x07\r\u202e")
    assert r"\u001b[2J\u001b]0;title\u0007 [red]markup[/red] :smile: \u202e <script> \u000d over" in out
    assert not set(on_a_terminal(["show", saved], NO_COLOR="1").replace("\r\n", "\n")) & set(
        "\x1b\x07\r\u202e"
    )


def test_an_encoding_that_lacks_characters(program, saved):
    program.set_variables({"first/instruction": "日本"})
    program.save(saved)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command("show", saved), capture_output=True, check=True, env=environment)
    assert rb"\u65e5\u672c" in done.stdout


def test_a_reader_that_goes_away_is_no_error(program, saved):
    program.set_variables({"first/instruction": "word " * 100_000})
    program.save(saved)
    with subprocess.Popen(
        command("show", "--full", saved), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_an_output_that_cannot_be_written_is_said(saved):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("show", saved), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "synalinks: The output cannot be written: No space left on device.\n"


def test_a_process_without_an_output(saved):
    done = subprocess.run(
        f"exec {sys.executable} -m synalinks.cli show {saved} >&-",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


# --- Errors --------------------------------------------------------------------------------


DAMAGE = {
    "empty": b"",
    "cut off": b'{"format": "synalinks.program", "version": 1, "prog',
    "binary": bytes(range(256)),
    "a list": b"[]",
    "a number": b"1",
    "another format": b'{"format": "something", "version": 1}',
    "a list as format": b'{"format": ["synalinks.program"], "version": 1}',
    "nothing in it": b'{"format": "synalinks.program", "version": 1}',
    "no variables": b'{"format": "synalinks.variables", "version": 1, "program": "p"}',
    "variables as a list": b'{"format": "synalinks.variables", "version": 1, "program": "p", '
    b'"variables": []}',
    "newer": b'{"format": "synalinks.program", "version": 99}',
    "no class": b'{"format": "synalinks.program", "version": 1, "program": {"config": {}}, "variables": {}}',
    "odd config": b'{"format": "synalinks.program", "version": 1, "program": {"$class": 3, "config": '
    b'{"inputs": 4, "nodes": [{}], "outputs": null, "modules": []}}, "variables": {}}',
    "odd nodes": b'{"format": "synalinks.program", "version": 1, "program": {"$class": "x", "config": '
    b'{"inputs": {}, "nodes": 5}}, "variables": {}}',
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_one_line(content, tmp_path, run):
    path = tmp_path / "damaged.json"
    path.write_bytes(content)
    status, out, errors = run("show", path)
    assert (status, out) == (1, "")
    assert re.fullmatch(r"synalinks: .*damaged\.json.*\n", errors)
    assert run("diff", path, path)[0] in (0, 1)


def test_a_file_cut_anywhere_is_never_a_traceback(saved, tmp_path, run):
    data = saved.read_bytes()
    path = tmp_path / "cut.json"
    for end in range(0, len(data) - 2, 97):
        path.write_bytes(data[:end])
        status, _, errors = run("show", path)
        assert status == 1
        assert errors.count("\n") == 1


def test_a_part_of_another_type_is_never_a_traceback(saved, tmp_path, run):
    """Each part of the document in turn is something else."""
    document = json.loads(saved.read_text())

    def places(value, path=()):
        yield path
        parts = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, part in parts:
            yield from places(part, (*path, key))

    path = tmp_path / "odd.json"
    for place in [p for p in places(document) if p and "schema" not in p and "$data_model" not in p]:
        for other in (None, 7, [[]]):
            copy = json.loads(saved.read_text())
            holder = copy
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = other
            path.write_text(json.dumps(copy))
            status, _, errors = run("show", path)
            assert (status, errors.count("\n")) in {(0, 0), (1, 1)}, (place, other)
        assert run("diff", saved, path)[2].count("\n") <= 1


@pytest.mark.parametrize("path", ["nowhere.json", "."])
def test_a_file_that_is_not_there(path, run):
    status, out, errors = run("show", path)
    assert (status, out) == (1, "")
    assert errors.startswith(f"synalinks: Cannot read '{path}': ")


@pytest.mark.parametrize("arguments", [[], ["shwo"], ["show"], ["diff", "a"], ["show", "a", "--wrong"]])
def test_wrong_usage_ends_with_2(arguments, run, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: synalinks" in capsys.readouterr().err


def test_the_version_and_help(capsys):
    for arguments, text in ((["--version"], f"synalinks {synalinks.__version__}\n"), (["--help"], "runs")):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert text in capsys.readouterr().out


def test_the_module_is_the_command(saved):
    done = subprocess.run(command("show", saved), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "outer (Program)" in done.stdout
    failed = subprocess.run(command("show", "nowhere.json"), capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "synalinks: Cannot read 'nowhere.json': No such file or directory.\n"
