"""Each part of the package builds only on the layers below it; the list is the architecture."""

import ast

import pytest
from tests.architecture.source import FILES, PACKAGE, imported, label, tree

LAYERS = (
    ("errors", "_internal"),
    ("data",),
    ("hooks", "datasets"),
    ("language_models",),
    ("embedding_models",),
    ("modules",),
    ("rewards", "metrics", "optimizers"),
    ("saving", "runs"),
    ("callbacks",),
    ("training",),
    ("programs", "integrations", "utils", "testing", "cli"),
)
"""From the ground up: a part imports from its own folder and from earlier rows."""

SIBLINGS = {
    ("_internal", "errors"),  # helpers raise typed errors
    ("integrations", "utils"),  # a run that is logged has the picture of its program
}
"""(importer, imported) within one row, where that is meant."""

LAZY = {
    ("callbacks", "integrations"),  # Monitor is a callback to its users and an integration to us
    ("hooks", "integrations"),  # and there is a hook of that name
}
"""(package, later row) that the package's `__getattr__` may resolve public names from."""

LEVEL = {part: level for level, row in enumerate(LAYERS) for part in row}


def part_of(path):
    """The part a file belongs to; the package's own `__init__` stands above all."""
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return None if name == "__init__" else name


def lazily_resolved(path):
    """Line numbers within the `__getattr__` of an `__init__` file."""
    if path.name != "__init__.py":
        return set()
    functions = (n for n in tree(path).body if isinstance(n, ast.FunctionDef) and n.name == "__getattr__")
    return {line for f in functions for line in range(f.lineno, (f.end_lineno or f.lineno) + 1)}


def allowed(importer, target, *, lazy):
    if target == importer:
        return True
    if target not in LEVEL:  # the package itself, whose __init__ stands above all
        return False
    if LEVEL[target] < LEVEL[importer]:
        return True
    return (importer, target) in (SIBLINGS | LAZY if lazy else SIBLINGS)


def violations(path):
    importer, lazy = part_of(path), lazily_resolved(path)
    for line, name in imported(path):
        target = name.removeprefix("synalinks").removeprefix(".").partition(".")[0]
        if not allowed(importer, target, lazy=line in lazy):
            yield f"{label(path)}:{line} imports {name}: {importer} may not build on {target or 'synalinks'}"


@pytest.mark.parametrize("path", [p for p in FILES if part_of(p)], ids=label)
def test_a_file_builds_on_earlier_layers_only(path):
    assert part_of(path) in LEVEL, f"{label(path)} belongs to no layer: add its folder to LAYERS"
    assert not list(violations(path))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from synalinks.training import fit", "synalinks.training.fit"),
        ("import synalinks.programs", "synalinks.programs"),
        ("from ..programs import Program", "synalinks.programs.Program"),
        ("import synalinks", "synalinks"),
        ("from synalinks import Program", "synalinks.Program"),
        ("def f():\n    from synalinks.training import fit", "synalinks.training.fit"),
        ("import importlib\nimportlib.import_module('synalinks.cli')", "synalinks.cli"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import synalinks.cli", "synalinks.cli"),
    ],
)
def test_an_import_upwards_is_found(monkeypatch, source, name):
    path = PACKAGE / "data" / "_example.py"
    monkeypatch.setattr("tests.architecture.source.tree", lambda _: ast.parse(source))
    assert [f"imports {name}: " in text for text in violations(path)] == [True]


@pytest.mark.parametrize(
    "source",
    [
        "from synalinks.errors import DataError",
        "from ._schema import merge",
        "from synalinks._internal import names",
        "import synalinks_extra",
        "if TYPE_CHECKING:\n    from synalinks.programs import Program",
    ],
)
def test_an_import_downwards_or_for_types_is_not(monkeypatch, source):
    monkeypatch.setattr("tests.architecture.source.tree", lambda _: ast.parse(source))
    assert not list(violations(PACKAGE / "data" / "_example.py"))


def test_only_getattr_resolves_upwards(monkeypatch):
    path = PACKAGE / "callbacks" / "__init__.py"
    within = (
        "def __getattr__(name):\n    from synalinks.integrations._mlflow import Monitor\n    return Monitor"
    )
    for source, count in ((within, 0), (within.replace("__getattr__", "other"), 1)):
        for module in ("source", "test_layers"):
            monkeypatch.setattr(f"tests.architecture.{module}.tree", lambda _, s=source: ast.parse(s))
        assert len(list(violations(path))) == count
