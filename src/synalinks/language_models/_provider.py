"""What every provider offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from synalinks.language_models._request import Request, Response


class Provider(Protocol):
    """Takes requests to a server and brings answers back.

    It sends each request once, waits for nothing and tries nothing again: the pipeline around it does.
    It reports what came back and judges nothing: an answer that was cut or refused is an answer, told
    by its `finish_reason` or its message's "refusal".

    Attributes:
        name: The provider's name, as in "name/model".
        account: Whom the server takes the calls to come from; calls of one account share one limit. It
            holds the key as a hash only.
    """

    name: str
    account: str

    async def complete(self, request: Request) -> Response:
        """Send `request` and return its answer.

        Raises:
            LanguageModelError: No usable answer came; the class says whose doing it is.
        """
        ...

    async def stream(self, request: Request, sink: Callable[[str], None]) -> Response:
        """Send `request` and return its answer; hand each piece of its text to `sink` when it comes.

        Raises:
            LanguageModelError: As for `complete`, also after a part of the answer has come.
        """
        ...
