"""The package's source, read as syntax trees, for the tests of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support import ROOT

PACKAGE = ROOT / "src" / "synalinks"
FILES = sorted(PACKAGE.rglob("*.py"))


def label(path: Path) -> str:
    """Name a file in test ids and messages: `callbacks/_csv_logger.py`."""
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file, once."""
    return ast.parse(path.read_text("utf-8"), str(path))


def is_for_types(node: ast.AST) -> bool:
    """Say whether `node` is an `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk everything below `node` that exists at run time: what is for types alone is left out."""
    for child in ast.iter_child_nodes(node):
        if is_for_types(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield other
                yield from running(other)
        else:
            yield child
            yield from running(child)


def own_module(path: Path) -> list[str]:
    """Return the dotted name of the package that relative imports in `path` start from."""
    return ["synalinks", *path.relative_to(PACKAGE).parent.parts]


def imported(path: Path, body: ast.AST | None = None) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of each module or name of this package that `path` imports.

    Imports within functions count, and so do modules named to `import_module` and the like.
    """
    for node in running(body or tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = own_module(path)[: len(own_module(path)) + 1 - node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call):
            names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if ast.unparse(node.func).rpartition(".")[2] not in {"import_module", "__import__", "optional"}:
                continue
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "synalinks")
