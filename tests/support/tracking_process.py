"""MLflow's server, imported once and forked for each start: `python -m tests.support.tracking_process ...`.

The arguments are those of `mlflow server`. "start" on standard input has it started, "kill" has it killed,
which is answered by a line. The end of standard input, or of the server by itself, ends all.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from unittest.mock import patch


def _serve(command: Sequence[str], *, extra_env: Mapping[str, str], **options: Any) -> NoReturn:
    """Do in this process what `mlflow server` would start another one for."""
    import uvicorn.main

    assert list(command[1:3]) == ["-m", "uvicorn"]
    os.environ.update(extra_env)
    uvicorn.main.main(args=list(command[3:]))
    raise SystemExit(0)


def _be_server(arguments: Sequence[str]) -> NoReturn:
    import mlflow.cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(2, 1)
    try:
        with patch("mlflow.server._exec_cmd", _serve):
            mlflow.cli.cli(args=["server", *arguments])
    finally:
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    """Obey until nobody is left who asks."""
    for name in ("mlflow.cli", "mlflow.server.fastapi_app", "uvicorn.main"):
        importlib.import_module(name)  # once, for all that are forked off

    signal.signal(signal.SIGCHLD, lambda *_: os._exit(1))
    pid = None
    for line in sys.stdin:
        if line == "start\n":
            pid = os.fork()
            if pid == 0:
                _be_server(sys.argv[1:])
        elif pid is not None:
            _kill(pid)
            pid = None
            print("killed", flush=True)
    if pid is not None:
        _kill(pid)


def _kill(pid: int) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    signal.signal(signal.SIGCHLD, before)


if __name__ == "__main__":
    main()
