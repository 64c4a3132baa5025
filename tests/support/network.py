"""The guard that keeps tests off the network, loopback excepted."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

ADDRESSED = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
"""Audit events that carry a socket and, at this position, the address it talks to."""

NAMED = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
"""Audit events that carry, at this position, a host name to look up."""


class OutsideNetworkError(RuntimeError):
    """A test tried to leave the machine.

    No OSError, so that code which retries connection errors does not take it for one.
    """


def is_loopback(host: object) -> bool:
    """Say whether `host` is this machine; None and "" are what a server binds to."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name == "localhost"


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in NAMED:
        target = host = arguments[NAMED[event]]
    elif event in ADDRESSED:
        target = arguments[ADDRESSED[event]]
        if not isinstance(target, tuple):  # a Unix socket's path, or the peer connected to before
            return
        host = target[0]
    else:
        return
    if not is_loopback(host):
        raise OutsideNetworkError(f"{event} to {target!r}: tests talk to loopback only")


def refuse_outside() -> None:
    """Refuse every connection and name look-up beyond loopback, until the process ends.

    An audit hook sees what a patched `socket` would miss: asyncio's own calls, other threads,
    modules that imported `socket` earlier.
    """
    sys.addaudithook(_refuse)
