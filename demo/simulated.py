"""A simulated language model: what it answers is a pure function of the request.

It can read the demo's problems and do the sums, with slips. It does not know the house rule: it answers in
the unit of the question, unless the prompt shows it better. An example of the same kind of problem nearly
always does; examples of other kinds sometimes do, by analogy; an instruction that names the small unit does
as well. Examples also make it a little more careful.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

from synalinks.testing import ChatServer

UNITS = {"$": ("cent", 100), "hours": ("minute", 60), " m ": ("centimetre", 100), "kg": ("gram", 1000)}
"""How a question shows its unit: the smaller unit's name, and how many of it there are in one."""

SHORTEST, LONGEST = 0.1, 0.5
"""Seconds that an answer takes."""


def respond(body: dict[str, Any]) -> ChatServer.Reply:
    """Answer the body of a chat completion request."""
    question = problem_of(body["messages"][-1])
    text = json.dumps({"answer": answer(body["messages"])})
    delay = SHORTEST + (LONGEST - SHORTEST) * die("delay", question)
    return ChatServer.Reply(body=ChatServer.completion(body, text), delay=delay)


def answer(messages: list[dict[str, Any]]) -> float:
    """Return the model's answer to the last of the messages."""
    instruction, *shown, last = messages
    question = problem_of(last)
    examples = [
        (problem_of(asked), json.loads(told["content"])["answer"])
        for asked, told in zip(shown[::2], shown[1::2], strict=True)
    ]
    natural, (unit, factor) = solve(question), unit_of(question)
    if die("unit", question) < belief(unit, instruction["content"], examples):
        natural *= factor
    slips = die("slip", question) >= 0.9 + 0.02 * min(len(examples), 4)
    return round(natural + (10 if slips else 0), 4)


def belief(unit: str, instruction: str, examples: list[tuple[str, float]]) -> float:
    """Return how likely the model is to answer in the smaller unit, from 0 to 1."""
    follows = [
        unit_of(text)[0] for text, told in examples if told == round(solve(text) * unit_of(text)[1], 4)
    ]
    if unit in follows or unit in instruction.lower():
        return 0.97
    others = {other for other in follows if other}
    return 0.15 * len(others)


def solve(question: str) -> float:
    """Return the answer in the unit of the question: "each" means a product, all else is a sum."""
    numbers = re.findall(r"(- )?(\d+(?:\.\d+)?)", question)
    values = [-float(number) if minus else float(number) for minus, number in numbers]
    return math.prod(values) if " each" in question else math.fsum(values)


def unit_of(question: str) -> tuple[str, int]:
    """Return the smaller unit of a question and how many make one; ("", 1) where it has no unit."""
    return next((unit for sign, unit in UNITS.items() if sign in question), ("", 1))


def problem_of(message: dict[str, Any]) -> str:
    """Return the problem that a message holds."""
    return str(json.loads(message["content"])["problem"])


def die(name: str, question: str) -> float:
    """Return a number from 0 to 1 that looks drawn, and is always the same for the same question."""
    digest = hashlib.sha256(f"{name}:{question}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
