"""The vocabulary of the simulated tasks: topics, texts, answers, and sentences of instructions."""

from __future__ import annotations

from typing import Final

TOPICS: Final[tuple[tuple[str, ...], ...]] = (
    ("invoice", "refund", "surcharge", "receipt", "installment", "debit", "payslip", "voucher"),
    ("parcel", "courier", "pallet", "warehouse", "shipment", "crate", "depot", "doorstep"),
    ("password", "login", "passcode", "username", "authenticator", "captcha", "browser", "cookie"),
    ("boiler", "radiator", "thermostat", "burner", "flue", "valve", "chimney", "insulation"),
    ("flight", "luggage", "itinerary", "layover", "passport", "cabin", "runway", "terminal"),
    ("clinic", "prescription", "dosage", "pharmacy", "vaccine", "bandage", "syringe", "thermometer"),
    ("lawn", "mower", "hedge", "seedling", "fertilizer", "greenhouse", "sprinkler", "compost"),
    ("handset", "charger", "earpiece", "antenna", "touchscreen", "speaker", "camera", "battery"),
)
"""Words by which a topic is recognised; no other text of a task has them."""

TIMES: Final = (
    "two weeks ago",
    "on Tuesday",
    "this morning",
    "last month",
    "before the holidays",
    "after the second call",
)

TEXTS: Final = (
    "The {} was fine {}, but now nobody can tell me whether the {} or the {} is to blame for the {}.",
    "I asked about the {} {}, then about the {}, and now the {} has changed while the {} is still missing.",
    "Please look at the {} again: {} all was well, and today the {} is wrong and neither {} nor {} works.",
    "We were told that the {} would change {}, yet the {} and the {} remain and the {} was never mentioned.",
    "My neighbour had the same trouble with the {} {}; for me it is the {}, and maybe the {} or the {} too.",
    "Can somebody say why the {} is not what we heard {}, while {} and {} are as before and the {} is new?",
)
"""Texts of samples: a topic's word, a time, three more of its words."""

LABELS: Final = ("front-desk", "field-team", "back-office", "review-board", "partner-line", "self-help")

FINDINGS: Final = (
    "two entries disagree",
    "a date was overlooked",
    "the wrong person was asked",
    "a promise was not kept",
    "a letter went astray",
    "nobody was at home",
    "an old agreement was applied",
    "the reason was never stated",
)

REMARKS: Final = (
    "The text was read from beginning to end.",
    "What matters stands in the middle of the text.",
    "The details fit together.",
    "There is little doubt about this one.",
    "The wording leaves some room.",
    "Nothing else in the text stands against it.",
)
"""What the model says where it is asked for reasons."""

FRAMES: Final = (
    "Name the {} before you decide.",
    "Check the {} twice.",
    "Let the {} weigh more than the rest.",
    "Where the {} is unclear, settle that first.",
    "Compare the {} with what was asked.",
    "Treat the {} as a hint and not as proof.",
    "Put the {} into your own words.",
    "Never guess the {}.",
)

NOUNS: Final = (
    "deadline",
    "signature",
    "first message",
    "exact wording",
    "region",
    "time zone",
    "contract",
    "order of events",
    "earlier answer",
    "sender",
    "reference",
    "attachment",
    "amount",
    "language",
    "urgency",
    "main request",
    "second question",
    "promise",
    "exception",
    "history",
    "witness",
    "price list",
    "opening hours",
    "season",
    "tone",
    "abbreviation",
    "serial number",
    "department",
    "address",
    "legal basis",
    "photograph",
    "measurement",
    "unit",
    "quantity",
    "colour",
    "version",
    "previous owner",
    "emergency contact",
    "weekday",
    "warranty",
    "form",
    "rule of thumb",
    "summary line",
    "closing remark",
    "age",
    "chronology",
    "budget",
    "priority",
)
"""A sentence of an instruction is a frame with a noun."""
