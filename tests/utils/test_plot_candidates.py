import itertools
import math

import pytest

from synalinks import Assignment
from synalinks.errors import ConfigurationError
from synalinks.optimizers import Candidate
from synalinks.utils import plot_candidates
from synalinks.utils._plot_candidates import candidates_figure


def candidate(number, score, parents=(), *, accepted=False):
    return {"id": number, "score": score, "parents": parents, "accepted": accepted}


TREE = [
    candidate(0, 0.3, accepted=True),
    candidate(1, 0.5, (0,), accepted=True),
    candidate(2, 0.4, (0,)),
    candidate(3, 0.9, (1, 2), accepted=True),
    candidate(4, 0.2, (1,), accepted=None),
]


def branches(axes):
    """(from, to) of each line, by position from the left."""
    return {tuple(int(x) for x in line.get_xdata()) for line in axes.get_lines()}


def marked(axes):
    return {
        tuple(int(x) for x in line.get_xdata()) for line in axes.get_lines() if line.get_color() == "#d1661b"
    }


def points(axes):
    """Name in the legend to the points of that kind."""
    return {c.get_label(): [tuple(map(float, p)) for p in c.get_offsets()] for c in axes.collections}


def test_candidates_stand_at_their_score_with_branches_from_their_parents():
    [axes] = candidates_figure(TREE).axes
    assert points(axes) == {
        "accepted": [(0, 0.3), (1, 0.5), (3, 0.9)],
        "not accepted": [(2, 0.4)],
        "not decided": [(4, 0.2)],
        "best: 3, 0.9": [(3, 0.9)],
    }
    assert branches(axes) == {(0, 1), (0, 2), (1, 3), (2, 3), (1, 4)}


def test_the_way_to_the_best_is_marked_along_the_better_parent():
    assert marked(candidates_figure(TREE).axes[0]) == {(0, 1), (1, 3)}


def test_order_is_that_of_the_ids_and_unknown_parents_are_passed_over():
    [axes] = candidates_figure([candidate(7, 0.2, (3,)), candidate(3, 0.1, (99,))]).axes
    assert branches(axes) == {(0, 1)}
    assert [text.get_text() for text in axes.get_xticklabels()] == ["3", "7"]


@pytest.mark.parametrize("score", [None, math.nan, math.inf])
def test_a_candidate_without_a_score_stands_below_the_others(score):
    [axes] = candidates_figure([*TREE, candidate(5, score, (3,))]).axes
    assert points(axes)["not accepted"][-1][1] < 0.2
    assert "no score" in [text.get_text() for text in axes.get_yticklabels()]
    assert (3, 5) in branches(axes)


def test_candidates_of_the_library_are_drawn(tmp_path):
    given = [Candidate(id=i, assignment=Assignment({}), changes={}, scores={"a": [i / 10]}) for i in range(3)]
    assert plot_candidates(iter(given), to_file=tmp_path / "c.png")._repr_png_()


def test_one_candidate_and_none_scored(tmp_path):
    for score in (0.5, None):
        plot_candidates([candidate(1, score, (0,))], to_file=tmp_path / "c.png")


def test_scores_are_written_where_there_is_room():
    crowd = [candidate(i, 0.5 + 0.001 * (i % 3), (i - 1,)) for i in range(50)]
    figure = candidates_figure([*crowd, candidate(50, 0.9, (49,), accepted=True)])
    figure.draw_without_rendering()
    [axes] = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert "0.9" in [text.get_text() for text in axes.texts]
    assert 2 < len(boxes) < 51
    assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


def test_a_thousand_candidates(tmp_path):
    many = [candidate(i, (i * 37 % 101) / 100, (i // 2,) if i else ()) for i in range(1000)]
    path = plot_candidates(many, to_file=tmp_path / "c.png", title="A long run")
    assert path.stat().st_size < 2_000_000


def test_ids_and_titles_are_plain_text(tmp_path):
    odd = [candidate("$\\frac{$" + "x" * 1000, 0.1), candidate("\x1b[31m\n", 0.2)]
    plot_candidates(odd, to_file=tmp_path / "c.svg", title="$\\frac{\n")
    labels = [text.get_text() for text in candidates_figure(odd).axes[0].get_xticklabels()]
    assert labels[0].startswith("$\\frac")
    assert all(label.isprintable() for label in labels)


def test_a_circle_of_parents_ends():
    [axes] = candidates_figure([candidate(0, 0.5, (1,)), candidate(1, 0.6, (0,))]).axes
    assert marked(axes) == {(1, 0), (0, 1)}


def test_nothing_to_draw_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="no candidate"):
        plot_candidates([], to_file=tmp_path / "c.png")


@pytest.mark.parametrize("record", [{"id": 1}, object(), candidate(1, 0.5, 7)])
def test_what_lacks_a_field_is_refused(record, tmp_path):
    with pytest.raises(ConfigurationError, match="A candidate has id, parents, score, accepted"):
        plot_candidates([record], to_file=tmp_path / "c.png")
