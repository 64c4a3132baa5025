"""Which hooks fire under each way in which a training can end: the table of ARCHITECTURE.md."""

import asyncio
import json
import signal
import subprocess
import sys
import textwrap

import pytest

import synalinks
from synalinks.callbacks import BackupAndRestore, Budget, Callback, EarlyStopping
from synalinks.callbacks._callback import HOOKS
from synalinks.errors import AuthenticationError, OutageError, ServerError
from synalinks.testing import FunctionModel
from tests.support import ROOT

EPOCHS, BATCHES = 3, 2
FULL_EPOCH = [
    "on_epoch_begin",
    *["on_train_batch_begin", "on_train_batch_end"] * BATCHES,
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
]


class Text(synalinks.DataModel):
    text: str


class Recorder(Callback):
    """Notes every hook that fires; does what it is told when a given one fires for the n-th time."""

    def __init__(self, when=None, nth=1, then=None):
        self.fired, self.exceptions = [], []
        self.when, self.nth, self.then = when, nth, then
        for hook in HOOKS:
            setattr(self, hook, self.noting(hook))

    def noting(self, hook):
        def note(*arguments):
            self.fired.append(hook)
            if hook == "on_exception":
                self.exceptions.append(arguments[0])
            if hook == self.when and self.fired.count(hook) == self.nth:
                self.then(self)

        return note


async def train(*callbacks, answer=lambda request: {"text": "a"}, optimizer="random_few_shot", **options):
    inputs = synalinks.Input(data_model=Text)
    model = FunctionModel(answer)
    outputs = await synalinks.Generator(data_model=Text, language_model=model)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(optimizer=optimizer, reward="exact_match")
    data = [Text(text="a")] * 5
    return await program.fit(
        data,
        data,
        epochs=EPOCHS,
        batch_size=2,
        validation_split=0.2,
        verbose=0,
        seed=1,
        callbacks=callbacks,
        **options,
    )


def stop(recorder):
    recorder.program.stop_training = True


def fail(recorder):
    raise RuntimeError("from a hook")


def cancel(recorder):
    asyncio.current_task().cancel()


async def test_a_normal_end():
    recorder = Recorder()
    history = await train(recorder)
    assert recorder.fired == ["on_train_begin", *FULL_EPOCH * EPOCHS, "on_train_end"]
    assert history.stopped_by is None


async def test_an_early_stop_after_an_epoch():
    recorder = Recorder()
    # The reward is 1 from the first epoch, so the second brings nothing.
    history = await train(recorder, EarlyStopping(patience=1))
    assert recorder.fired == ["on_train_begin", *FULL_EPOCH * 2, "on_train_end"]
    assert history.stopped_by == "early_stopping"


async def test_a_stop_in_the_middle_of_an_epoch_still_validates_and_ends_the_epoch():
    recorder = Recorder("on_train_batch_end", 1, stop)
    history = await train(recorder)
    rest = FULL_EPOCH[1 + 2 * BATCHES :]
    expected = ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", *rest]
    assert recorder.fired == ["on_train_begin", *expected, "on_train_end"]
    assert history.epoch == [0]
    assert history.stopped_by == "callback"


async def test_a_budget_that_has_no_room_for_the_next_call():
    recorder = Recorder()
    history = await train(recorder, Budget(max_calls=3))
    begun = ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_train_batch_begin"]
    assert recorder.fired == ["on_train_begin", *begun, "on_train_end"]
    assert (history.epoch, history.stopped_by) == ([], "budget")


async def test_an_exception_in_a_hook():
    recorder = Recorder("on_train_batch_end", 2, fail)
    with pytest.raises(RuntimeError, match="from a hook") as raised:
        await train(recorder)
    begun = ["on_epoch_begin", *["on_train_batch_begin", "on_train_batch_end"] * 2]
    assert recorder.fired == ["on_train_begin", *begun, "on_exception"]
    assert recorder.exceptions == [raised.value]


async def test_an_exception_in_a_call_that_ends_the_run():
    recorder = Recorder()
    with pytest.raises(AuthenticationError) as raised:
        await train(recorder, answer=lambda request: AuthenticationError("no such key"))
    assert recorder.fired == ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_exception"]
    assert recorder.exceptions == [raised.value]


async def test_an_outage():
    recorder = Recorder()
    with pytest.raises(OutageError) as raised:
        await train(recorder, answer=lambda request: ServerError("gone"), outage_timeout=0)
    assert recorder.fired == ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_exception"]
    assert recorder.exceptions == [raised.value]


async def test_an_exception_in_the_first_or_the_last_hook():
    for hook in ("on_train_begin", "on_train_end"):
        recorder = Recorder(hook, 1, fail)
        with pytest.raises(RuntimeError, match="from a hook"):
            await train(recorder)
        assert recorder.fired[-2:] == [hook, "on_exception"]


async def test_a_mistake_in_the_set_up_fires_nothing():
    recorder = Recorder()
    with pytest.raises(synalinks.errors.NotCompiledError):
        await train(recorder, optimizer=None)
    assert recorder.fired == []


async def test_a_cancelled_task():
    recorder = Recorder("on_epoch_end", 1, cancel)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(train(recorder))
    assert recorder.fired[-1] == "on_exception"
    assert "on_train_end" not in recorder.fired
    assert [type(error) for error in recorder.exceptions] == [asyncio.CancelledError]


async def test_a_finished_run_that_is_run_again(tmp_path):
    backup = {"backup_dir": tmp_path / "backup", "delete_checkpoint": False}
    first, again = Recorder(), Recorder()
    before = await train(first, BackupAndRestore(**backup))
    after = await train(again, BackupAndRestore(**backup), answer=fail)
    assert again.fired == ["on_train_begin", "on_train_end"]
    assert after.history == before.history


async def test_a_resumed_run_fires_the_hooks_of_what_is_left(tmp_path):
    interrupted, resumed = Recorder("on_epoch_begin", 2, fail), Recorder()
    with pytest.raises(RuntimeError):
        await train(interrupted, BackupAndRestore(tmp_path / "backup"))
    await train(resumed, BackupAndRestore(tmp_path / "backup"))
    assert resumed.fired == ["on_train_begin", *FULL_EPOCH * (EPOCHS - 1), "on_train_end"]


CHILD = """
import asyncio, json, signal, sys
sys.path.insert(0, {root!r})
from tests.training.test_ways_of_ending import Recorder, train

async def hang(request):
    print("waiting", flush=True)
    await asyncio.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
recorder = Recorder()
try:
    asyncio.run(train(recorder, answer=hang))
except (KeyboardInterrupt, SystemExit):
    kinds = [type(error).__name__ for error in recorder.exceptions]
    print(json.dumps([recorder.fired, kinds]), flush=True)
"""


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "SystemExit")]
)
def test_a_signal(number, kind):
    code = textwrap.dedent(CHILD.format(root=str(ROOT)))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "waiting\n"
            child.send_signal(number)
            out, _ = child.communicate(timeout=60)
        finally:
            child.kill()
    fired, kinds = json.loads(out.splitlines()[-1])
    assert fired == ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_exception"]
    assert kinds == [kind]
