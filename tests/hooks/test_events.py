"""What is told of a run, how it hangs together, and who hears it."""

import asyncio
import dataclasses

import pytest
from tests.support.arithmetic import Answer, Problem, compiled_program, data, perfect, problem_of

import synalinks
from synalinks import hooks
from synalinks.callbacks import BackupAndRestore, Callback
from synalinks.errors import ConfigurationError, InvalidOutputError, RateLimitedError, RefusedError
from synalinks.hooks import Hook, add_hook, remove_hook
from synalinks.hooks._span import HeardSpan
from synalinks.language_models import Retry
from synalinks.modules import Module
from synalinks.rewards import Reward
from synalinks.testing import FunctionModel, ScriptedModel

FIT = {"batch_size": 4, "verbose": 0, "seed": 1, "validation_split": 0.5}


class Ears(Hook):
    """Keeps what it hears."""

    def __init__(self):
        self.heard = []

    def on_event(self, event):
        self.heard.append(event)

    def of(self, *kinds):
        return [event for event in self.heard if isinstance(event, kinds)]


def starts(ears):
    """Started events by span id."""
    return {e.span_id: e for e in ears.heard if type(e).__name__.endswith("Started")}


def parents(ears):
    """The pairs (kind, kind of what it is part of) of all that started."""
    known = starts(ears)
    kinds = {span: type(event).__name__.removesuffix("Started") for span, event in known.items()}
    return {(kinds[span], kinds.get(event.parent_id)) for span, event in known.items()}


async def switching(request):
    """Answer after others had their turn."""
    await asyncio.sleep(0)
    return perfect(request)


async def test_a_training_is_a_tree_of_pairs():
    ears = add_hook(Ears())
    program, _ = await compiled_program(switching, metrics=[lambda y_true, y_pred: 1.0])
    await program.fit(*data(16), **FIT)
    assert parents(ears) == {
        ("Training", None),
        ("Epoch", "Training"),
        ("Sample", "Epoch"),
        ("ModuleCall", "Sample"),
        ("ModuleCall", "ModuleCall"),
        ("LanguageModelCall", "ModuleCall"),
        ("Reward", "Sample"),
        ("Metric", "Sample"),
        ("OptimizerStep", "Epoch"),
        ("CandidateScoring", "OptimizerStep"),
        ("Sample", "CandidateScoring"),
        ("Evaluation", "Epoch"),
        ("Sample", "Evaluation"),
    }
    ended = ears.of(hooks.EndedEvent)
    assert len(ended) == len(starts(ears)) == len({e.span_id for e in ended})
    for event in ended:
        start = starts(ears)[event.span_id]
        assert type(event).__name__.removesuffix("Ended") == type(start).__name__.removesuffix("Started")
        assert event.error is None
        assert event.duration >= 0
        assert event.time >= start.time


async def test_samples_that_run_at_the_same_time_do_not_mix():
    ears = add_hook(Ears())
    program, _ = await compiled_program(switching)
    await program.evaluate(*data(20), verbose=0)
    known = starts(ears)
    for event in ears.heard:
        if event.sample is not None:
            assert known[event.sample_id].sample == event.sample
    calls = ears.of(hooks.LanguageModelCallEnded)
    assert sorted(c.sample for c in calls) == list(range(20))
    assert {known[known[c.parent_id].parent_id].parent_id for c in calls} == {
        s.span_id for s in ears.of(hooks.SampleStarted)
    }


async def test_every_event_says_where_it_belongs():
    ears = add_hook(Ears())
    program, _ = await compiled_program()
    await program.fit(*data(16), epochs=2, **FIT)
    assert {e.run_id for e in ears.heard} == {program.run.run_id}
    assert [(e.phase, e.epoch) for e in ears.of(hooks.EvaluationEnded)] == [("val", 0), ("val", 1)]
    calls = ears.of(hooks.LanguageModelCallStarted)
    assert {(c.phase.partition(":")[0], c.purpose) for c in calls} == {
        ("train", "program"),
        ("val", "program"),
        ("candidate", "optimizer"),
    }
    assert {(c.epoch, c.module) for c in calls} == {(0, "generator"), (1, "generator")}
    assert {c.step for c in calls if c.phase == "train"} == {0, 1}
    await program.predict(data(2)[0], verbose=0)
    assert (ears.heard[-1].phase, ears.heard[-1].run_id) == ("predict", None)


async def test_candidates_are_told_of_with_their_verdicts():
    ears = add_hook(Ears())
    program, _ = await compiled_program()
    await program.fit(*data(16), batch_size=16, verbose=0, seed=1)
    (step,) = ears.of(hooks.OptimizerStepEnded)
    assert [c.id for c in step.candidates] == list(range(1, 1 + len(step.candidates)))
    (taken,) = [c for c in step.candidates if c.accepted]
    assert step.accepted == taken.id == 1 + step.candidates.index(taken)
    assert taken.reason
    scored = ears.of(hooks.CandidateScoringEnded)
    assert {e.candidate.digest for e in scored} <= {c.digest for c in step.candidates}
    for event in scored:
        assert event.phase == f"candidate:{event.candidate.digest}"
        assert len(event.scores) <= event.samples
        runs = [s for s in ears.of(hooks.SampleEnded) if s.parent_id == event.span_id]
        assert len(runs) == event.samples
        assert sum(s.score for s in runs) == pytest.approx((event.candidate.score or 0) * len(runs))


async def test_a_training_says_what_it_is_and_how_it_ended(tmp_path):
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.program.stop_training = epoch == 0

    ears = add_hook(Ears())
    program, _ = await compiled_program(perfect)
    await program.fit(*data(8), epochs=3, callbacks=[Stop()], **FIT)
    start, end = ears.heard[0], ears.heard[-1]
    assert (start.program, start.optimizer, start.reward) == ("arithmetic", "random_few_shot", "exact_match")
    assert (start.params["epochs"], start.params["seed"], start.resumed) == (3, 1, False)
    assert (end.stopped_by, end.logs["val_reward"]) == ("callback", 1.0)


async def test_a_resumed_training_has_the_same_run_id(tmp_path):
    class Break(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise ZeroDivisionError

    ears = add_hook(Ears())
    program, _ = await compiled_program(perfect)
    backup = BackupAndRestore(tmp_path / "backup")
    with pytest.raises(ZeroDivisionError):
        await program.fit(*data(8), epochs=3, callbacks=[backup, Break()], **FIT)
    (broken,) = ears.of(hooks.TrainingEnded)
    assert isinstance(broken.error, ZeroDivisionError)
    assert isinstance(ears.of(hooks.EpochEnded)[-1].error, ZeroDivisionError)
    program, _ = await compiled_program(perfect)
    await program.fit(*data(8), epochs=3, callbacks=[BackupAndRestore(tmp_path / "backup")], **FIT)
    first, second = ears.of(hooks.TrainingStarted)
    assert (first.resumed, second.resumed) == (False, True)
    assert first.run_id == second.run_id
    assert len({e.run_id for e in ears.heard}) == 1


async def test_what_a_callback_asks_for_is_part_of_the_training():
    class Evaluates(Callback):
        async def on_epoch_end(self, epoch, logs=None):
            await self.program.evaluate(*data(2), verbose=0)

    ears = add_hook(Ears())
    program, _ = await compiled_program(perfect)
    await program.fit(*data(4), callbacks=[Evaluates()], batch_size=4, verbose=0)
    (evaluation,) = ears.of(hooks.EvaluationStarted)
    assert evaluation.phase.startswith("hook:Evaluates.on_epoch_end/test")
    assert isinstance(starts(ears)[evaluation.parent_id], hooks.EpochStarted)
    assert evaluation.purpose == "callback"


async def test_failed_samples_say_why():
    def fails(request):
        problem = problem_of(request)
        if problem == data(3)[0][1].problem:
            raise RefusedError("no")
        if problem == data(3)[0][2].problem:
            raise RateLimitedError("later")
        return perfect(request)

    ears = add_hook(Ears())
    program, _ = await compiled_program(fails, retry=Retry(max_tries=1))
    await program.evaluate(*data(3), verbose=0)
    ended = sorted(ears.of(hooks.SampleEnded), key=lambda e: e.sample)
    assert [(e.failure, e.score) for e in ended] == [(None, 1.0), ("program", 0.0), ("infrastructure", None)]
    assert [type(e.error) for e in ended] == [type(None), RefusedError, RateLimitedError]
    assert ended[0].prediction["answer"] == 0.0
    assert [type(e.error) for e in ears.of(hooks.ModuleCallEnded) if e.sample == 1] == [RefusedError] * 2


async def test_a_call_that_is_tried_again_says_so_each_time():
    outages = [RateLimitedError("later", retry_after=0.001), None, None, None]
    model = FunctionModel(lambda request: "nonsense", failures=lambda request: outages.pop(0))
    ears = add_hook(Ears())
    with pytest.raises(InvalidOutputError):
        await model("hello", schema=Answer)
    started, *again, ended = ears.heard
    assert [type(e).__name__ for e in again] == ["LanguageModelCallRetried"] * 3
    assert {e.span_id for e in ears.heard} == {started.span_id}
    assert [e.attempts for e in again] == [1, 2, 3]
    assert again[0].wait > 0
    assert isinstance(again[0].error, RateLimitedError)
    assert (again[1].wait, again[1].error) == (0.0, None)
    assert "not valid" in again[1].reason
    assert (ended.record.attempts, ended.message, type(ended.error)) == (4, None, InvalidOutputError)


async def test_a_call_has_all_that_was_said():
    long = "é\n<script>" * 100_000
    model = ScriptedModel([{"answer": 1.0}], temperature=0.5)
    ears = add_hook(Ears())
    await model(long, schema=Answer, tools=None, max_tokens=7)
    start, end = ears.heard
    assert start.messages[0]["content"] == long
    assert start.schema == Answer.get_schema()
    assert dict(start.params) == {"temperature": 0.5, "max_tokens": 7}
    assert (start.model, end.model, start.tools) == ("testing/scripted", "testing/scripted", None)
    assert end.record.usage.input_tokens == 0
    assert end.message["content"] == '{"answer":1.0}'


async def test_a_call_that_is_cancelled_ends():
    started = asyncio.Event()

    async def never(request):
        started.set()
        await asyncio.Event().wait()

    ears = add_hook(Ears())
    task = asyncio.create_task(FunctionModel(never)("hello"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(ears.heard[-1].error, asyncio.CancelledError)


async def test_a_judge_is_part_of_its_reward():
    class Judge(Reward):
        async def call(self, y_true, y_pred):
            await ScriptedModel(["fine"])("good?")
            return 1.0

    ears = add_hook(Ears())
    await Judge()(None, Answer(answer=1.0), sample=7)
    assert parents(ears) == {("Reward", None), ("LanguageModelCall", "Reward")}
    assert ears.heard[1].purpose == "reward"
    assert (ears.heard[-1].sample, ears.heard[-1].score) == (7, 1.0)


def test_events_are_frozen():
    kinds = [getattr(hooks, name) for name in hooks.__all__]
    kinds = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, hooks.Event)]
    assert len(kinds) >= 20
    for kind in kinds:
        assert kind.__dataclass_params__.frozen
        assert kind.__slots__ is not None
        assert kind.__doc__
        assert not kind.__doc__.startswith(f"{kind.__name__}(")


async def test_with_nobody_listening_no_event_is_made(monkeypatch):
    def made(*args, **kwargs):
        raise AssertionError("an event was made")

    monkeypatch.setattr("synalinks.hooks._span._made", made)
    program, _ = await compiled_program(metrics=[lambda y_true, y_pred: 1.0])
    await program.fit(*data(8), **FIT)
    await program.predict(data(2)[0], verbose=0)
    hooks.emit(hooks.RewardEnded, nonsense=True)
    assert not hooks.observed(hooks.RewardStarted, hooks.RewardEnded)
    assert not hooks.listening()


# --- Who hears what --------------------------------------------------------------------------


class Asks(Module):
    """Calls two modules one after the other."""

    def __init__(self, first, second, **options):
        super().__init__(**options)
        self.first, self.second = first, second

    async def call(self, inputs):
        await self.first(inputs)
        return await self.second(inputs)


class Passes(Module):
    """Returns what it gets."""

    async def call(self, inputs):
        return inputs


async def test_a_hook_of_a_module_hears_it_and_what_runs_inside():
    inner, other = Passes(name="inner"), Passes(name="other")
    middle = Asks(Passes(name="deep"), inner, name="middle")
    outer = Asks(middle, other, name="outer")
    of_middle, of_inner = middle.add_hook(Ears()), inner.add_hook(Ears())
    await outer(Problem(problem="1+1"))
    starts_of_middle = of_middle.of(hooks.ModuleCallStarted)
    assert [e.module for e in starts_of_middle] == ["middle", "deep", "inner"]
    assert [e.parent_id for e in starts_of_middle] == [None] + [starts_of_middle[0].span_id] * 2
    assert [e.module for e in of_inner.of(hooks.ModuleCallStarted)] == ["inner"]
    assert not hooks.listening()
    middle.remove_hook(of_middle)
    await outer(Problem(problem="1+1"))
    assert len(of_middle.heard) == 6
    assert len(of_inner.heard) == 4


async def test_a_hook_of_a_program_hears_its_trainings_and_no_other_program():
    program, _ = await compiled_program(perfect)
    other, _ = await compiled_program(perfect)
    ears, everything = program.add_hook(Ears()), add_hook(Ears())
    await program.fit(*data(4), **FIT)
    assert ears.heard == everything.heard
    await other.fit(*data(4), **FIT)
    await other.predict(data(1)[0], verbose=0)
    assert len(everything.heard) > len(ears.heard)
    remove_hook(everything)
    before = len(ears.heard)
    await program.predict(data(1)[0], verbose=0)
    await program.evaluate(*data(1), verbose=0)
    assert [type(e).__name__ for e in ears.heard[before:]].count("EvaluationEnded") == 2


async def test_a_hook_that_is_added_in_many_places_hears_each_event_once():
    ears = Ears()
    program, _ = await compiled_program(perfect)
    for add in (add_hook, add_hook, program.add_hook, program.add_hook, program.modules[0].add_hook):
        assert add(ears) is ears
    await program.predict(data(3)[0], verbose=0)
    assert len(ears.of(hooks.LanguageModelCallEnded)) == 3
    assert len({(type(e), e.span_id) for e in ears.heard}) == len(ears.heard)


async def test_hooks_are_neither_saved_nor_cloned(tmp_path):
    program, _ = await compiled_program(perfect)
    plain = program.to_json()
    program.add_hook(Ears())
    program.modules[0].add_hook(Ears())
    assert program.to_json() == plain
    assert program.clone()._hooks == ()


async def test_a_hook_that_raises_is_off_everywhere_after_one_warning():
    class Broken(Hook):
        count = 0

        def on_sample_ended(self, event):
            self.count += 1
            raise ZeroDivisionError("oh\nno")

    broken, ears = Broken(), Ears()
    program, _ = await compiled_program(switching)
    for add in (add_hook, program.add_hook, program.modules[0].add_hook):
        add(broken)
    add_hook(ears)
    with pytest.warns(synalinks.errors.SynalinksWarning, match="Broken raised ZeroDivisionError") as caught:
        logs = await program.evaluate(*data(8), verbose=0)
    assert len(caught) == 1
    assert (logs["reward"], broken.count) == (1.0, 1)
    assert len(ears.of(hooks.SampleEnded)) == 8
    await program.predict(data(2)[0], verbose=0)
    assert broken.count == 1
    add_hook(broken)  # turns it on again
    with pytest.warns(synalinks.errors.SynalinksWarning):
        await program.predict(data(2)[0], verbose=0)
    assert broken.count == 2


async def test_a_hook_may_be_a_frozen_dataclass_that_raises():
    @dataclasses.dataclass(frozen=True)
    class Broken(Hook):
        name: str

        def on_event(self, event):
            raise ZeroDivisionError(self.name)

    add_hook(Broken("frozen"))
    with pytest.warns(synalinks.errors.SynalinksWarning, match="frozen"):
        await Passes()(Problem(problem="1+1"))
    assert not hooks.listening()


async def test_methods_hear_the_event_of_their_name():
    class Names(Hook):
        def __init__(self):
            self.heard = []

        def on_module_call_started(self, event):
            self.heard.append(event.kind)

    names = add_hook(Names())
    await Passes()(Problem(problem="1+1"))
    assert names.heard == ["Passes"]


@pytest.mark.parametrize("wrong", [Ears, print, None])
async def test_what_is_no_hook_is_refused(wrong):
    for add in (add_hook, Passes().add_hook):
        with pytest.raises(ConfigurationError, match=r"instance of synalinks\.hooks\.Hook"):
            add(wrong)


async def test_a_module_may_tell_of_its_own():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Noticed(hooks.Event):
        what: str

    class Notices(Module):
        async def call(self, inputs):
            hooks.emit(Noticed, what="rain")
            return inputs

    ears = add_hook(Ears())
    await Notices(name="sky")(Problem(problem="1+1"))
    hooks.emit(Noticed, what="sun")
    start, noticed, _, alone = ears.heard
    assert (noticed.what, noticed.module, noticed.span_id) == ("rain", "sky", start.span_id)
    assert (alone.module, alone.parent_id) == ("", None)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_hook_added_in_the_middle_hears_the_rest(whole):
    class Adds(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            (add_hook if whole else self.program.add_hook)(ears)

    ears = Ears()
    program, _ = await compiled_program(perfect)
    await program.fit(*data(4), callbacks=[Adds()], **FIT)
    assert {e.phase for e in ears.of(hooks.SampleEnded)} >= {"train", "val"}
    assert not ears.of(hooks.TrainingEnded)  # a start that nobody heard has no end
    assert {e.run_id for e in ears.heard} == {program.run.run_id}


def test_spans_are_left_behind():
    add_hook(Ears())
    with pytest.raises(ZeroDivisionError), hooks.observed(hooks.RewardStarted, hooks.RewardEnded, reward="r"):
        raise ZeroDivisionError
    with hooks.observed(hooks.RewardStarted, hooks.RewardEnded, reward="r") as span:
        assert isinstance(span, HeardSpan)
        assert span.parent_id is None
