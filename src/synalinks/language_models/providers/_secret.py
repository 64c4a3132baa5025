"""Keys that do not show."""

from __future__ import annotations

from typing import NoReturn

from synalinks._internal.canonical import digest


class Secret:
    """A key that neither `repr`, `str`, a format string nor a pickle shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def digest(self) -> str:
        """Return a hash of the key, to tell accounts apart; empty where there is no key."""
        return digest(self._value.encode(), size=8) if self._value else ""

    def mask(self, text: str) -> str:
        """Return `text` with the key, wherever it stands, replaced by three stars."""
        return text.replace(self._value, "***") if self._value else text

    def fits_header(self) -> bool:
        """Return whether the key can stand in an HTTP header: printable ASCII without white space."""
        return self._value.isascii() and self._value.isprintable() and " " not in self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is never copied or pickled.")


class HiddenText(str):
    """A header value whose `repr` is masked, so that no error that shows headers shows the key."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
