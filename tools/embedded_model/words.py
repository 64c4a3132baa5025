"""Names, things and units that problems are about; half of the names and things are invented."""

from __future__ import annotations

import random

NAMES = (
    "Anna Ben Carla David Emma Frank Grace Hugo Ines Jack Karim Laura Maria Noah Olga Paul Quinn Rosa Sam Tom Uma "
    "Victor Wendy Yusuf Zoe Alice Bob Chloe Dana Eli Fatima George Hannah Ivan Julia Kevin Lily Mia Nina Oscar Priya "
    "Ravi Sara Tina Leo Ada Max Amir Mei Jonas Lena Pedro Sofia John Mary Peter Lucy Omar Aisha Daniel Ella Liam Ruth"
).split()

PEOPLE = (
    "The baker|A farmer|The teacher|A boy|A girl|The shopkeeper|A driver|The cook|My aunt|My brother|The gardener|"
    "A student|The librarian|Our neighbour|A worker|The captain|A painter|The coach|Grandma|The mechanic|A child|"
    "The florist|A runner|The tailor|My friend|The team|A club|The school|A shop|The family|The owner|A customer"
).split("|")

THINGS = (
    "apple book pencil coin card marble stamp egg cookie flower ticket chair cup plate bottle shell toy orange pear "
    "sticker balloon button candle key lemon nail brick tile letter photo shirt hat sock shoe bag box bead block "
    "cake muffin sweet sandwich pie bun grape plum peach melon tomato potato carrot onion stone rock feather leaf "
    "tree rose tulip fish bird duck hen goat sheep cow horse dog cat car truck bike boat train seat page pen ruler "
    "notebook magazine poster crayon marker doll kite drum bell lamp clock towel pillow blanket jar bowl spoon fork "
    "pizza bean nut cherry mango banana rabbit frog bee screw bolt wheel brush mug basket badge medal puzzle game"
).split()

CONTAINERS = (
    "box bag crate basket shelf row table jar carton tray packet bucket drawer pile group team page bus room class "
    "stack case sack rack bunch van cage bin tin chest album line set bowl floor pack lorry container"
).split()

MONEY_THINGS = (
    "coat hat book lamp pen ticket cake coffee sandwich shirt toy chair phone bag bike game pizza tea mug plant "
    "notebook scarf ball umbrella lunch bottle jacket clock magazine haircut meal kettle radio watch belt pillow tie"
).split()

STUFF = (
    "flour rice sugar sand salt coal wool cheese butter fruit soil corn cement meat honey paper metal clay gravel hay "
    "beans coffee tea dough seed grain fish wood nails dust feed"
).split()

LIQUIDS = "water milk juice oil paint petrol soup tea wine syrup fuel lemonade vinegar cream ink".split()

LONG_THINGS = (
    "rope ribbon board pipe wire fence road path string cable plank rail hose stick trail tape chain ladder wall tube"
).split()

TASKS = (
    "film lesson trip walk meeting job flight course ride show class drive concert shift lecture game task visit "
    "practice march repair run nap call swim climb"
).split()

UNITS = {
    "weight": ("kg", "kg", "kg", "kilograms", "kilos", "pounds", "tonnes", "grams", "ounces"),
    "length": ("m", "m", "metres", "meters", "km", "kilometres", "miles", "feet", "cm", "inches", "yards"),
    "time": ("hours", "hours", "minutes", "min", "h", "days", "seconds", "weeks"),
    "volume": ("litres", "liters", "l", "gallons", "ml", "pints"),
}

PLACES = (
    "shop market school garden park house office library station kitchen farm harbour museum hotel factory village "
    "barn yard field cellar hall store bakery warehouse"
).split()

_ONSETS = "b d f g h j k l m n p r s t v w z br dr gl kr pl st tr sh ch".split()
_VOWELS = "a e i o u a e o ai ee oo".split()
_CODAS = ["", "", "", "n", "r", "l", "m", "s", "t", "k", "x", "b", "nd"]


def invented(rng: random.Random, syllables: int) -> str:
    """Return a word that nobody knows."""
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + (rng.choice(_CODAS) if n == syllables - 1 else "")
        for n in range(syllables)
    )


def name(rng: random.Random) -> str:
    """Return who a problem is about."""
    draw = rng.random()
    if draw < 0.5:
        return rng.choice(NAMES)
    return invented(rng, rng.randint(1, 3)).capitalize() if draw < 0.85 else rng.choice(PEOPLE)


def thing(rng: random.Random, known: list[str], share: float = 0.3) -> str:
    """Return a thing, often an invented one, sometimes with an adjective."""
    word = invented(rng, 2) if rng.random() < share else rng.choice(known)
    if rng.random() < 0.12:
        word = f"{rng.choice('red blue green big small old new white black yellow little round fresh'.split())} {word}"
    return word


def plural(word: str) -> str:
    """Return the plural of a word."""
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "sh", "ch")):
        return word + "es"
    return {"leaf": "leaves", "shelf": "shelves", "fish": "fish", "sheep": "sheep"}.get(word, word + "s")


ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelled(number: int) -> str:
    """Return a whole number below a hundred in words."""
    if number < 20:
        return ONES[number]
    tens, ones = divmod(number, 10)
    return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
