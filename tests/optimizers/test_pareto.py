"""Fronts of a population, and merges of two versions over a common ancestor."""

import random

import pytest

from synalinks.modules import Assignment
from synalinks.optimizers import Archive
from synalinks.optimizers._pareto import drawn, find_merge, front, lineage

KEYS = ["a", "b", "c", "d"]


def population(*rows):
    """Candidates with scores on the samples a, b, ...; None where there is none."""
    archive = Archive()
    start = archive.current(Assignment({"first": "0", "second": "0"}), (0, 0))
    made = [start, *(archive.enter(start, {"first": str(n)}) for n in range(1, len(rows)))]
    for candidate, row in zip(made, rows, strict=True):
        score(candidate, *row)
    return archive


def score(candidate, *row):
    for key, value in zip(KEYS, row, strict=False):
        candidate.note(key, value)
    return candidate


def test_a_front_has_who_is_best_somewhere_and_is_not_dominated():
    candidates = population(
        (1.0, 0.2, 0.0, 0.5), (1.0, 0.9, 0.0, 0.1), (0.3, 0.1, 0.7, 0.1), (0.9, 0.8, 0.6, 0.4)
    )
    assert front(candidates, KEYS) == {0: {"a", "c", "d"} - {"c"}, 1: {"a", "b"}, 2: {"c"}}


def test_who_is_best_only_where_another_is_too_is_dominated():
    candidates = population((1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert front(candidates, KEYS[:3]) == {1: {"a", "b"}, 2: {"c"}}


def test_of_equals_the_first_stays_and_what_was_not_run_is_no_claim():
    candidates = population((1.0, None, 0.0, 0.0), (1.0, 0.5, 0.0), (1.0, 0.5, 0.0))
    assert front(candidates, KEYS) == {1: {"a", "b", "c"}, 0: {"a", "c", "d"}}
    assert front(candidates, []) == {}


def test_parents_are_drawn_as_often_as_they_are_best():
    rng = random.Random(0)
    found = [drawn(rng, {3: {"a", "b", "c"}, 8: {"d"}}) for _ in range(400)]
    assert 270 < found.count(3) < 330
    assert set(found) == {3, 8}


# --- Merges --------------------------------------------------------------------------------


def branches(start, left, right, left_changes=None, right_changes=None):
    archive = population(start)
    one = archive.enter(archive[0], left_changes or {"first": "1"})
    other = archive.enter(archive[0], right_changes or {"second": "2"})
    score(one, *left), score(other, *right)
    return archive, one, other


def merge_of(archive, tried=(), seed=0):
    return find_merge(archive, list(archive)[1:], KEYS, tried, random.Random(seed))


def test_a_merge_has_what_each_of_the_two_changed():
    archive, one, other = branches((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    merge = merge_of(archive)
    assert merge.changes == {"first": "1", "second": "2"}
    assert merge.ancestor is archive[0]
    assert set(merge.parents) == {one, other}
    assert merge.ids == [1, 2, 0]
    assert merge_of(archive, tried=[[1, 2, 0]]) is None
    archive.enter(merge.ancestor, merge.changes)
    assert find_merge(archive, [one, other], KEYS, [], random.Random(0)) is None  # it is known by now


@pytest.mark.parametrize(
    ("left", "right", "taken"), [((1.0, 1.0), (0.0, 1.0), "1"), ((0.0, 1.0), (1.0, 1.0), "3")]
)
def test_where_both_changed_a_variable_the_better_ones_value_is_taken(left, right, taken):
    archive, _, _ = branches((0.0, 0.0), left, right, right_changes={"first": "3", "second": "2"})
    assert merge_of(archive) is None or merge_of(archive).changes["first"] == taken


def test_a_conflict_alone_is_nothing_to_merge():
    archive, _, _ = branches((0.0,), (1.0,), (1.0,), right_changes={"first": "3"})
    assert merge_of(archive) is None


def test_nothing_is_merged_with_its_own_ancestor_or_with_what_is_worse_than_it():
    archive = population((0.0, 0.0))
    child = score(archive.enter(archive[0], {"first": "1"}), 1.0, 1.0)
    grandchild = score(archive.enter(child, {"second": "2"}), 1.0, 1.0)
    assert lineage(archive, grandchild) == {0, 1, 2}
    assert find_merge(archive, list(archive), KEYS, [], random.Random(0)) is None
    archive, _, _ = branches((1.0, 0.0), (0.0, 0.0), (1.0, 1.0))
    assert merge_of(archive) is None


def test_without_common_samples_there_is_nothing_to_go_by():
    archive, _, _ = branches((0.0, 0.0), (1.0, None), (None, 1.0))
    assert merge_of(archive) is None
