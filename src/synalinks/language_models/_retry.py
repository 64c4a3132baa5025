"""When a failed call is tried again, and when not."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass
from typing import Any

from synalinks.errors import ConfigurationError, InfrastructureError


@dataclass(frozen=True, slots=True)
class Retry:
    """How failures of the infrastructure are waited out.

    The wait before try n+1 is drawn uniformly from 0 to `initial` · 2^(n-1) seconds, at most `maximum`
    ("full jitter", aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). Where the server
    said how long to wait (Retry-After), that time comes before it.

    Args:
        max_tries: Number of tries in all, at least 1; 1 means no second one.
        initial: Longest wait before the second try, in seconds.
        maximum: Longest wait before any try, in seconds.
        maximum_wait: A server that asks for a longer wait than this, in seconds, is not waited for.

    Raises:
        ConfigurationError: An argument is no such number; infinity is none, as files cannot hold it.
    """

    max_tries: int = 8
    initial: float = 0.5
    maximum: float = 60.0
    maximum_wait: float = 300.0

    def __post_init__(self) -> None:
        if isinstance(self.max_tries, bool) or not isinstance(self.max_tries, int) or self.max_tries < 1:
            raise ConfigurationError(
                f"max_tries must be an integer of at least 1, not {self.max_tries!r}.", argument="max_tries"
            )
        for name in ("initial", "maximum", "maximum_wait"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigurationError(
                    f"{name} must be a finite number of seconds of at least 0, not {value!r}.", argument=name
                )

    def wait_after(self, tries: int, error: InfrastructureError) -> float | None:
        """Return the seconds to wait after `tries` tries, the last of which failed; None to give up."""
        asked = error.retry_after or 0.0
        if tries >= self.max_tries or asked > self.maximum_wait:
            return None
        bound = min(self.maximum, self.initial * 2.0 ** min(tries - 1, 60))
        return asked + random.uniform(0.0, bound)  # noqa: S311 - spreads load, guards nothing

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Retry:
        """Return the value that `get_config` described."""
        return cls(**config)
