"""The simulated tasks: what is asked, which answers are right, and what helps a model to find them.

A task has a landscape for each seed: the seed decides which sentences of an instruction help, for which
topics, and which samples there are, so thirty seeds are thirty tasks alike. Everything is a function of the
task, the seed and a sample's number, so a server, a client and the tests need not tell each other anything.

`FINAL_ONLY` names the tasks that are for the final table alone: no optimizer is ever tuned on them, and
nobody looks at their figures before.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist
from typing import Final, Literal

from benchmarks.optimizers.words import FINDINGS, FRAMES, LABELS, NOUNS, TEXTS, TIMES, TOPICS

TRAIN, TEST = 100, 300

STRONG, WEAK, HARM = 1.15, 0.25, -0.5
"""What a sentence adds to the log odds: for its two topics, for all, and where it misleads."""
TOPICAL, GENERAL, HARMFUL = 4, 3, 6
"""How many sentences of each kind there are; all others do nothing."""
PAIR, PAIR_ALONE = 2.1, -0.15
"""What two sentences add that help only together, and what the first of them does alone."""
ROOM, CROWDING = 6, 0.1
"""How many sentences an instruction has room for, and what each beyond costs."""
OWN_TOPIC, DIMINISHING, OTHER_TOPIC = 1.2, 0.4, 0.08
"""What the first right demonstration of a sample's topic adds, what each further one is multiplied with, and
what any other adds."""
WRONG_OWN, WRONG_OTHER = -0.6, -0.1
MOST_DEMONSTRATIONS = 8
DIFFICULTY = 0.6
"""Standard deviation of what samples differ by, as log odds."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a task's program, by one module.

    Attributes:
        target: The field that it has to get right; also its name.
        answers: The values of that field.
        outputs: All fields that are asked for, the target first.
        sentence: The initial instruction; `{}` stands for the desk, which tells task and seed.
        phrases: How sentences of the instruction act: "topical" ones help two topics each, a few help all,
            and some mislead; a "pair" helps together only; or there is "none".
        pool: How many sentences there are to choose from.
        shift: Tells the sentences of a step from those of others.
        base: Log odds of a right answer with neither sentences nor demonstrations, at a typical sample.
        demonstrations: Factor of what demonstrations do.
        finding: What the right finding in the input adds to the log odds, and a wrong one takes away.
    """

    target: str
    answers: tuple[str, ...]
    sentence: str
    phrases: Literal["topical", "pair", "none"]
    shift: int
    base: float
    outputs: tuple[str, ...] = ()
    pool: int = len(NOUNS)
    demonstrations: float = 1.0
    finding: float = 0.0

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the answer."""
        return self.outputs or (self.target,)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: what is asked, and what is right.

    Attributes:
        identifier: Names it in every text, for example "Ticket K7-4821".
        text: The input: the identifier, and 15 to 30 words.
        topic: Its hidden topic, an index into `TOPICS`.
        right: The right value of each step's target.
        thresholds: For each step's target the log odds above which it is answered right.
    """

    identifier: str
    text: str
    topic: int
    right: dict[str, str] = field(hash=False)
    thresholds: dict[str, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Task:
    """A task.

    Attributes:
        name: Its name.
        word: What its samples are called.
        letter: Letter of its identifiers; no two tasks share one.
        steps: The calls of its program, in order.
        noisy: Whether the reward tells right from wrong only most of the time (see `reward`).
    """

    name: str
    word: str
    letter: str
    steps: tuple[Step, ...]
    noisy: bool = False

    def desk(self, seed: int) -> str:
        """Return what tells task and seed in a text without samples."""
        return f"desk {self.letter}{seed}"

    def instruction(self, seed: int, step: Step) -> str:
        """Return the initial instruction of a step."""
        return step.sentence.format(self.desk(seed))

    def step(self, target: str) -> Step | None:
        """Return the step with that target."""
        return next((step for step in self.steps if step.target == target), None)

    def samples(self, seed: int) -> tuple[list[Sample], list[Sample]]:
        """Return the samples to train on and those to test on; none is in both."""
        rng = random.Random(f"{self.name}/{seed}/samples")
        drawn = [sample(self.name, seed, n) for n in rng.sample(range(1000, 10_000), TRAIN + TEST)]
        return drawn[:TRAIN], drawn[TRAIN:]


def share(*parts: object) -> float:
    """Return a number from 0 to 1 that is a function of `parts`, uniform over them."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) + 0.5) / 2**64


def gauss(*parts: object) -> float:
    """Return a number that is a function of `parts`, standard normal over them."""
    return NormalDist().inv_cdf(share(*parts))


@lru_cache(maxsize=100_000)
def sample(task: str, seed: int, number: int) -> Sample:
    """Return the sample with that number."""
    found = TASKS[task]
    key = f"{task}/{seed}/{number}"
    rng = random.Random(key)
    topic = rng.randrange(len(TOPICS))
    first, *words = rng.sample(TOPICS[topic], 4)
    identifier = f"{found.word} {found.letter}{seed}-{number:04d}"
    text = rng.choice(TEXTS).format(first, rng.choice(TIMES), *words)
    return Sample(
        identifier=identifier,
        text=f"{identifier}: {text}",
        topic=topic,
        right={step.target: rng.choice(step.answers) for step in found.steps},
        thresholds={step.target: _threshold(key, step.target) for step in found.steps},
    )


def _threshold(key: str, target: str) -> float:
    uniform = share(key, target, "luck")
    return math.log(uniform / (1 - uniform)) + DIFFICULTY * gauss(key, target, "difficulty")


@dataclass(frozen=True, slots=True)
class Landscape:
    """What helps in one step of a task, for one seed.

    Attributes:
        pool: All sentences that instructions are made of.
        effects: For each sentence what it adds to the log odds, by topic.
        pair: Two sentences that help together only, or none.
    """

    step: Step
    pool: tuple[str, ...]
    effects: tuple[tuple[float, ...], ...]
    pair: tuple[int, ...] = ()

    def helps(self, phrase: int) -> frozenset[int]:
        """Return the topics that a sentence helps."""
        if phrase in self.pair:
            return frozenset(range(len(TOPICS)))
        return frozenset(topic for topic, effect in enumerate(self.effects[phrase]) if effect > 0)

    def of_phrases(self, phrases: Iterable[int], topic: int) -> float:
        """Return what an instruction with these sentences adds to the log odds."""
        if self.step.phrases == "none":
            return 0.0
        present = frozenset(phrases)
        total = math.fsum(self.effects[phrase][topic] for phrase in present)
        if self.pair and present.issuperset(self.pair):
            total += PAIR - PAIR_ALONE
        return total - CROWDING * max(0, len(present) - ROOM)

    def of_demonstrations(self, shown: Sequence[tuple[int, bool]], topic: int) -> float:
        """Return what demonstrations add to the log odds.

        Args:
            shown: For each its topic, and whether its answer is right.
            topic: The topic of the sample.
        """
        total, own = 0.0, 0
        for its, right in shown[:MOST_DEMONSTRATIONS]:
            if not right:
                total += WRONG_OWN if its == topic else WRONG_OTHER
            elif its != topic:
                total += OTHER_TOPIC
            else:
                total += OWN_TOPIC * DIMINISHING**own
                own += 1
        return self.step.demonstrations * total


@lru_cache(maxsize=1000)
def landscape(task: str, seed: int, target: str) -> Landscape:
    """Return the landscape of a step."""
    step = TASKS[task].step(target)
    if step is None:
        raise ValueError(f"The task {task!r} has no step {target!r}.")
    pool = tuple(
        FRAMES[(i + step.shift) % len(FRAMES)].format(noun) for i, noun in enumerate(NOUNS[: step.pool])
    )
    rng = random.Random(f"{task}/{seed}/{target}/landscape")
    order = rng.sample(range(step.pool), step.pool)
    effects = [(0.0,) * len(TOPICS)] * step.pool
    pair: tuple[int, ...] = ()
    if step.phrases == "pair":
        pair, order = tuple(order[:2]), order[2:]
        effects[pair[0]] = (PAIR_ALONE,) * len(TOPICS)
    if step.phrases == "topical":
        topics = rng.sample(range(len(TOPICS)), len(TOPICS))
        for number, phrase in enumerate(order[:TOPICAL]):
            own = topics[2 * number : 2 * number + 2]
            effects[phrase] = tuple(STRONG if topic in own else 0.0 for topic in range(len(TOPICS)))
        for phrase in order[TOPICAL : TOPICAL + GENERAL]:
            effects[phrase] = (WEAK,) * len(TOPICS)
    if step.phrases != "none":
        for phrase in order[-HARMFUL:]:
            effects[phrase] = (HARM,) * len(TOPICS)
    return Landscape(step, pool, tuple(effects), pair)


def reward(task: Task, sample: Sample, answer: dict[str, str]) -> float:
    """Return the reward of an answer to the last step: 1 where it is right, else 0.

    That of a noisy task is 1 for four of five right answers and for one of five wrong ones. Which ones is a
    function of the sample and all of the answer, its note included, which differs from request to request.
    """
    target = task.steps[-1].target
    right = answer.get(target) == sample.right[target]
    if not task.noisy:
        return float(right)
    told = share(sample.identifier, sorted(answer.items()), "reward")
    return float(told < (0.8 if right else 0.2))


_SORT = "Decide which team handles each {} of {{}}."

TASKS: Final[dict[str, Task]] = {
    task.name: task
    for task in (
        Task(
            "classification",
            "Ticket",
            "K",
            (Step("label", LABELS, _SORT.format("ticket"), "topical", shift=0, base=-0.95),),
        ),
        Task(
            "pipeline",
            "Case",
            "P",
            (
                Step(
                    "finding",
                    FINDINGS,
                    "Find out what lies behind each case of {}.",
                    "topical",
                    shift=1,
                    base=-0.8,
                ),
                Step("label", LABELS, _SORT.format("case"), "topical", shift=2, base=-0.9, finding=0.4),
            ),
        ),
        Task(
            "two_phrases",
            "Claim",
            "C",
            (
                Step(
                    "label",
                    LABELS,
                    _SORT.format("claim"),
                    "pair",
                    shift=3,
                    base=-0.95,
                    pool=24,
                    demonstrations=0.0,
                ),
            ),
        ),
        Task(
            "demonstrations",
            "Letter",
            "L",
            (Step("label", LABELS, _SORT.format("letter"), "none", shift=4, base=-0.95),),
        ),
        Task(
            "no_signal",
            "Report",
            "R",
            (Step("label", LABELS, _SORT.format("report"), "none", shift=5, base=-0.95, demonstrations=0.0),),
        ),
        Task(
            "noisy_reward",
            "Appeal",
            "A",
            (
                Step(
                    "label",
                    LABELS,
                    _SORT.format("appeal"),
                    "topical",
                    shift=6,
                    base=-0.95,
                    outputs=("label", "note"),
                ),
            ),
            noisy=True,
        ),
    )
}

FINAL_ONLY: Final = ("pipeline", "noisy_reward")
"""The tasks of the final table alone: never tune anything on them."""
