"""Texts as answers to questions are compared: what makes no difference to a reader is taken away."""

from __future__ import annotations

import re
import string
from typing import Final

_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)
_ARTICLES: Final = re.compile(r"\b(a|an|the)\b")


def normalized(text: str) -> str:
    """Return `text` in lower case, without ASCII punctuation and English articles, words apart by one space.

    This is the normalisation of SQuAD's evaluation (Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine
    Comprehension of Text", 2016, section 6.1).
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())
