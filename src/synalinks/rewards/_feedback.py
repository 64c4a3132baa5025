"""How values are shown in feedback."""

from __future__ import annotations

import json
from typing import Any, Final

_LENGTH: Final = 500  # characters of each value


def shown(value: Any) -> str:
    """Return a value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}..."
