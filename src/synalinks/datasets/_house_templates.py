"""The wordings of `house_rules`: what the training part uses, and what the test part uses alone.

The two parts have no template, no sentence, no name, no item and no kind of container in common. The slots:

- `{A}`, `{B}`, `{C}`: an amount with what it is of ("12 apples", "$12", "12 kg of rice", or "12");
  `{As}` and so on: the same in short ("12", "$12", "12 kg"); `{a}`, `{b}`, `{c}`: a bare number of times.
- `{how}`, `{is}`, `{many}`: "how many apples are", "how much rice is"; `{stuff}`: "apples".
- `{d}`: a number that does not matter. A slot with a capital (`{How}`, `{Good}`) begins a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """A problem with slots.

    Args:
        kinds: Of what it can be: "c" things that are counted, "m" money, "w" weights, "b" bare numbers.
        formula: What is asked, a key of `FORMULAS`; its letters are those of the slots.
        text: The problem.
    """

    kinds: str
    formula: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """The wordings of one part of the data.

    Args:
        templates: All templates.
        words: Words for slots, drawn independently of each other.
        names: First names, of which a problem has two.
        things: What is counted, in the plural.
        substances: What is weighed.
        goods: What has a price, with an article.
        held_out: Whether pairs of numbers are those of the test part.
    """

    templates: tuple[Template, ...]
    words: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    things: tuple[str, ...]
    substances: tuple[str, ...]
    goods: tuple[str, ...]
    held_out: bool


def _templates(texts: dict[str, list[str]]) -> tuple[Template, ...]:
    """Return the templates of texts by kinds and formula."""
    return tuple(
        Template(kinds, formula, text)
        for key, group in texts.items()
        for kinds, _, formula in [key.partition(" ")]
        for text in group
    )


TRAIN = Part(
    templates=_templates(
        {
            "b a+b": [
                "{A} + {B}",
                "What is {A} plus {B}?",
            ],
            "b a-b": [
                "{A} - {B}",
                "Compute {A} minus {B}.",
                "Take {B} away from {A}.",
            ],
            "b a*b": [
                "{A} * {b}",
                "How much is {A} times {b}?",
            ],
            "b a/2": [
                "What is half of {A}?",
                "{A} / 2",
            ],
            "b a*2": [
                "What is twice {A}?",
            ],
            "b a+b-c": [
                "{A} + {B} - {C}",
            ],
            "b a*b+c": [
                "{A} * {b} + {C}",
            ],
            "b (a+b)/2": [
                "Half of ({A} + {B})",
            ],
            "cmw a-b": [
                "{name} has {A} and gives {Bs} to {other}. {How} {is} left?",
                "Of {A}, {name} uses {Bs}. {How} {is} still there?",
                "{name} has {A}, {other} has {B}. What is the difference?",
                "{name} has {A}. {other} has {Bs} less. {How} does {other} have?",
                "{How} does {name} have left after giving away {Bs} of {A}?",
                "{name} starts with {A} and ends with {Bs}. {How} did {name} use?",
                "It is Sunday. {name} had {A} and {Bs} got lost. {How} {is} not lost?",
            ],
            "cmw a+b": [
                "{name} has {A} and gets {Bs} more. {How} does {name} have now?",
                "{name} brings {A} and {other} brings {B}. {How} do they have together?",
                "{name}, who is {d} years old, has {A} and finds {B}. {How} does {name} own now?",
            ],
            "cmw a+b+c": [
                "{name} collects {A} on Monday, {Bs} on Tuesday and {Cs} on Wednesday. {How} in all?",
            ],
            "cmw a+b-c": [
                "{name} has {A}, gets {Bs} and then loses {Cs}. {How} does {name} have at the end?",
            ],
            "cmw a-b-c": [
                "From {A}, {name} takes {Bs} and {other} takes {Cs}. {How} {is} there after that?",
            ],
            "cmw a/2": [
                "{name} has {A} and gives away half. {How} {is} left over?",
            ],
            "cmw a/2+b": [
                "{name} keeps half of {A} and then gets {Bs}. {How} is that together?",
            ],
            "cmw (a+b)/2": [
                "{name} has {A} and {other} has {B}. They share equally. {How} does each get?",
            ],
            "cmw a*b": [
                "{b} {people} get {A} each. {How} do they get in total?",
            ],
            "cmw a*2": [
                "{name} has {A}. {other} has twice as {many}. {How} does {other} have?",
            ],
            "cmw (a+b)*c": [
                "For {c} days {name} gets {A} every morning and {Bs} every evening. {How} in total?",
            ],
            "cw a*b": [
                "{name} packs {b} {boxes} with {A} in each. {How} did {name} pack?",
            ],
            "cw a*b+c": [
                "{b} {boxes} hold {A} each, and {Cs} more {is} on the table. {How} {is} there?",
            ],
            "c a-b": [
                "{A} are in the {place}. {Bs} are taken out. How many are still in the {place}?",
            ],
            "m a+b": [
                "{Good} costs {A} and {good2} costs {B}. What do both cost?",
                "The meal costs {A} and {name} adds a tip of {B}. What does {name} pay?",
            ],
            "m a*b": [
                "One of the {wares} costs {A}. What do {b} of them cost?",
            ],
            "m a-b": [
                "{name} pays with {A} for something that costs {B}. How much change is there?",
                "The price of {good} was {A}. It was lowered by {B}. What is the price now?",
                "How much must {name} still save to buy {good} for {A}, with {B} saved already?",
            ],
            "m a*b+c": [
                "{name} buys {b} {wares} at {A} each and {good} for {C}. What is the total?",
            ],
            "m a/2": [
                "{Good} costs {A}, and today it is sold at half price. What does it cost today?",
            ],
            "m a*b-c": [
                "{name} works {b} hours for {A} an hour and spends {C}. How much money remains?",
            ],
            "w a+b": [
                "A bag weighs {As} and a box weighs {Bs}. How heavy are both together?",
            ],
            "w a-b": [
                "A full crate weighs {As}. Empty it weighs {Bs}. What is the weight of the content?",
                "A dog weighs {As}, a cat {Bs} less. How heavy is the cat?",
            ],
            "w a*b": [
                "Each sack weighs {As}. How much do {b} sacks weigh?",
            ],
            "w a/2": [
                "{A} {is} divided into two equal parts. What does one part weigh?",
            ],
            "w a+b-c": [
                "A truck carries {As}. It loads {Bs} and unloads {Cs}. How heavy is its load now?",
            ],
            "w (a+b)/2": [
                "{As} of flour and {Bs} of sugar are mixed. What does half of the mixture weigh?",
            ],
        }
    ),
    words={
        "people": ("children", "friends", "players", "students", "workers"),
        "boxes": ("boxes", "bags", "jars", "crates", "trays"),
        "place": ("garage", "kitchen", "cupboard", "drawer", "room"),
        "wares": ("pens", "tickets", "notebooks", "mugs", "balls", "plants"),
    },
    names=(
        "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Ivy", "Jack", "Kate", "Liam",
        "Maria", "Noah", "Olivia", "Paul", "Ruth", "Sam", "Tina", "Victor", "Wendy", "Yusuf", "Zoe", "Amir",
    ),
    things=(
        "apples", "books", "cards", "coins", "cookies", "eggs", "flowers", "marbles", "pencils", "shells",
        "stamps", "stickers", "toys", "oranges", "candles", "bottles",
    ),
    substances=("rice", "flour", "sand", "corn", "salt", "clay", "hay", "cheese"),
    goods=("a scarf", "a hat", "a lamp", "a jacket", "a game", "a chair", "a clock", "a bucket", "a rug"),
    held_out=False,
)  # fmt: skip


TEST = Part(
    templates=_templates(
        {
            "b a+b": [
                "{A}+{B}=?",
                "Work out the sum of {A} and {B}.",
            ],
            "b a-b": [
                "Subtract {B} from {A}.",
                "{B} less than {A} is what number?",
                "{A} take away {B}",
            ],
            "b a*b": [
                "{A} x {b}",
                "Find the product of {A} and {b}.",
            ],
            "b a/2": [
                "One half of {A} equals what?",
            ],
            "b a*2": [
                "Double the number {A}.",
            ],
            "b a-b-c": [
                "{A} - {B} - {C} = ?",
            ],
            "b a*b-c": [
                "{A} x {b}, minus {C}",
            ],
            "b (a+b)/2": [
                "({A} + {B}) / 2",
            ],
            "b (a-b)/2": [
                "Subtract {B} from {A}, then halve the result.",
            ],
            "cmw a-b": [
                "{name} started the week with {A}. By Friday {Bs} had been used up. {How} remained?",
                "If you take {Bs} away from {A}, {how} {is} left behind?",
                "{other} has {Bs} less than {name}, who has {A}. {How} is that for {other}?",
                "Bus {d} is late again. Meanwhile {name} parts with {Bs} of {A}. {How} does {name} keep?",
            ],
            "cmw a+b": [
                "{name} owned {A} and then won {Bs} in a raffle. {How} is that altogether?",
                "{How} {is} there altogether if {name} adds {As} to the {B} of {other}?",
                "{How} would {name} hold after adding {Bs} to {A}?",
                "Outside it rains. {name} sees {A} on one shelf and {Bs} on another. {How} {is} on both?",
            ],
            "cmw a+b+c": [
                "Three {people} hand in {A}, {Bs} and {Cs}. {How} did they hand in altogether?",
            ],
            "cmw a+b-c": [
                "{name} had {A}, received {Bs} from {other} and passed {Cs} on. {How} does that leave?",
            ],
            "cmw a-b-c": [
                "{A} {is} in store. {name} removes {Bs}, {other} removes {Cs}. {How} {is} not removed?",
            ],
            "cmw a/2": [
                "{name} owns exactly half of {A}. {How} is that?",
                "{other}, who plays the violin, takes half of {A}. {How} does {other} take?",
            ],
            "cmw a/2+b": [
                "{How} {is} in the {place} when half of {A} is put there and {Bs} on top?",
            ],
            "cmw (a+b)/2": [
                "Two {people} pool {A} and {B}, then split the lot evenly. {How} does one of them get?",
            ],
            "cmw (a-b)/2": [
                "{name} sets {Bs} of {A} aside and halves the rest. {How} {is} in one half?",
            ],
            "cmw a*b": [
                "{name} gives {A} to each of {b} {people}. {How} does {name} need altogether?",
                "{How} {is} needed so that {b} {people} receive {A} apiece?",
            ],
            "cmw a*2": [
                "{name} owns {A}, and {other} owns double that. {How} does {other} own?",
            ],
            "cmw (a+b)*c": [
                "{name} receives {A} at noon and {Bs} at night, day after day. {How} after {c} days?",
            ],
            "cw a*b+c": [
                "Into each of {b} {boxes} go {A}; {Cs} stay outside. {How} would that be in all?",
            ],
            "cw a*b-c": [
                "{b} {boxes} come with {A} in each, but {Cs} went bad. {How} {is} still good?",
            ],
            "c a*b": [
                "There are {b} rows with {A} in each row. How many is that?",
            ],
            "c a-b": [
                "{A} are on display and {Bs} get sold. How many of the {stuff} are unsold?",
                "Of the {A} near the {d} pillars, {Bs} were carried out. How many {stuff} stayed?",
            ],
            "c a+b": [
                "{name} picks {As} red and {Bs} green {stuff}. How many {stuff} is that?",
            ],
            "m a+b": [
                "For {good} {name} paid {A}, for {good2} {B}. How much was spent altogether?",
            ],
            "m a*b": [
                "{name} orders {b} {wares} at {A} apiece. What is the amount due?",
            ],
            "m a-b": [
                "{name} hands over {A} at the till. The shopping comes to {B}. How much comes back?",
                "{Good} marked {A} is {B} cheaper this week. What is this week's price?",
                "{name} wants {good} for {A} but is {B} short. How much is in {name}'s purse?",
                "The rent is {A}, less {B} for repairs. What is due?",
            ],
            "m a*b+c": [
                "What is owed for {b} nights at {A} a night plus {C} for parking?",
            ],
            "m a*b-c": [
                "{b} {wares} sell for {A} each. The stall costs {C}. How much is earned?",
            ],
            "m a/2": [
                "A taxi fare of {A} is shared by two in equal halves. What is one share?",
            ],
            "m a/2+b": [
                "{name} pays half of a bill of {A} and a further {B}. How much is paid?",
            ],
            "m a+b-c": [
                "An account holds {A}. {B} comes in and {C} goes out. What is the balance?",
            ],
            "w a+b": [
                "What is the total weight of a parcel of {As} and a suitcase of {Bs}?",
            ],
            "w a-b": [
                "A tank with fuel weighs {As}, and {Bs} of that is fuel. How heavy is the tank itself?",
                "{name} carries {As}; {other} carries {Bs} less. What does {other} carry?",
            ],
            "w a*b": [
                "A brick weighs {As}. {name} lifts {b} such bricks. How much weight is that?",
            ],
            "w a*2": [
                "One dumbbell weighs {As}. What does the pair weigh?",
            ],
            "w a/2": [
                "{name} bakes with half of a pack of {A}. What weight is used?",
            ],
            "w a-b-c": [
                "A load of {As} gets lighter, first by {Bs} and later by {Cs}. How heavy is it then?",
            ],
        }
    ),
    words={
        "people": ("cousins", "neighbours", "scouts", "singers", "helpers"),
        "boxes": ("baskets", "cartons", "barrels", "tubs", "cases"),
        "place": ("attic", "cellar", "shed", "barn", "hall"),
        "wares": ("posters", "kites", "brushes", "puzzles", "whistles", "magnets"),
    },
    names=(
        "Bruno", "Chloe", "Diego", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Luca",
        "Mira", "Nadia", "Otto", "Priya", "Rosa", "Stefan", "Tariq", "Uma", "Vera", "Willem", "Yara", "Selma",
    ),
    things=(
        "pears", "buttons", "tiles", "beads", "muffins", "walnuts", "tulips", "badges", "crayons", "pebbles",
        "keys", "ribbons", "lemons", "spoons", "plates", "maps",
    ),
    substances=("wheat", "coal", "gravel", "butter", "barley", "wool", "honey", "soil"),
    goods=("a tent", "a vase", "a drum", "a kettle", "a mirror", "a ladder", "a radio", "a bench"),
    held_out=True,
)  # fmt: skip
