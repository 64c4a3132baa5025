"""What a row of the journal holds: a call's place, and its answer or failure as bytes."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import orjson

from synalinks import errors
from synalinks.embedding_models import Embeddings
from synalinks.errors import LanguageModelError
from synalinks.language_models import Address, Response


class Row(NamedTuple):
    place: str
    request: str
    occurrence: int
    generation: int
    number: int
    answer: bytes

    @property
    def key(self) -> tuple[str, str, int]:
        return self[:3]

    @property
    def seal(self) -> int:
        """Checksum: SQLite keeps none of what is in its file, and an altered answer would go unnoticed."""
        place, request, occurrence, generation, number, answer = self
        named = f"{place}\x1f{request}\x1f{occurrence}\x1f{generation}\x1f{number}".encode()
        return zlib.crc32(answer, zlib.crc32(named))


def place_of(address: Address) -> str:
    parts = (address.phase, address.epoch, address.step, address.sample, address.module, address.purpose)
    return "\x1f".join(map(str, parts))


def text_of(data: bytes) -> str:
    return data.decode(errors="replace")  # a damaged text is found by its row's checksum


def checked(found: tuple[Any, ...]) -> Row | None:
    """Return a row as it was written, or None if it was altered since."""
    row, seal = Row(*found[:-1]), found[-1]
    try:
        return row if row.seal == seal else None
    except TypeError:  # not even of the right type
        return None


def error_bytes(error: LanguageModelError) -> bytes:
    fields = {name: getattr(error, name, None) for name in ("model", "status", "retry_after", "text")}
    given = {name: value for name, value in fields.items() if value is not None}
    kind = next(kind.__name__ for kind in type(error).__mro__ if vars(errors).get(kind.__name__) is kind)
    return orjson.dumps({"error": kind, "message": str(error), "fields": given})


def answer_in(data: bytes) -> Response:
    """Return the answer in a row.

    Raises:
        LanguageModelError: The row holds a failure.
    """
    document: Any = orjson.loads(data)
    if isinstance(document, dict):
        raise getattr(errors, document["error"])(document["message"], **document["fields"])
    kind = Embeddings if document[0] == Embeddings.TAG else Response
    return kind.from_parts(document)
