"""The command `synalinks`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from synalinks.cli._diff import diff
from synalinks.cli._runs import runs
from synalinks.cli._screen import Screen, complain
from synalinks.cli._show import show
from synalinks.errors import SynalinksError

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands after `synalinks`; None for the process's own.

    Returns:
        The exit status: 0 when done, 1 when a file or directory cannot be read or the output not be written.
        Wrong usage ends with `SystemExit(2)`.
    """
    given = _parser().parse_args(arguments)
    try:
        _run(given, Screen(sys.stdout))
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        _discard_output()
    except SynalinksError as error:
        complain(str(error))
        return _FAILED
    except OSError as error:
        _discard_output()
        complain(f"The output cannot be written: {error.strerror or error}.")
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return _DONE


def _run(given: argparse.Namespace, screen: Screen) -> None:
    if given.command == "show":
        show(screen, given.file, full=given.full)
    elif given.command == "diff":
        diff(screen, given.before, given.after, full=given.full)
    else:
        runs(screen, given.directory)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synalinks", description="Look at saved programs and at runs that can be resumed."
    )
    parser.add_argument("--version", action="version", version=f"synalinks {version('synalinks')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shown = _command(commands, "show", "print the structure of a saved program and what it has learned")
    shown.add_argument("file", type=Path, metavar="FILE", help="a file of a program, or of its variables")
    compared = _command(commands, "diff", "show word by word what training changed in each variable")
    compared.add_argument("before", type=Path, metavar="BEFORE", help="the file from before")
    compared.add_argument("after", type=Path, metavar="AFTER", help="the file from after")
    for command in (shown, compared):
        command.add_argument("--full", action="store_true", help="leave out nothing of long values")
    listed = _command(commands, "runs", "list the runs in backup folders, and which can be resumed")
    listed.add_argument(
        "directory", type=Path, metavar="DIR", nargs="?", default=Path(),
        help="where to look, with everything below; the current directory by default",
    )  # fmt: skip
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def _discard_output() -> None:
    """Let what is still to be written go nowhere: Python flushes when it ends, and would fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
