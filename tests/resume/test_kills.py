"""Trainings that are killed anywhere end like those that never were."""

import orjson
import pytest

from synalinks.callbacks import BackupAndRestore, CSVLogger
from synalinks.hooks import Usage
from synalinks.language_models import Response
from synalinks.metrics import Calls, InputTokens, LatencyP99
from tests.resume.trainings import EVERYTHING, TRAININGS, interleaved, make_training, unreachable


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_that_is_killed_anywhere_ends_like_one_that_is_not(check, name):
    report = check(TRAININGS[name])
    assert report.kills >= report.tried >= 4
    assert report.ignored == ()


def test_so_does_one_with_all_callbacks_and_a_judge(check):
    report = check(EVERYTHING, share=1)
    assert report.points > 200
    assert report.ignored == ()


async def counted(request):
    """Answer as `interleaved` does, with tokens."""
    answer = await interleaved(request)
    text = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
    usage = Usage(len(request.messages), len(text))
    return Response(message={"role": "assistant", "content": text}, text=text, usage=usage)


def test_what_calls_used_is_the_same_and_how_long_they_took_is_not_compared(check):
    usage = [Calls(by_purpose=True), InputTokens(), "cost", "failures", LatencyP99(name="slow")]
    failing = {"failures": unreachable, "count": 16, "batch_size": 6, "outage_timeout": 0}
    make_run = make_training(
        lambda: BackupAndRestore("b", save_freq=2), lambda: CSVLogger("run.csv"),
        fn=counted, metrics=usage, epochs=2, selection_split=0.25, **failing,
    )  # fmt: skip
    report = check(make_run, share=0.5)
    assert report.ignored == ("metric 'slow'",)
