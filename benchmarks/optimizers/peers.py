"""The optimizers of DSPy and gepa on the simulated tasks; a process that makes such runs (see `runs.work`).

It runs in an environment of its own, with `dspy`, `gepa` and `optuna`. All get the same training samples, the
same reward (with its feedback, where they take it) and the same model; every call is counted, those for
proposals included. Caches are off. Settings are each library's defaults but for those that decide how many
calls a run takes; where they leave a choice, the one that did better on `classification` is taken.
"""

# mypy: disable-error-code="import-not-found, import-untyped, no-any-return, misc"

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any, Final, Literal, NamedTuple

import dspy
import gepa
from dspy.lm15 import Message, Request, Response, Usage

from benchmarks.optimizers import simulator
from benchmarks.optimizers.reading import answer_in
from benchmarks.optimizers.runs import Job, Point, Run, thinned, work
from benchmarks.optimizers.tasks import TASKS, Sample, Step, Task, reward

THREADS = 16
"""Calls at a time over HTTP; in the process one at a time is fastest."""


class Engine:
    """The simulated model in the process, as DSPy calls one."""

    def __init__(self, model: simulator.Model) -> None:
        self._model = model

    def complete(self, request: Request) -> Response:
        """Answer a request."""
        system = [] if request.system is None else [{"role": "system", "content": _text(request.system)}]
        said = [{"role": message.role, "content": message.text or ""} for message in request.messages]
        body: dict[str, Any] = {"messages": [*system, *said], "temperature": request.config.temperature}
        if (form := request.config.response_format) is not None:
            body["response_format"] = {"type": form["type"], "json_schema": {"schema": form.get("schema")}}
        [choice] = self._model.answer(body)["choices"]
        return Response(
            id=None,
            model="simulated",
            message=Message.assistant(choice["message"]["content"]),
            finish_reason="stop",
            usage=Usage(),
        )


def _text(parts: Any) -> str:
    return parts if isinstance(parts, str) else "".join(part.text for part in parts)


class Calls(dspy.utils.callback.BaseCallback):
    """Counts calls, wherever the model is."""

    def __init__(self) -> None:
        self.count = 0

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Count one."""
        self.count += 1


class Noted(NamedTuple):
    """The best program so far, and when it had been found."""

    calls: int
    seconds: float
    program: Any


@dataclass
class Setting:
    """What an optimizer is given.

    Attributes:
        task: The task.
        train: The samples to train on.
        seed: The seed.
        max_calls: Calls to be spent.
        lm: The model, at temperature 0.
        writer: The model for proposals, at temperature 1.
        calls: How many were spent.
        threads: Calls at a time.
    """

    task: Task
    train: list[Sample]
    seed: int
    max_calls: int
    lm: Any
    writer: Any
    calls: Callable[[], int]
    threads: int

    def __post_init__(self) -> None:
        self._started = perf_counter()
        self.noted: list[Noted] = []

    def note(self, program: Any) -> None:
        """Note that a program is the best one now."""
        self.noted.append(Noted(self.calls(), perf_counter() - self._started, program))

    @property
    def samples(self) -> int:
        """How many samples the calls suffice for."""
        return self.max_calls // len(self.task.steps)


# --- DSPy ----------------------------------------------------------------------------------


class Pipeline(dspy.Module):
    """The program of a task: a prediction for each step, which sees the answers of those before."""

    def __init__(self, task: Task, seed: int) -> None:
        super().__init__()
        self.steps = [dspy.Predict(signature(task, seed, step)) for step in task.steps]

    def forward(self, text: str) -> Any:
        """Answer a text."""
        known = {"text": text}
        for step in self.steps:
            answer = step(**known)
            known |= dict(answer)
        return answer


def signature(task: Task, seed: int, step: Step) -> Any:
    """Return the signature of a step."""
    fields: dict[str, Any] = {"text": (str, dspy.InputField())}
    for earlier in task.steps[: task.steps.index(step)]:
        fields[earlier.target] = (str, dspy.InputField())
    for name in step.fields:
        kind: Any = Literal[step.answers] if name == "label" else str
        fields[name] = (kind, dspy.OutputField())
    return dspy.make_signature(fields, task.instruction(seed, step))


def example(task: Task, sample: Sample) -> Any:
    """Return a sample as an example; a judge that errs keeps what is right to itself."""
    known = {} if task.noisy else {"label": sample.right["label"]}
    return dspy.Example(text=sample.text, **known).with_inputs("text")


def judged(task: Task, sample: Sample, answer: dict[str, str]) -> tuple[float, str]:
    """Return reward and feedback of an answer."""
    score = reward(task, sample, answer)
    if task.noisy:
        return score, f"The judge gave {score:g}."
    right = sample.right["label"]
    said = "The answer is right." if score else f'label: expected "{right}", got "{answer.get("label")}".'
    return score, said


def metric_of(setting: Setting, told: bool = False) -> Callable[..., Any]:
    """Return the reward as a metric."""
    samples = {sample.text: sample for sample in setting.train}
    last = setting.task.steps[-1]

    def metric(
        example: Any, prediction: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
    ) -> Any:
        answer = {name: str(prediction.get(name)) for name in last.fields}
        score, feedback = judged(setting.task, samples[example.text], answer)
        return dspy.Prediction(score=score, feedback=feedback) if told else score

    return metric


def bootstrap(setting: Setting) -> Any:
    """Run BootstrapFewShotWithRandomSearch; where few calls are left, on fewer samples."""
    train = [example(setting.task, sample) for sample in setting.train]
    held_out = min(len(train), setting.samples // 6)
    candidates = max(1, (setting.samples - 3 * held_out - 13) // (held_out + 4))
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric_of(setting), num_candidate_programs=candidates, num_threads=setting.threads
    )
    return optimizer.compile(
        Pipeline(setting.task, setting.seed), trainset=train[held_out:] or train, valset=train[:held_out]
    )


def mipro(setting: Setting) -> Any:
    """Run MIPROv2: as many trials as there are calls for, and two thirds as many candidates, up to 18.

    It may show as many labeled samples as the random search does; with its default of 4 it does much worse.
    """
    train = [example(setting.task, sample) for sample in setting.train]
    held_out = 80 if setting.samples >= 1000 else 40
    batch = 35 if setting.samples >= 1000 else 15
    trial, left = batch + held_out / 5, setting.samples - held_out
    candidates = max(3, min(18, int(left / (1.5 * trial + 14))))
    trials = max(2, int((left - 14 * candidates - 10) / trial))
    optimizer = dspy.MIPROv2(
        metric_of(setting),
        prompt_model=setting.writer,
        task_model=setting.lm,
        max_labeled_demos=16,
        auto=None,
        num_candidates=candidates,
        num_threads=setting.threads,
        seed=setting.seed + 1,
        track_stats=False,
    )
    return optimizer.compile(
        Pipeline(setting.task, setting.seed),
        trainset=train[held_out:],
        valset=train[:held_out],
        num_trials=trials,
        minibatch_size=batch,
    )


class Watch:
    """Notes each candidate of GEPA that is the best so far, and ends a run when its calls are spent."""

    def __init__(self, setting: Setting, program_of: Callable[[dict[str, str]], Any]) -> None:
        self._setting, self._program_of = setting, program_of

    def on_valset_evaluated(self, event: Any) -> None:
        """Note a candidate."""
        if event["is_best_program"]:
            self._setting.note(self._program_of(event["candidate"]))

    def __call__(self, state: Any) -> bool:
        """Return whether the run is to end."""
        return self._setting.calls() >= self._setting.max_calls


GEPA_HELD_OUT = 50
"""Training samples that GEPA keeps for validation."""


def dspy_gepa(setting: Setting) -> Any:
    """Run DSPy's GEPA."""
    train = [example(setting.task, sample) for sample in setting.train]
    student = Pipeline(setting.task, setting.seed)

    def program_of(candidate: dict[str, str]) -> Any:
        program = student.deepcopy()
        for name, predictor in program.named_predictors():
            predictor.signature = predictor.signature.with_instructions(candidate[name])
        return program

    watch = Watch(setting, program_of)
    optimizer = dspy.GEPA(
        metric_of(setting, told=True),
        max_metric_calls=10 * setting.max_calls,
        reflection_lm=setting.writer,
        num_threads=setting.threads,
        seed=setting.seed,
        gepa_kwargs={"callbacks": [watch], "stop_callbacks": [watch]},
    )
    return optimizer.compile(student, trainset=train[GEPA_HELD_OUT:], valset=train[:GEPA_HELD_OUT])


# --- gepa ----------------------------------------------------------------------------------


class Prompts(NamedTuple):
    """A program that is instructions alone."""

    task: Task
    instructions: dict[str, str]

    def bodies(self, text: str, finding: str) -> list[dict[str, Any]]:
        """Return the request of each step."""
        found = []
        for step in self.task.steps:
            asked = text if step == self.task.steps[0] else f"{text}\n\nFinding: {finding}"
            messages = [
                {"role": "system", "content": self.instructions[step.target]},
                {"role": "user", "content": asked},
            ]
            schema = {"type": "object", "properties": {name: {"type": "string"} for name in step.fields}}
            form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
            found.append({"messages": messages, "temperature": 0, "response_format": form})
        return found


class Adapter:
    """The simulated tasks as gepa calls them."""

    def __init__(self, setting: Setting, ask: Callable[[dict[str, Any]], str]) -> None:
        self._setting, self._ask = setting, ask
        self.propose_new_texts = None

    def evaluate(self, batch: list[Sample], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Answer samples and judge the answers."""
        outputs, scores, traces = [], [], []
        for sample in batch:
            finding, inputs, answers = "", dict[str, str](), dict[str, dict[str, str]]()
            for number, step in enumerate(self._setting.task.steps):
                body = Prompts(self._setting.task, candidate).bodies(sample.text, finding)[number]
                inputs[step.target] = body["messages"][-1]["content"]
                answers[step.target] = json.loads(self._ask(body))
                finding = answers[step.target].get("finding", finding)
            score, feedback = judged(self._setting.task, sample, answers[step.target])
            outputs.append(answers)
            scores.append(score)
            traces.append({"inputs": inputs, "answers": answers, "feedback": feedback})
        return gepa.EvaluationBatch(outputs, scores, traces if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return what is shown of runs to whoever writes instructions."""
        return {
            name: [
                {
                    "Inputs": trace["inputs"][name],
                    "Generated Outputs": json.dumps(trace["answers"][name]),
                    "Feedback": trace["feedback"],
                }
                for trace in eval_batch.trajectories
            ]
            for name in components_to_update
        }


def plain_gepa(setting: Setting) -> Any:
    """Run gepa by itself."""
    task = setting.task

    def ask(body: dict[str, Any]) -> str:
        fixed = {key: body[key] for key in ("temperature", "response_format")}
        return setting.lm(messages=body["messages"], **fixed)[0]

    watch = Watch(setting, lambda candidate: Prompts(task, candidate))
    found = gepa.optimize(
        seed_candidate={step.target: task.instruction(setting.seed, step) for step in task.steps},
        trainset=setting.train[GEPA_HELD_OUT:],
        valset=setting.train[:GEPA_HELD_OUT],
        adapter=Adapter(setting, ask),
        reflection_lm=lambda prompt: setting.writer(prompt)[0],
        callbacks=[watch],
        stop_callbacks=[watch],
        seed=setting.seed,
    )
    return Prompts(task, found.best_candidate)


# --- Runs ----------------------------------------------------------------------------------

PEERS: Final[dict[str, Callable[[Setting], Any]]] = {
    "dspy.BootstrapFewShotWithRandomSearch": bootstrap,
    "dspy.MIPROv2": mipro,
    "dspy.GEPA": dspy_gepa,
    "gepa.optimize": plain_gepa,
}


def make(job: Job) -> Run:
    """Make a run."""
    task = TASKS[job.task]
    train, held_out = task.samples(job.seed)
    counted = Calls()
    options: dict[str, Any] = {"cache": False, "callbacks": [counted], "num_retries": 0}
    if job.base_url is None:
        lm = dspy.LM("simulated", engine=Engine(simulator.Model()), temperature=0.0, **options)
    else:
        lm = dspy.LM("openai/simulated", api_base=job.base_url, api_key="none", temperature=0.0, **options)
    threads = THREADS if job.base_url else 1
    setting = Setting(
        task, train, job.seed, job.max_calls, lm, lm.copy(temperature=1.0), lambda: counted.count, threads
    )
    with dspy.context(lm=lm, disable_history=True):
        start = Pipeline(task, job.seed)
        setting.note(start)
        started, cpu = perf_counter(), process_time()
        found = PEERS[job.system](setting)
        setting.note(found)
        seconds, cpu = perf_counter() - started, process_time() - cpu
        points = [
            Point(noted.calls, noted.seconds, test_reward(task, noted.program, held_out))
            for noted in thinned(setting.noted)
        ]
    spent = setting.noted[-1].calls
    return Run(job.system, job.task, job.seed, job.max_calls, spent, seconds, cpu, job.latency, points)


_FINDING: Final = "what the first step has found"


def test_reward(task: Task, program: Any, samples: list[Sample]) -> float:
    """Return the share of samples that a program answers right; nothing is counted.

    The requests that it makes for one sample are made into those for the others, which takes less time.
    """
    probe = samples[0]
    bodies = (
        program.bodies(probe.text, _FINDING)
        if isinstance(program, Prompts)
        else _bodies(task, program, probe)
    )
    right = 0
    for sample in samples:
        finding: str | None = ""
        for step, body in zip(task.steps, bodies, strict=True):
            *before, last = body["messages"]
            asked = last["content"].replace(probe.text, sample.text).replace(_FINDING, finding or "")
            answer = simulator.answer({**body, "messages": [*before, {**last, "content": asked}]})
            text = answer["choices"][0]["message"]["content"]
            finding = answer_in(re.split(rf"\b{step.target}\b", text)[-1], step)
        right += finding == sample.right[task.steps[-1].target]
    return right / len(samples)


def _bodies(task: Task, program: Any, probe: Sample) -> list[dict[str, Any]]:
    """Return the requests that a program makes for a sample."""
    seen = list[dict[str, Any]]()

    class Recorded(simulator.Model):
        def answer(self, request: dict[str, Any]) -> dict[str, Any]:
            seen.append(request)
            return simulator.answer(request)

    lm = dspy.LM("simulated", engine=Engine(Recorded()), temperature=0.0, cache=False, num_retries=0)
    for step, predictor in zip(task.steps, program.predictors(), strict=True):
        known = {"text": probe.text, "finding": _FINDING}
        with dspy.context(lm=lm):
            predictor(**{name: known[name] for name in predictor.signature.input_fields})
        assert len(seen) == 1 + task.steps.index(step), "each step takes one request"
    return seen


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    work(make)
