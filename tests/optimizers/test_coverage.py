"""Choosing few texts that are near to many."""

import random

import pytest

from synalinks.optimizers._coverage import covering, similarity, weighted_words


def test_texts_are_near_by_the_words_they_share_rare_ones_first():
    one, other = weighted_words(["the invoice of May", "The INVOICE, again"])
    assert similarity(one, one) == pytest.approx(1.0)
    assert similarity(one, other) == similarity(other, one) > 0
    common, rare = (
        weighted_words(["the a", "the b", "the c", "x a"])[0],
        weighted_words(["the a", "the b", "the c", "x a"]),
    )
    assert similarity(common, rare[3]) > similarity(common, rare[1])


def test_a_text_without_words_is_near_to_nothing():
    none, some = weighted_words(["?!", "word"])
    assert similarity(none, some) == similarity(none, none) == 0.0


def test_what_is_chosen_covers_all_that_is_wanted():
    items = ["refund now", "refund please", "parcel late", "parcel lost", "login fails"]
    wanted = ["my refund", "the refund", "where is the parcel", "no login"]
    words = weighted_words([*items, *wanted])
    for seed in range(20):
        chosen = covering(words[:5], words[5:], 3, random.Random(seed))
        assert {items[i].split()[0] for i in chosen} == {"refund", "parcel", "login"}
        assert items[chosen[0]].startswith("refund")  # two are wanted


def test_what_is_chosen_already_counts():
    words = weighted_words(["refund", "parcel", "refund", "parcel"])
    assert covering(words[:2], words[2:], 2, random.Random(0), chosen=[0]) == [0, 1]
    assert covering(words[:2], words[2:], 1, random.Random(0), chosen=[0]) == [0]


def test_without_anything_wanted_a_random_choice_is_made():
    words = weighted_words(["a", "b", "c"])
    found = {tuple(covering(words, [], 2, random.Random(seed))) for seed in range(50)}
    assert len(found) == 6
