"""Rows to train on: conversations as the library's Generator renders them, one after another."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tools.embedded_model import words
from tools.embedded_model.drills import ANSWER, CLOSING, drill, expression
from tools.embedded_model.instructions import AFTER_WORDINGS, BEFORE_WORDINGS, PLAIN_WORDINGS, STATED_WORDINGS
from tools.embedded_model.problems import (
    COUNT_WORDINGS,
    DISTRACTOR_WORDINGS,
    QUANTITY_WORDINGS,
    SIGN_WORDINGS,
    SPOKEN_WORDINGS,
)
from tools.embedded_model.sums import KINDS, RULES, Sum, apply, draw_kind, draw_parameter, draw_sum, shown
from tools.embedded_model.wording import Wording

from synalinks.language_models.embedded._tokenizer import ASSISTANT, BEGIN, END, SYSTEM, USER, Tokenizer

FORCED = 0.02
"""Weight in the loss of JSON that a grammar forces anyway."""

DEV_EVERY = 16
"""One wording in so many is kept for `dev` rows, in blocks that have as many."""

FIELDS = (
    "question text task query q input exercise prompt sum riddle puzzle expression statement message x story "
    "problem_text math_problem word_problem user_input content description request item"
).split()
KEYS = "result value total number output solution y out reply amount answer_value numeric_answer final figure n".split()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Episode:
    """What the pairs of one conversation have in common.

    Attributes:
        rule: The house rule, if any.
        parameter: Its fee or discount, in hundredths.
        stated: Whether the instruction says so.
        whole: Whether answers are integers.
        field: Key of the problem.
        key: Key of the answer.
        instruction: The system message; None for none.
        dev: Whether only what is held out is used.
    """

    rule: str | None
    parameter: int
    stated: bool
    whole: bool
    field: str
    key: str
    instruction: str | None
    dev: bool = False


def pick(rng: random.Random, block: Sequence[T], *, dev: bool) -> T:
    """Return one of a block's wordings: of those that are held out for `dev`, otherwise of the others."""
    while True:
        at = rng.randrange(len(block))
        if len(block) < DEV_EVERY or (at % DEV_EVERY == DEV_EVERY // 2) == dev:
            return block[at]


def parameter_text(rng: random.Random, parameter: int) -> str:
    """Return a fee or a discount as an instruction writes it."""
    text = shown(parameter, whole=True)
    if parameter % 100 == 0 and rng.random() < 0.3:
        text = words.spelled(parameter // 100)
    return rng.choice(
        (
            "{}",
            "{}",
            "{}",
            "{}",
            "{} dollars",
            "{} units",
            "{} points",
            "${}",
            "{}",
            "exactly {}",
            "{} euros",
            "{}.0",
        )
        if text[0].isdigit() and "." not in text
        else ("{}", "{}", "{} dollars", "{} units")
    ).format(text)


def keyed(rng: random.Random, name: str) -> str:
    """Return the name of a key as an instruction mentions it."""
    return rng.choice(("{}", "{}", '"{}"', "`{}`", "'{}'")).format(name)


def noisy(rng: random.Random, text: str) -> str:
    """Return a text with a slip that people make, once in a while."""
    draw = rng.random()
    if draw < 0.05:
        return text[:1].lower() + text[1:]
    if draw < 0.09:
        return text.rstrip(".?!")
    if draw < 0.12:
        return re.sub(r" (the|a|an|of|to|is)\b", "", text, count=1)
    if draw < 0.14:
        return text.upper() if rng.random() < 0.2 else text.lower()
    if draw < 0.17:
        return text.rstrip(".") + rng.choice(("!", " please.", ", please.", "..", " now."))
    return text


def instruction(
    rng: random.Random, rule: str | None, parameter: int, field: str, key: str, *, dev: bool
) -> str:
    """Return a system message: a plain one, or one that states a rule."""
    slots = {
        "key": keyed(rng, key),
        "field": keyed(rng, field),
        "p": parameter_text(rng, parameter),
        "X": words.invented(rng, 2).capitalize(),
        "X2": words.invented(rng, 2),
        "X3": words.name(rng),
    }

    def drawn(block: Sequence[Wording]) -> str:
        return noisy(rng, pick(rng, block, dev=dev).draw(rng, slots))

    if rule is None:
        parts = [drawn(PLAIN_WORDINGS)]
        if rng.random() < 0.25 and "keys:" not in parts[0]:
            parts.append(drawn(rng.choice((PLAIN_WORDINGS, AFTER_WORDINGS, BEFORE_WORDINGS))))
    else:
        parts = [drawn(STATED_WORDINGS[rule])]
        if rng.random() < 0.12:
            parts.append(drawn(STATED_WORDINGS[rule]))
        if rng.random() < 0.4:
            parts.insert(0, drawn(rng.choice((BEFORE_WORDINGS, BEFORE_WORDINGS, PLAIN_WORDINGS))))
        if rng.random() < 0.25:
            parts.append(drawn(AFTER_WORDINGS))
    return rng.choice((" ", " ", " ", "\n", "\n\n")).join(parts)


def amounts(rng: random.Random, subject: str, asked: Sum) -> dict[str, str]:
    """Return the numbers of a sum as a problem about a subject writes them."""
    spelled = rng.random() < 0.07
    form = "{}"
    if subject == "money":
        form = rng.choice(
            ("${}", "${}", "${}", "${}", "{} dollars", "{} dollars", "{} euros", "£{}", "{} coins", "€{}")
        )
    elif subject in words.UNITS:
        form = rng.choice(("{} ", "{} ", "{} ", "{}")) if rng.random() < 0.3 else "{} "
        form += rng.choice(words.UNITS[subject])
    cents = form != "{} coins" and subject == "money" and rng.random() < 0.5

    def written(value: int) -> str:
        if value % 100 == 0 and value < 10000 and spelled and form[0] == "{":
            return words.spelled(value // 100)
        if cents and value % 100:
            return f"{value // 100}.{value % 100:02d}"
        if value % 100 == 0 and rng.random() < 0.02:
            return f"{value // 100}.0"
        return shown(value, whole=True)

    numbers = list(asked.numbers)
    slots = {}
    if KINDS[asked.kind].counts:
        count = numbers.pop(0)
        slots["n"] = words.spelled(count // 100) if rng.random() < 0.2 else shown(count, whole=True)
    return slots | {slot: form.format(written(value)) for slot, value in zip("abc", numbers, strict=False)}


def things(rng: random.Random) -> dict[str, str]:
    """Return the people and things of a problem."""
    one, other, container = (
        words.thing(rng, words.THINGS),
        words.thing(rng, words.THINGS),
        words.thing(rng, words.CONTAINERS, 0.08),
    )
    if rng.random() < 0.5:
        one, other = words.thing(rng, words.MONEY_THINGS), words.thing(rng, words.MONEY_THINGS + words.THINGS)
    task, next_task = rng.sample(words.TASKS, 2)
    return {
        "N": words.name(rng), "M": words.name(rng), "L": words.name(rng),
        "i": one, "I": words.plural(one), "j": other, "J": words.plural(other), "Q": words.plural(other),
        "k": container, "C": words.plural(container),
        "S": words.thing(rng, words.STUFF, 0.15), "W": words.thing(rng, words.LIQUIDS, 0.1),
        "r": words.thing(rng, words.LONG_THINGS, 0.1), "T": task, "U": next_task,
        "P": rng.choice(words.PLACES), "P2": rng.choice(words.PLACES), "d": str(rng.randint(2, 60)),
    }  # fmt: skip


def story(rng: random.Random, asked: Sum, rule: str | None, *, dev: bool) -> str:
    """Return a sum as a short story."""
    suited = {"cents": "money", "grams": "weight"}.get(rule or "")
    subject = (
        suited
        if suited and rng.random() < 0.6
        else rng.choice(
            ("count", "count", "count", "money", "money", "weight", "length", "time", "volume", "plain")
        )
    )
    if subject == "count" and any(n % 100 for n in (*asked.numbers, asked.value)):
        subject = rng.choice(("money", "weight", "length", "time", "volume", "plain"))
    blocks = COUNT_WORDINGS if subject == "count" else QUANTITY_WORDINGS[subject]
    slots = things(rng) | amounts(rng, subject, asked)
    text = pick(rng, blocks[asked.kind], dev=dev).draw(rng, slots)
    if rng.random() < 0.15:
        aside = rng.choice(DISTRACTOR_WORDINGS).draw(rng, slots)
        sentences = re.split(r"(?<=[.]) ", text)
        sentences.insert(rng.randrange(len(sentences)), aside)
        text = " ".join(sentences)
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    return noisy(rng, text[:1].upper() + text[1:])


def bare(rng: random.Random, asked: Sum, *, dev: bool) -> str:
    """Return a sum without a story, in signs or in words."""
    if rng.random() < 0.6:
        text = expression(rng, asked, spaced=rng.random() < 0.75)
        return rng.choice(SIGN_WORDINGS).draw(rng, {"e": text})
    spelled = rng.random() < 0.12
    slots = {
        slot: words.spelled(value // 100)
        if spelled and value % 100 == 0 and value < 10000
        else shown(value, whole=True)
        for slot, value in zip("abc", asked.numbers, strict=False)
    }
    return noisy(rng, pick(rng, SPOKEN_WORDINGS[asked.kind], dev=dev).draw(rng, slots))


def pair(rng: random.Random, episode: Episode) -> tuple[str, str]:
    """Return a problem and its answer, as text."""
    while True:
        asked = draw_sum(
            rng, kind=draw_kind(rng), rule=episode.rule, parameter=episode.parameter, dev=episode.dev
        )
        value = apply(episode.rule, asked.value, episode.parameter)
        if not episode.whole or value % 100 == 0:
            break
    text = (
        bare(rng, asked, dev=episode.dev)
        if rng.random() < 0.25
        else story(rng, asked, episode.rule, dev=episode.dev)
    )
    return text, shown(value, whole=episode.whole)


def draw_episode(
    rng: random.Random, *, rule: str | None, stated: bool, dev: bool = False, usual: float = 0.6
) -> Episode:
    """Return what the pairs of a conversation have in common.

    Args:
        rng: Where it is drawn from.
        rule: The house rule, if any.
        stated: Whether the instruction says so.
        dev: Whether only what is held out is used.
        usual: How often the keys are "problem" and "answer".
    """
    parameter = draw_parameter(rng) if rule in ("fee", "discount") else 0
    whole = rng.random() < 0.15
    if whole and parameter % 100:
        parameter -= parameter % 100
    as_usual = rng.random() < usual
    field = "problem" if as_usual else rng.choice(FIELDS) if rng.random() < 0.8 else words.invented(rng, 2)
    key = (
        "answer"
        if as_usual or rng.random() < 0.3
        else rng.choice(KEYS)
        if rng.random() < 0.8
        else words.invented(rng, 2)
    )
    text = None
    if stated or rng.random() < 0.98:
        text = instruction(rng, rule if stated else None, parameter, field, key, dev=dev)
    return Episode(rule, parameter, stated, whole, field, key, text, dev)


def conversation(
    rng: random.Random, tokenizer: Tokenizer, episode: Episode, pairs: int
) -> tuple[list[int], list[float]]:
    """Return the tokens of a conversation and the weight in the loss of each."""
    tokens, weights = [BEGIN], [0.0]

    def say(text: str, weight: float) -> None:
        new = tokenizer.encode(text)
        tokens.extend(new)
        weights.extend([weight] * len(new))

    def mark(token: int, weight: float = 0.0) -> None:
        tokens.append(token)
        weights.append(weight)

    if episode.instruction is not None:
        mark(SYSTEM)
        say(episode.instruction, 0.0)
    for number in range(pairs):
        problem, answer = pair(rng, episode)
        mark(USER)
        say(json.dumps({episode.field: problem}, ensure_ascii=False, separators=(",", ":")), 0.0)
        mark(ASSISTANT)
        say(f'{{"{episode.key}":', FORCED)
        told = episode.rule is None or episode.stated or number > 0
        say(answer, ANSWER if told else 0.0)
        say("}", CLOSING)
        mark(END, CLOSING)
    return tokens, weights


def draw_conversation(rng: random.Random, tokenizer: Tokenizer) -> tuple[list[int], list[float]]:
    """Return a conversation of any kind."""
    rule = None if rng.random() < 0.22 else rng.choice(RULES)
    stated = rule is not None and rng.random() < 0.52
    pairs = rng.randint(1, 5) if rule is None else rng.randint(1, 3) if stated else rng.randint(3, 7)
    return conversation(rng, tokenizer, draw_episode(rng, rule=rule, stated=stated), pairs)


def row(
    rng: random.Random, tokenizer: Tokenizer, length: int, *, drills: float = 0.1
) -> tuple[list[int], list[float]]:
    """Return a row of tokens and their weights: conversations until it is full, or, with a share of `drills`, sums."""
    if rng.random() < drills:
        return drill(rng, tokenizer, length)
    tokens: list[int] = []
    weights: list[float] = []
    while len(tokens) < length:
        more, own = draw_conversation(rng, tokenizer)
        tokens += more
        weights += own
    return tokens[:length], weights[:length]


def texts(count: int, seed: int) -> list[str]:
    """Return texts that the tokenizer learns its merges from."""
    rng = random.Random(seed)
    found: list[str] = []
    for _ in range(count):
        rule = None if rng.random() < 0.3 else rng.choice(RULES)
        episode = draw_episode(rng, rule=rule, stated=rule is not None)
        found.append(episode.instruction or "")
        found += [f'{{"{episode.field}":"{pair(rng, episode)[0]}"}}' for _ in range(2)]
    return found
