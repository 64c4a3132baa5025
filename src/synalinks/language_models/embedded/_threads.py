"""Matrices multiplied on one thread: for ones so small, threads wait for each other more than they work."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from synalinks._internal.lazy import optional


class SingleThreaded:
    """Keeps NumPy's libraries to one thread for as long as anybody is within it.

    The number of their threads belongs to the process: it is set when the first one enters, and what it was
    before comes back when the last one leaves.

    Args:
        controller: A `ThreadpoolController` of threadpoolctl.
    """

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._lock = threading.Lock()
        self._within = 0
        self._limit: Any = None
        # Of all threads only the one that has set the number may set it back.
        self._setting = ThreadPoolExecutor(1, thread_name_prefix="synalinks-embedded-blas")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Keep to one thread within the block."""
        with self._lock:
            self._within += 1
            if self._within == 1:
                self._setting.submit(self._set).result()
        try:
            yield
        finally:
            with self._lock:
                self._within -= 1
                if not self._within:
                    self._setting.submit(self._set_back).result()

    def _set(self) -> None:
        self._limit = self._controller.limit(limits=1, user_api="blas")
        self._limit.__enter__()

    def _set_back(self) -> None:
        self._limit.__exit__(None, None, None)


def single_threaded() -> SingleThreaded:
    """Return the one of this process."""
    return _of_process(os.getpid())


@lru_cache(maxsize=1)
def _of_process(process: int) -> SingleThreaded:
    """Return the one of a process, which knows the libraries that were loaded when it was made.

    Raises:
        MissingExtraError: threadpoolctl is not installed.
    """
    del process  # one that was forked has none of the threads
    optional("numpy", feature="An embedded model", extra="embedded")
    library = optional("threadpoolctl", feature="An embedded model", extra="embedded")
    return SingleThreaded(library.ThreadpoolController())
