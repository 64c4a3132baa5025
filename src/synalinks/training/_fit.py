"""`fit`: everything that is checked and prepared before the first call is paid for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from synalinks._internal.activity import counted
from synalinks._internal.coroutines import run_sync
from synalinks._internal.settings import settings
from synalinks._internal.structure import leaves, map_leaves
from synalinks.callbacks import (
    BackupAndRestore,
    Budget,
    Callback,
    CallbackList,
    History,
    ProgressDisplay,
    TrainingSetup,
)
from synalinks.callbacks._terminal import say
from synalinks.data import schema_of
from synalinks.datasets import Dataset, Sample
from synalinks.errors import ConfigurationError, DataError
from synalinks.modules._index import trainable_variables_by_path
from synalinks.runs import BackupStore, Run
from synalinks.training._arguments import FitOptions, check_callbacks
from synalinks.training._compile import Compiled, require_compiled
from synalinks.training._context import variable_infos
from synalinks.training._data import FitData, prepare_data
from synalinks.training._estimate import Estimate, estimate_run
from synalinks.training._feed import Feed
from synalinks.training._fingerprint import fingerprint
from synalinks.training._keeper import NO_RESUME, Keeper
from synalinks.training._loop import Training
from synalinks.training._models import language_models, models
from synalinks.training._outage import Patience
from synalinks.training._tally import Tally

VALIDATION_PREFIX = "val_"


async def fit(program: Any, x: Any, y: Any, *, callbacks: Any, options: FitOptions) -> History:
    """Train a program; see `Program.fit`."""
    compiled = require_compiled(program.compiled, what="fit", optimizer=True)
    user_callbacks = check_callbacks(callbacks)
    data = prepare_data(program, x, y, options)
    validation: Feed | None = None
    feed = Feed(
        data.train, batch_size=options.batch_size, steps=options.steps_per_epoch, shuffle=options.shuffle
    )
    try:
        first = await feed.first_sample()
        validation = _validation_feed(data, options)
        await ensure_built(program, first)
        check_program(program, compiled, training=True)
        check_targets(program, compiled, first, data.train, argument="y")
        if validation is not None and data.validation is not None:
            first_held_out = await validation.first_sample()
            check_targets(program, compiled, first_held_out, data.validation, argument="validation_data")
        expected = _expected(program, compiled, data, options, first) if options.verbose else None
        training = _make_training(program, compiled, options, feed, validation, data, user_callbacks, first)
        if expected is not None and not training.resumes:
            say(expected.summary)
        with counted() as counting:
            counting.expected = None if expected is None else expected.calls
            return await training.run()
    finally:
        await feed.close()
        if validation is not None:
            await validation.close()


def estimate(program: Any, x: Any, y: Any, *, options: FitOptions) -> Estimate:
    """Say what a training will ask for; see `Program.estimate`."""
    data = prepare_data(program, x, y, options)
    if data.train.size is not None:
        first = data.train[0]
        run_sync(ensure_built(program, first), what=f"Building {program.name!r}")
        expected = _expected(program, program.compiled, data, options, first)
        if expected is not None:
            return expected
    raise DataError(
        "An estimate needs data whose size is known, such as a list or a table; this is a generator.",
        argument="x",
    )


def _expected(
    program: Any, compiled: Compiled | None, data: FitData, options: FitOptions, first: Sample
) -> Estimate | None:
    limit = concurrency(program, options.max_concurrency)
    return estimate_run(program, compiled, data, options, first, limit)


def _make_training(
    program: Any,
    compiled: Compiled,
    options: FitOptions,
    feed: Feed,
    validation: Feed | None,
    data: FitData,
    user_callbacks: list[Callback],
    first: Sample,
) -> Training:
    run = Run() if options.seed is None else Run(seed=options.seed)
    target = _schema(first.y)
    keys = Tally(compiled).log_keys(target)
    params = {
        "epochs": options.epochs,
        "steps": feed.steps,
        "batch_size": options.batch_size,
        "verbose": options.verbose,
        "optimizer": compiled.optimizer.name if compiled.optimizer else None,
        "metrics": list(_with_validation(keys, validation is not None)),
        "seed": run.seed,
        "initial_epoch": options.initial_epoch,
        "validation_steps": None if validation is None else validation.steps,
    }
    run.params, run.epoch = params, options.initial_epoch
    previous = None if program.run is None else program.run.run_id
    program.run, program.stop_training = run, False
    history = History()
    monitor = None if settings().monitor is None else settings().monitor(user_callbacks)
    own = [history, *([] if monitor is None else [monitor]), ProgressDisplay(options.verbose)]
    callbacks = CallbackList([*user_callbacks, *own], program=program, params=params)
    parts = {"training": data.train, "validation": data.validation, "selection": data.selection}
    describe = cache(partial(fingerprint, program, compiled, options, parts))
    setup = TrainingSetup(
        log_keys=tuple(params["metrics"]),
        directions=_directions(compiled, target),
        callbacks=tuple(user_callbacks),
        params=params,
        has_validation=validation is not None,
        describe=describe,
    )
    callbacks.check(setup)
    selection = data.selection
    held_out = () if selection is None else tuple(selection[i] for i in range(selection.size or 0))
    limit = concurrency(program, options.max_concurrency)
    keeper = _open_backup(describe, user_callbacks, run.run_id, previous)
    resume = NO_RESUME if keeper is None else keeper.resume
    return Training(
        program=program,
        compiled=compiled,
        options=options,
        feed=feed,
        validation=validation,
        selection=held_out,
        callbacks=callbacks,
        history=history,
        run_state=run,
        keeper=keeper,
        budget=next((c for c in user_callbacks if isinstance(c, Budget)), None),
        patience=Patience(options.outage_timeout, resume, quiet=options.verbose == 0),
        limit=limit,
    )


def _open_backup(
    describe: Callable[[], dict[str, Any]], callbacks: list[Callback], run_id: str, previous: str | None
) -> Keeper | None:
    backup = next((c for c in callbacks if isinstance(c, BackupAndRestore)), None)
    if backup is None:
        return None
    store = BackupStore(backup.backup_dir)
    payload = store.open(describe(), run_id=run_id, continuing=previous)
    return Keeper(store, backup, payload)


def _validation_feed(data: FitData, options: FitOptions) -> Feed | None:
    if data.validation is None:
        return None
    return Feed(
        data.validation,
        batch_size=options.validation_batch_size or options.batch_size,
        steps=options.validation_steps,
    )


async def ensure_built(program: Any, first: Sample) -> None:
    """Build a program that has not seen data yet, for the schema of the first sample."""
    if program.built:
        return
    symbolic = map_leaves(lambda leaf: leaf.to_symbolic_data_model(), first.x)
    await program._ensure_built(symbolic)
    if program.outputs is None:
        # Modules inside may make variables when they are built, which tracing does. A `call` that looks
        # at values cannot be traced: its modules are built by the first call.
        with contextlib.suppress(Exception):
            await program.compute_output_spec(symbolic)


def check_program(program: Any, compiled: Compiled | None, *, training: bool = False) -> None:
    """Make sure that every model can be called, and that the optimizer can train the program.

    Raises:
        ConfigurationError: No default model, a key that is missing, or nothing to train.
    """
    for model in models(program, compiled, training=training):
        model.check()
    if not training or compiled is None or compiled.optimizer is None:
        return
    if not trainable_variables_by_path(program):
        raise ConfigurationError(
            f"{program.name!r} has no trainable variable, so there is nothing to fit. A Generator has two, "
            "unless it was made with trainable=False."
        )
    compiled.optimizer.check(variable_infos(program))


def check_targets(
    program: Any, compiled: Compiled, first: Sample, dataset: Dataset, *, argument: str
) -> None:
    """Make sure that the reward and the metrics can judge what the program answers to the data.

    Raises:
        DataError: One of them compares with a target, and the data or a row of it has none.
        ConfigurationError: A mask names a field that is not there, or target and answer never match.
    """
    judges = [judge for judge in (compiled.reward, *compiled.metrics) if judge is not None]
    needy = [judge for judge in judges if judge.needs_target]
    if needy:
        _check_each_has_a_target(needy[0].name, first, dataset, argument)
    for judge in judges:
        judge.check(first.y, program.outputs)


def _check_each_has_a_target(judge: str, first: Sample, dataset: Dataset, argument: str) -> None:
    rows = [first] if dataset.size is None else (dataset[i] for i in range(dataset.size))
    missing = next((sample.index for sample in rows if sample.y is None), None)
    if missing is not None:
        where = "y" if argument == "y" else f"(x, y) as {argument}"
        raise DataError(
            f"{judge!r} compares with a target, and sample {missing} has none: pass {where}.",
            argument=argument,
        )


def concurrency(program: Any, given: int | None) -> int:
    """Return how many samples run at a time: twice the calls that the models allow, unless it is given."""
    if given is not None:
        return given
    return 2 * max((model.max_concurrency for model in language_models(program)), default=64)


def _schema(target: Any) -> dict[str, Any] | None:
    first = next(leaves(target), None)
    return None if first is None else schema_of(first)


def _with_validation(keys: tuple[str, ...], validates: bool) -> tuple[str, ...]:
    return (*keys, *(VALIDATION_PREFIX + key for key in keys)) if validates else keys


def _directions(compiled: Compiled, target: dict[str, Any] | None) -> Mapping[str, str]:
    declared = {key: m.direction for m in compiled.metrics for key in (m.name, *m.log_keys(target))}
    return {**declared, "reward": "max", "failed": "min"}
