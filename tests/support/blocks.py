"""Running the code of a document as its reader would."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType

_BLOCK = re.compile(
    r"^<!--\s*setup:(?P<setup>.*?)-->|^(?P<indent> *)```py(?:thon)?\b[^\n]*\n(?P<code>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A piece of Python in a document.

    Attributes:
        code: Its text, without the document's indentation.
        line: The line of the document it starts on, from 1.
    """

    code: str
    line: int


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the ```python blocks of a document and its hidden `<!-- setup: -->` ones, in order."""
    for match in _BLOCK.finditer(markdown):
        part = "code" if match["code"] is not None else "setup"
        yield Block(textwrap.dedent(match[part]), markdown.count("\n", 0, match.start(part)) + 1)


@dataclass
class Session:
    """An interpreter session: blocks share its names and its event loop, and may await at top level.

    Within it the session's names are the module `__main__`, as in a script.

    Attributes:
        module: The module that holds the names.
    """

    module: ModuleType = field(default_factory=lambda: ModuleType("__main__"))

    def __enter__(self) -> Session:
        self._main, sys.modules["__main__"] = sys.modules["__main__"], self.module
        self._runner = asyncio.Runner().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.modules["__main__"] = self._main
        self._runner.__exit__(kind, error, trace)

    def run(self, block: Block, document: Path) -> None:
        """Run a block; a traceback names the document and its line.

        No loop runs around a block without a top-level await, so that it may call `asyncio.run`.
        """
        source = "\n" * (block.line - 1) + block.code
        code = compile(source, str(document), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, self.module.__dict__)
        if inspect.iscoroutine(result):
            self._runner.run(result)
