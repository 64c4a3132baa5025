"""What `__all__` promises is there and documented, and an `__init__` file does nothing else."""

import ast
import importlib
import inspect

import pytest
from tests.architecture.source import FILES, PACKAGE, is_for_types, label, tree

INITS = [path for path in FILES if path.name == "__init__.py"]


def dotted(path):
    return ".".join(["synalinks", *path.relative_to(PACKAGE).parent.parts])


def public(path):
    """(name, object) of each name in the package's `__all__`."""
    module = importlib.import_module(dotted(path))
    return [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]


def is_declaration(node):
    """Whether a statement belongs into an `__init__`: imports, `__all__`, `__getattr__`, docstring."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [ast.unparse(target) for target in targets] in (["__all__"], ["__getattr__"])
    if isinstance(node, ast.FunctionDef):
        return node.name in {"__getattr__", "__dir__"}
    return is_for_types(node) and all(map(is_declaration, node.body))


@pytest.mark.parametrize("path", INITS, ids=label)
def test_an_init_file_only_declares(path):
    extra = [
        f"{label(path)}:{n.lineno} {ast.unparse(n)[:60]}" for n in tree(path).body if not is_declaration(n)
    ]
    assert not extra


@pytest.mark.parametrize(
    ("source", "declares"),
    [
        ("from x import y", True),
        ("__all__ = ['y']", True),
        ("__all__: list[str] = []", True),
        ("if TYPE_CHECKING:\n    from x import y", True),
        ("def __getattr__(name): ...", True),
        ("def helper(): ...", False),
        ("table = {}", False),
        ("register(y)", False),
        ("if TYPE_CHECKING:\n    y = 1", False),
        ("class Y: ...", False),
    ],
)
def test_what_counts_as_a_declaration(source, declares):
    assert is_declaration(ast.parse(source).body[0]) is declares


@pytest.mark.parametrize("path", INITS, ids=label)
def test_public_names_exist_once(path):
    names = [name for name, _ in public(path)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", INITS, ids=label)
def test_public_names_are_documented(path):
    undocumented = [
        name
        for name, value in public(path)
        if (inspect.isclass(value) or inspect.isroutine(value))
        # A dataclass without a docstring gets its signature for one.
        and (not value.__doc__ or value.__doc__.startswith(f"{value.__name__}("))
    ]
    assert not undocumented
