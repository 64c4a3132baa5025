"""Placing the boxes of a graph in layers, so that all arrows lead down and few of them cross.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (1981): layers by the longest path, an order within each by the mean place of the neighbours, then
positions as near to the neighbours as the widths allow. An arrow over several layers has a place in each.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Size = tuple[float, float]
Point = tuple[float, float]

_SWEEPS = 12
_LANE = 12.0
"""Width that an arrow takes where it passes a layer."""


@dataclass(slots=True)
class Arrangement:
    """Where everything is; x to the right and y down, from the upper left corner.

    Attributes:
        centres: The centre of each box.
        lines: The course of each arrow: (x, upper y, lower y) for each layer that it touches, between which
            it bends.
        size: Of the whole.
    """

    centres: list[Point]
    lines: list[list[tuple[float, float, float]]]
    size: Size


@dataclass(slots=True)
class _Place:
    """A box, or the lane of an arrow, in a layer."""

    width: float
    height: float
    layer: int
    box: int | None = None
    x: float = 0.0
    above: list[_Place] = field(default_factory=list)
    below: list[_Place] = field(default_factory=list)


def arranged(
    sizes: Sequence[Size], arrows: Sequence[tuple[int, int]], *, gap: float = 22.0, fall: float = 34.0
) -> Arrangement:
    """Place boxes.

    Args:
        sizes: Width and height of each box.
        arrows: (from, to) pairs of positions in `sizes`; they lead in no circle.
        gap: Between two boxes of a layer.
        fall: Between two layers.
    """
    layers, chains = _layered(sizes, arrows)
    _order(layers)
    _set_x(layers, gap)
    left = min((p.x - p.width / 2 for layer in layers for p in layer), default=0.0)
    right = max((p.x + p.width / 2 for layer in layers for p in layer), default=0.0)
    tops, height = _tops(layers, fall)
    centres: list[Point] = [(0.0, 0.0)] * len(sizes)
    middles = [top + max(p.height for p in layer) / 2 for top, layer in zip(tops, layers, strict=True)]
    for place in (p for layer in layers for p in layer):
        place.x -= left
        if place.box is not None:
            centres[place.box] = (place.x, middles[place.layer])
    ends = _ends(chains)
    lines = [_line(chain, end, tops, layers) for chain, end in zip(chains, ends, strict=True)]
    return Arrangement(centres, lines, (right - left, height))


def _layered(
    sizes: Sequence[Size], arrows: Sequence[tuple[int, int]]
) -> tuple[list[list[_Place]], list[list[_Place]]]:
    """Return the layers, and of each arrow the places from its first to its last."""
    ranks = _ranks(len(sizes), arrows)
    boxes = [_Place(w, h, rank, box=i) for i, ((w, h), rank) in enumerate(zip(sizes, ranks, strict=True))]
    layers: list[list[_Place]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for box in boxes:
        layers[box.layer].append(box)
    chains = []
    for start, end in arrows:
        lanes = [_Place(_LANE, 0.0, layer) for layer in range(ranks[start] + 1, ranks[end])]
        for lane in lanes:
            layers[lane.layer].append(lane)
        chain = [boxes[start], *lanes, boxes[end]]
        for upper, lower in pairwise(chain):
            upper.below.append(lower)
            lower.above.append(upper)
        chains.append(chain)
    return layers, chains


def _ranks(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Return the length of the longest path to each box."""
    below: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in arrows:
        below[start].append(end)
        waiting[end] += 1
    ranks = [0] * count
    ready = [box for box in range(count) if not waiting[box]]
    for box in ready:  # grows while it is read
        for end in below[box]:
            ranks[end] = max(ranks[end], ranks[box] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return ranks


def _order(layers: list[list[_Place]]) -> None:
    """Sort each layer by the mean place of the neighbours, and keep what crosses least."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for layer, other in _pairs(layers, down=down):
            positions = {id(place): i for i, place in enumerate(other)}
            means = {}
            for i, place in enumerate(layer):
                found = [positions[id(n)] for n in (place.above if down else place.below)]
                means[id(place)] = sum(found) / len(found) if found else float(i)
            layer.sort(key=lambda place: means[id(place)])
        if (crossed := _crossings(layers)) < fewest:
            best, fewest = [list(layer) for layer in layers], crossed
    layers[:] = best


def _pairs(layers: list[list[_Place]], *, down: bool) -> list[tuple[list[_Place], list[_Place]]]:
    """Return (layer to place, layer it goes by) pairs, in the order in which to place them."""
    if down:
        return list(zip(layers[1:], layers, strict=False))
    return list(zip(layers[-2::-1], layers[:0:-1], strict=False))


def _crossings(layers: list[list[_Place]]) -> int:
    """Return how often arrows cross: inversions between the orders of their ends."""
    count = 0
    for upper, lower in pairwise(layers):
        positions = {id(place): i for i, place in enumerate(lower)}
        seen: list[int] = []
        for place in upper:
            ends = sorted(positions[id(n)] for n in place.below)
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _set_x(layers: list[list[_Place]], gap: float) -> None:
    """Move every place towards its neighbours, above and below by turns, as far as the order allows."""
    for layer in layers:
        _spread(layer, [0.0] * len(layer), gap)
    for sweep in range(_SWEEPS):
        for layer, _ in _pairs(layers, down=sweep % 2 == 0):
            wanted = []
            for place in layer:
                near = place.above if sweep % 2 == 0 else place.below
                near = near or [place]
                wanted.append(sum(n.x for n in near) / len(near))
            _spread(layer, wanted, gap)


def _spread(layer: list[_Place], wanted: list[float], gap: float) -> None:
    """Set x to the nearest of `wanted`, by least squares, at which nothing overlaps.

    With the room each place needs to its left taken off, that is a regression on what never falls, which
    pooling adjacent violators solves. Lanes weigh more, so that long arrows are straight.
    """
    offsets, room = [], 0.0
    for i, place in enumerate(layer):
        if i:
            before = layer[i - 1]
            lane = before.box is None and place.box is None
            room += (before.width + place.width) / 2 + (gap / 4 if lane else gap)
        offsets.append(room)
    pools: list[tuple[float, float, int]] = []  # (mean, weight, how many)
    for place, x, offset in zip(layer, wanted, offsets, strict=True):
        pool = (x - offset, 4.0 if place.box is None else 1.0, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, weight, count = pools.pop()
            total = weight + pool[1]
            pool = ((mean * weight + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    means = [mean for mean, _, count in pools for _ in range(count)]
    for place, mean, offset in zip(layer, means, offsets, strict=True):
        place.x = mean + offset


def _tops(layers: list[list[_Place]], fall: float) -> tuple[list[float], float]:
    """Return the upper edge of each layer, and the height of all."""
    tops, y = [], 0.0
    for layer in layers:
        tops.append(y)
        y += max(place.height for place in layer) + fall
    return tops, max(y - fall, 0.0)


def _ends(chains: list[list[_Place]]) -> list[float]:
    """Return where each arrow meets its last box: side by side, in the order in which they come."""
    ends = [chain[-1].x for chain in chains]
    arriving: dict[int, list[int]] = {}
    for i, chain in enumerate(chains):
        arriving.setdefault(id(chain[-1]), []).append(i)
    for group in arriving.values():
        group.sort(key=lambda i: chains[i][-2].x)
        step = min(16.0, 0.6 * chains[group[0]][-1].width / len(group))
        for position, i in enumerate(group):
            ends[i] += (position - (len(group) - 1) / 2) * step
    return ends


def _line(
    chain: list[_Place], end: float, tops: list[float], layers: list[list[_Place]]
) -> list[tuple[float, float, float]]:
    heights = [max(place.height for place in layers[p.layer]) for p in chain]
    first, last = chain[0], chain[-1]
    middle = tops[first.layer] + heights[0] / 2
    lanes = [(p.x, tops[p.layer], tops[p.layer] + h) for p, h in zip(chain[1:-1], heights[1:-1], strict=True)]
    arrival = tops[last.layer] + (heights[-1] - last.height) / 2
    return [
        (first.x, middle + first.height / 2, tops[first.layer] + heights[0]),
        *lanes,
        (end, tops[last.layer], arrival),
    ]
