import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks.utils._layers import arranged


def boxes_of(sizes, arrangement):
    return [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (w, h), (x, y) in zip(sizes, arrangement.centres, strict=True)
    ]


def overlap(one, other):
    slack = 1e-6
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def crossed(one, other):
    """Whether two courses change sides between two layers that both touch."""
    for (a, _, a_end), (b, b_top, _) in itertools.pairwise(one):
        for (c, _, c_end), (d, d_top, _) in itertools.pairwise(other):
            if a_end == c_end and b_top == d_top and (a - c) * (b - d) < 0:
                return True
    return False


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 9))
    size = st.tuples(st.floats(10, 200), st.floats(10, 90))
    sizes = draw(st.lists(size, min_size=count, max_size=count))
    pairs = list(itertools.combinations(range(count), 2))
    return sizes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14)) if pairs else []


@given(graphs())
def test_nothing_overlaps_and_all_arrows_lead_down(graph):
    sizes, arrows = graph
    arrangement = arranged(sizes, arrows)
    boxes = boxes_of(sizes, arrangement)
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    for box in boxes:
        assert box[0] >= -1e-6
        assert box[1] >= -1e-6
        assert box[2] <= arrangement.size[0] + 1e-6
        assert box[3] <= arrangement.size[1] + 1e-6
    for (start, end), line in zip(arrows, arrangement.lines, strict=True):
        assert line[0][1] == pytest.approx(boxes[start][3])
        assert line[-1][2] == pytest.approx(boxes[end][1])
        assert boxes[end][0] <= line[-1][0] <= boxes[end][2]
        heights = [round(y, 6) for _, top, bottom in line for y in (top, bottom)]
        assert heights == sorted(heights)


@given(graphs())
def test_no_arrow_runs_through_a_box(graph):
    sizes, arrows = graph
    arrangement = arranged(sizes, arrows)
    for box in boxes_of(sizes, arrangement):
        for line in arrangement.lines:
            for x, top, bottom in line[1:-1]:
                assert not (box[0] < x < box[2] and top < box[3] and box[1] < bottom)


def test_what_need_not_cross_does_not():
    # Two chains whose boxes come in turns, and in the second layer the other way round.
    arrows = [(0, 3), (1, 2), (2, 4), (3, 5)]
    arrangement = arranged([(40, 20)] * 6, arrows)
    assert not any(crossed(a, b) for a, b in itertools.combinations(arrangement.lines, 2))


def test_a_chain_is_straight():
    arrangement = arranged([(40, 20), (90, 30), (10, 20)], [(0, 1), (1, 2)])
    assert {x for x, _ in arrangement.centres} == {45.0}
    assert [y for _, y in arrangement.centres] == [10.0, 20 + 34 + 15, 20 + 34 + 30 + 34 + 10]


def test_arrows_to_one_box_end_side_by_side():
    arrangement = arranged([(40, 20)] * 3 + [(100, 20)], [(0, 3), (1, 3), (2, 3)])
    ends = [line[-1][0] for line in arrangement.lines]
    assert ends == sorted(ends)
    assert len(set(ends)) == 3


def test_nothing_is_placed_in_no_room():
    arrangement = arranged([], [])
    assert (arrangement.centres, arrangement.lines, arrangement.size) == ([], [], (0.0, 0.0))
