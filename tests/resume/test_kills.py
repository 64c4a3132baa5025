"""Trainings that are killed anywhere end like those that never were."""

import pytest

from tests.resume.trainings import EVERYTHING, TRAININGS


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_that_is_killed_anywhere_ends_like_one_that_is_not(check, name):
    report = check(TRAININGS[name])
    assert report.kills >= report.tried >= 4
    assert report.ignored == ()


def test_so_does_one_with_all_callbacks_and_a_judge(check):
    report = check(EVERYTHING, share=1)
    assert report.points > 200
    assert report.ignored == ()
