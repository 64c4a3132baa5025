from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
from typing import Any

import pytest
from tests.callbacks.fakes import FakeProgram, Training
from tests.support.arithmetic import compiled_program, data

from synalinks._internal.scope import purpose, sample_scope
from synalinks.callbacks import Callback, CallbackList, EarlyStopping, LambdaCallback
from synalinks.callbacks._callback import HOOKS
from synalinks.errors import ConfigurationError, SynalinksWarning, UnknownNameError


def listed(*callbacks: Any, program: FakeProgram | None = None) -> CallbackList:
    return CallbackList(callbacks, program=program or FakeProgram(), params={"epochs": 3})


def arguments(hook: str) -> list[Any]:
    """Return arguments that the hook takes: a counter, an exception or nothing, then logs."""
    names = list(inspect.signature(getattr(Callback, hook)).parameters)[1:]
    return [{"epoch": 1, "batch": 2, "logs": {"reward": 0.5}, "exception": ValueError("x")}[n] for n in names]


def test_there_are_the_hooks_of_the_lifecycle() -> None:
    phases = ["train", "train_batch", "test", "test_batch", "predict", "predict_batch", "epoch"]
    assert set(HOOKS) == {f"on_{p}_{edge}" for p in phases for edge in ("begin", "end")} | {"on_exception"}


@pytest.mark.parametrize("hook", HOOKS)
async def test_every_hook_reaches_plain_and_async_callbacks_in_list_order(hook: str) -> None:
    seen: list[Any] = []

    class Plain(Callback):
        pass

    class Async(Callback):
        pass

    async def asynchronous(self: Callback, *args: Any) -> None:
        await asyncio.sleep(0)
        seen.append(("async", args))

    setattr(Plain, hook, lambda self, *args: seen.append(("plain", args)))
    setattr(Async, hook, asynchronous)
    args = arguments(hook)
    await getattr(listed(Async(), Callback(), Plain()), hook)(*args)
    assert seen == [("async", tuple(args)), ("plain", tuple(args))]
    assert all(ours is given for (_, got) in seen for ours, given in zip(got, args, strict=True))


async def test_logs_are_one_dict_that_callbacks_may_add_to() -> None:
    logs = {"reward": 0.5}
    seen: list[float] = []
    first = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=1.0))
    await listed(first, LambdaCallback(on_epoch_end=lambda e, logs: seen.append(logs["extra"]))).on_epoch_end(
        0, logs
    )
    assert seen == [1.0]
    assert logs["extra"] == 1.0


async def test_callbacks_without_super_init_know_program_and_params() -> None:
    class Careless(Callback):
        def __init__(self) -> None:
            self.seen: Any = None

        def on_train_begin(self, logs: Any = None) -> None:
            self.seen = (self.program, self.params["epochs"])

    program, callback = FakeProgram(), Careless()
    await listed(callback, program=program).on_train_begin()
    assert callback.seen == (program, 3)


async def test_calls_of_a_hook_have_its_address() -> None:
    class Asking(Callback):
        def __init__(self) -> None:
            self.seen: Any = None

        async def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            await asyncio.sleep(0)
            scope = sample_scope.get()
            assert scope is not None
            self.seen = (purpose.get(), scope.phase, scope.epoch, scope.step)

    program = FakeProgram()
    program.run.epoch, program.run.step = 2, 5
    first, second = Asking(), Asking()
    await listed(first, second, program=program).on_epoch_end(2, {})
    assert first.seen == ("callback", "hook:Asking.on_epoch_end", 2, 5)
    assert second.seen == ("callback", "hook:Asking_1.on_epoch_end", 2, 5)
    assert (purpose.get(), sample_scope.get()) == ("program", None)


async def test_an_error_in_a_hook_stops_the_later_callbacks() -> None:
    seen: list[str] = []

    def fail(*_: Any) -> None:
        raise RuntimeError("disk on fire")

    callbacks = listed(
        LambdaCallback(on_epoch_end=fail), LambdaCallback(on_epoch_end=lambda *_: seen.append("late"))
    )
    with pytest.raises(RuntimeError, match="disk on fire"):
        await callbacks.on_epoch_end(0, {})
    assert seen == []


async def test_what_a_hook_raises_says_where() -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError) as caught:
        await listed(Callback(), LambdaCallback(), LambdaCallback(on_epoch_end=fail)).on_epoch_end(0, {})
    assert caught.value.__notes__ == ["Raised by LambdaCallback_1.on_epoch_end."]


# --- Hooks that cannot be meant ------------------------------------------------------------


def test_a_misspelt_hook_is_warned_of_with_the_nearest() -> None:
    class Misspelt(Callback):
        on_off = True

        def on_epoch_ends(self, epoch: int, logs: Any = None) -> None:
            pass

    with pytest.warns(
        SynalinksWarning, match=r"Misspelt\.on_epoch_ends is no .*Did you mean 'on_epoch_end'"
    ) as w:
        listed(Misspelt())
    assert len(w) == 1
    other = Callback()
    other.on_improvement = print  # type: ignore[attr-defined]  # a hook that there is not
    with pytest.warns(
        SynalinksWarning, match=r"on_improvement is no hook and is never called\. For a method"
    ):
        listed(other)


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if not hook.endswith("_begin")])
def test_a_hook_that_cannot_take_its_arguments_is_refused_at_once(hook: str) -> None:
    names = list(inspect.signature(getattr(Callback, hook)).parameters)
    bad = type("Bad", (Callback,), {hook: eval(f"lambda {', '.join(names[:-1])}: None")})
    untouched = bad()
    with pytest.raises(
        ConfigurationError, match=rf"Bad\.{hook}\(.*cannot be called.*Expected: def {hook}\(self, "
    ):
        listed(untouched)
    assert untouched.program is None
    with pytest.raises(ConfigurationError, match=rf"LambdaCallback\.{hook}\(a, b, c\) cannot be called"):
        listed(LambdaCallback(**{hook: lambda a, b, c: None}))
    with pytest.raises(ConfigurationError, match=rf"Bad\.{hook} must be a method, got 3"):
        listed(type("Bad", (Callback,), {hook: 3})())


async def test_a_hook_may_do_without_the_logs_that_a_beginning_has_not() -> None:
    seen: list[Any] = []
    short = LambdaCallback(
        on_epoch_begin=lambda epoch: seen.append(epoch), on_train_begin=lambda: seen.append(())
    )
    full = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append((epoch, logs)))
    callbacks = listed(short, full, LambdaCallback(on_train_begin=lambda logs: seen.append(logs)))
    await callbacks.on_epoch_begin(1)
    await callbacks.on_train_begin()
    assert seen == [1, (1, None), (), None]
    with pytest.raises(ConfigurationError, match=r"on_epoch_begin\(epoch, logs\)\. Expected"):
        listed(LambdaCallback(on_epoch_begin=lambda: None))


async def test_errors_in_on_exception_do_not_hide_the_first_one() -> None:
    seen: list[BaseException] = []

    async def fail(_: BaseException) -> None:
        raise RuntimeError("and the disk is full")

    first = KeyboardInterrupt()
    await listed(LambdaCallback(on_exception=fail), LambdaCallback(on_exception=seen.append)).on_exception(
        first
    )
    assert seen == [first]
    assert first.__notes__ == [
        "LambdaCallback.on_exception raised as well: RuntimeError: and the disk is full"
    ]


@pytest.mark.parametrize("kind", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
async def test_interrupts_in_on_exception_do_not_either(kind: type[BaseException]) -> None:
    seen: list[BaseException] = []

    async def fail(_: BaseException) -> None:
        raise kind

    first = RuntimeError("boom")
    await listed(LambdaCallback(on_exception=fail), LambdaCallback(on_exception=seen.append)).on_exception(
        first
    )
    assert seen == [first]
    assert first.__notes__ == [f"LambdaCallback.on_exception raised as well: {kind.__name__}"]


async def test_a_hook_that_never_returns_can_be_closed() -> None:
    seen: list[BaseException] = []

    async def hang(_: BaseException) -> None:
        await asyncio.get_running_loop().create_future()

    callbacks = listed(LambdaCallback(on_exception=hang), LambdaCallback(on_exception=seen.append))
    coroutine = callbacks.on_exception(ValueError())
    coroutine.send(None)
    coroutine.close()
    assert seen == []


async def test_an_inner_run_gives_program_and_params_back() -> None:
    outer, inner, callback, fresh = FakeProgram(), FakeProgram(), Callback(), Callback()
    listed(callback, program=outer)
    run = CallbackList([callback, fresh, callback], program=inner, params={"steps": 1})
    assert (callback.program, callback.params) == (inner, {"steps": 1})
    run.release()
    assert (callback.program, callback.params) == (outer, {"epochs": 3})
    assert (fresh.program, fresh.params) == (inner, {"steps": 1})


@pytest.mark.parametrize("fails", [False, True])
async def test_a_hook_of_fit_may_evaluate_and_predict_with_its_own_callback(fails: bool) -> None:
    class Evaluating(Callback):
        def __init__(self) -> None:
            self.seen: list[Any] = []
            self.inner: list[Any] = []

        async def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            with contextlib.suppress(ZeroDivisionError):
                await self.program.evaluate(*data(4), batch_size=2, verbose=0, callbacks=[self])
            with contextlib.suppress(ZeroDivisionError):
                await self.program.predict(data(4)[0], batch_size=1, verbose=0, callbacks=[self])
            self.seen.append(self.params.get("epochs"))

        def on_test_begin(self, logs: Any = None) -> None:
            self.inner.append(dict(self.params))

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            assert not fails or 1 / 0

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            assert not fails or 1 / 0

    program, _ = await compiled_program()
    callback = Evaluating()
    await program.fit(*data(4), epochs=2, verbose=0, callbacks=[callback])
    assert callback.seen == [2, 2]
    assert callback.inner[0] == {"steps": 2, "batch_size": 2, "verbose": 0}


@pytest.mark.parametrize(
    ("wrong", "hint"), [(EarlyStopping, "Put parentheses behind it"), (print, "instances of")]
)
def test_what_is_no_callback_is_refused(wrong: Any, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        listed(wrong)


# --- State ---------------------------------------------------------------------------------


class Counter(Callback):
    def __init__(self, count: Any = 0) -> None:
        self.count = count

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.count = state["count"]


class Other(Counter):
    pass


def test_states_find_their_callback_by_class_and_index() -> None:
    states = listed(Counter(1), Other(2), Callback(), Counter(3)).state_dict()
    restored = [Other(), Callback(), Counter(), Counter()]
    listed(*restored).load_state_dict(states)
    assert [getattr(callback, "count", None) for callback in restored] == [2, None, 1, 3]


def test_a_state_without_its_callback_is_warned_of() -> None:
    states = listed(Counter(1), Other(2), Counter(3), Callback()).state_dict()
    kept = Counter()
    with pytest.warns(SynalinksWarning, match="a state of Counter, Other, which is not among"):
        listed(kept).load_state_dict(states)
    assert kept.count == 1


def test_nothing_lost_is_nothing_warned_of() -> None:
    listed(Counter()).load_state_dict(listed(Callback()).state_dict())


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (object(), "'count': a value of type object is not JSON"),
        ({"a": [1, {2}]}, r"'count\.a\.1': a value of type set is not JSON"),
        ({1: 2}, "'count': the key 1 is not a string"),
        (float("-inf"), "'count': -inf is not a JSON number"),
        (float("nan"), "'count': nan is not a JSON number"),
        (2**70, "'count': an integer has more than 64 bits"),
        ("\ud800", "'count': a text holds half a surrogate pair"),
        (functools.reduce(lambda inner, _: [inner], range(300), 1), r"'count\.0.*': it is nested more than"),
    ],
)
def test_a_state_that_is_not_json_names_callback_and_key(value: Any, place: str) -> None:
    with pytest.raises(ConfigurationError, match=f"callback 'Counter' is not JSON at {place}"):
        listed(Counter(value)).state_dict()


def test_a_tuple_in_a_state_is_written_as_a_list() -> None:
    assert listed(Counter((1, "é"))).state_dict()[0]["state"]["count"] == (1, "é")


def test_a_forgotten_return_is_named() -> None:
    class Forgetful(Callback):
        def state_dict(self) -> Any:
            {}  # noqa: B018 - the mistake in question

    with pytest.raises(ConfigurationError, match=r"Forgetful\.state_dict\(\) must return a dict"):
        listed(Forgetful()).state_dict()


# --- LambdaCallback ------------------------------------------------------------------------


async def test_functions_become_hooks() -> None:
    seen: list[int] = []
    training = await Training([LambdaCallback(on_epoch_begin=lambda e, logs: seen.append(e))]).begin()
    await training.rewards(0.1, 0.2)
    assert seen == [0, 1]


def test_a_misspelt_hook_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)
    with pytest.raises(ConfigurationError, match="on_epoch_end must be a function, got 3"):
        LambdaCallback(on_epoch_end=3)  # type: ignore[arg-type]  # the mistake in question


async def test_calls_of_the_hooks_of_an_evaluation_have_phases_of_their_own() -> None:
    phases: list[str] = []

    class Notes(Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            scope = sample_scope.get()
            assert scope is not None
            phases.append(scope.phase)

    class Evaluates(Callback):
        async def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            for _ in range(2):
                await self.program.evaluate(*data(2), batch_size=1, verbose=0, callbacks=[Notes()])

    program, _ = await compiled_program()
    await program.fit(
        *data(2), validation_data=data(2), batch_size=1, verbose=0, callbacks=[Notes(), Evaluates()]
    )
    inner = "hook:Evaluates.on_epoch_end/hook:Notes.on_test_batch_end"
    assert phases == [
        "hook:Notes.on_test_batch_end#0",
        "hook:Notes.on_test_batch_end#1",
        *[f"{inner}#{batch}#{number}" for number in (1, 2) for batch in (0, 1)],
    ]
