import pytest

from synalinks import errors
from synalinks.language_models import FunctionModel, Request, Retry
from synalinks.language_models._pipeline import Call, retried


@pytest.fixture
def waits(monkeypatch):
    """Record the waits instead of waiting."""
    seen = []

    async def record(seconds):
        seen.append(seconds)

    monkeypatch.setattr("synalinks.language_models._pipeline.asyncio.sleep", record)
    return seen


def always(error):
    return FunctionModel(lambda request: error, retry=Retry())


async def test_eight_tries_by_default_and_the_last_error_says_so(waits):
    lm = always(errors.ServerError("no"))
    with pytest.raises(errors.ServerError) as caught:
        await lm("hello")
    assert len(lm.requests) == 8
    assert "Tried 8 times." in caught.value.__notes__
    assert len(waits) == 7


def test_the_wait_is_drawn_from_all_of_a_growing_range():
    error = errors.ServerError("no")
    for tries, bound in [(1, 0.5), (2, 1.0), (3, 2.0), (7, 32.0), (8, 60.0), (900, 60.0)]:
        drawn = [Retry(max_tries=1000).wait_after(tries, error) for _ in range(300)]
        assert 0 <= min(drawn) < bound / 4
        assert bound * 3 / 4 < max(drawn) <= bound


def test_what_the_server_asks_for_comes_first():
    error = errors.RateLimitedError("slow", retry_after=9.0)
    drawn = [Retry().wait_after(1, error) for _ in range(100)]
    assert min(drawn) >= 9.0
    assert max(drawn) <= 9.5
    assert len(set(drawn)) > 50  # those who were refused together do not come back together


async def test_a_wait_beyond_the_longest_is_not_waited_for(waits):
    lm = always(errors.RateLimitedError("slow", retry_after=301.0))
    with pytest.raises(errors.RateLimitedError):
        await lm("hello")
    assert (len(lm.requests), waits) == (1, [])
    assert Retry().wait_after(1, errors.RateLimitedError("slow", retry_after=300.0)) is not None


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("x"),
        errors.BadRequestError("x"),
        errors.UnknownModelError("x"),
        errors.ContextTooLongError("x"),
        errors.RefusedError("x"),
        ValueError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_only_failures_of_the_infrastructure_are_tried_again(waits, error):
    lm = always(error)
    with pytest.raises(type(error)):
        await lm("hello")
    assert (len(lm.requests), waits) == (1, [])


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("max_tries", 0),
        ("max_tries", 1.5),
        ("max_tries", True),
        ("initial", -1),
        ("maximum", "60"),
        ("maximum_wait", float("nan")),
        ("maximum_wait", float("inf")),
    ],
)
def test_wrong_arguments_are_named(argument, value):
    with pytest.raises(errors.ConfigurationError, match=argument) as caught:
        Retry(**{argument: value})
    assert caught.value.argument == argument


def test_a_retry_comes_back_from_its_configuration():
    retry = Retry(max_tries=3, initial=0.1, maximum=2.0, maximum_wait=9.0)
    assert Retry.from_config(retry.get_config()) == retry


@pytest.mark.parametrize(("pieces", "tries"), [([], 3), (["Hel"], 1)])
async def test_a_stream_is_not_begun_again_once_a_piece_was_handed_out(waits, pieces, tries):
    told, calls = [], []

    async def breaks(request, call):
        calls.append(request)
        for piece in pieces:
            call.tell(piece)
        raise errors.CallConnectionError("broke")

    handler = retried(breaks, Retry(max_tries=3))
    with pytest.raises(errors.CallConnectionError):
        await handler(Request("p", "m", []), Call(told.append))
    assert (told, len(calls)) == (pieces, tries)
