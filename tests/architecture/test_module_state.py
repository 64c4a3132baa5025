"""No state at module level outside the process settings: two runs in one process share nothing."""

import ast

import pytest
from tests.architecture.source import FILES, PACKAGE, label, running, tree

SETTINGS = PACKAGE / "_internal" / "settings.py"

STATELESS = {"ContextVar", "TypeVar", "TypeVarTuple", "ParamSpec", "NewType"}
"""Classes whose instances may stand at module level under any name."""

CONTAINERS = {"list", "dict", "set", "bytearray", "deque", "defaultdict", "count", "local"}
"""Lower-case names that make something mutable."""

LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def is_mutable(value):
    """Whether an expression makes a container, or an instance of a class that may hold state."""
    if not isinstance(value, ast.Call):
        return isinstance(value, LITERALS)
    name = ast.unparse(value.func).partition("[")[0].rpartition(".")[2]
    return name in CONTAINERS or (name.lstrip("_")[:1].isupper() and name not in STATELESS)


def statements(body):
    """The statements that run at import, those within `if`, `try` and `with` included."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))


def is_constant(target, annotation):
    name = ast.unparse(target)
    return name.isupper() or name == "__all__" or "Final" in ast.unparse(annotation or ast.Constant(""))


def state(module):
    """Yield the statements that make or rebind state at module level."""
    for node in statements(module.body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and is_mutable(node.value):
            annotation = getattr(node, "annotation", None)
            if not all(is_constant(target, annotation) for target in targets):
                yield node
    yield from (node for node in running(module) if isinstance(node, ast.Global))


@pytest.mark.parametrize("path", [p for p in FILES if p != SETTINGS], ids=label)
def test_a_module_holds_no_state(path):
    found = [f"{label(path)}:{node.lineno} {ast.unparse(node)[:70]}" for node in state(tree(path))]
    assert not found, (
        f"{found}: make it an ALL_CAPS or Final constant that nobody changes, or give it an owner"
    )


@pytest.mark.parametrize(
    "source",
    [
        "cache = {}",
        "_seen: set[str] = set()",
        "_a = _b = []",
        "counter = itertools.count()",
        "_pool = Pool()",
        "try:\n    x = []\nfinally: pass",
        "names = [n for n in 'ab']",
        "_now = None\ndef f():\n    global _now",
    ],
)
def test_state_is_found(source):
    assert len(list(state(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "TABLE = {}",
        "_TABLE = Table()",
        "__all__ = ['x']",
        "table: Final = {}",
        "scope: ContextVar[str] = ContextVar('scope')",
        "scope = contextvars.ContextVar[str]('scope')",
        "T = TypeVar('T')",
        "pattern = re.compile('x')",
        "pair = (1, 2)",
        "def f():\n    x = []",
        "class A:\n    x: list[int]",
    ],
)
def test_constants_are_not(source):
    assert not list(state(ast.parse(source)))
