"""Wrong set-ups fail before the first call is paid for, with an error that says what to type."""

import pytest

import synalinks
from synalinks import DataModel, EmbeddingModel, Field, Generator, Input, LanguageModel, Program
from synalinks.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, ProgramCheckpoint
from synalinks.errors import (
    BackupError,
    ConfigurationError,
    DataError,
    MissingAPIKeyError,
    NotCompiledError,
    ProgramError,
    RewardError,
    SynalinksWarning,
    UnknownNameError,
)
from synalinks.optimizers import Optimizer
from synalinks.testing import ChatServer, FunctionModel
from tests.support.arithmetic import Answer, Problem, compiled_program, data, make_program, perfect


async def refused(error, match, *, fit=None, x=None, y=None, **options):
    """`fit` raises `error` and no call is made."""
    program, model = await compiled_program()
    given = data(8)
    with pytest.raises(error, match=match) as caught:
        await program.fit(
            given[0] if x is None else x,
            given[1] if y is None else y,
            **{"verbose": 0, **(fit or {}), **options},
        )
    assert model.requests == []
    return caught.value


async def warned(match, **options):
    """`fit` gives one warning that matches, before the first call, and goes on."""
    program, model = await compiled_program(perfect)

    class BeforeTheFirstCall(Callback):
        def check(self, setup):
            assert model.requests == []

    callbacks = [*options.pop("callbacks"), BeforeTheFirstCall()]
    with pytest.warns(SynalinksWarning, match=match) as caught:
        await program.fit(*data(8), verbose=0, callbacks=callbacks, **options)
    assert len(caught) == 1
    return model


@pytest.mark.parametrize(
    "callback", [EarlyStopping, lambda **o: ProgramCheckpoint("x.json", save_best_only=True, **o)]
)
async def test_a_wrong_monitor_name_warns_once_with_the_nearest(callback, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = await warned(
        r"'val_rewards'.*'val_reward'",
        callbacks=[callback(monitor="val_rewards")],
        validation_split=0.5,
        epochs=2,
    )
    assert model.requests


async def test_an_unknown_key_in_a_file_name_names_the_nearest(tmp_path):
    path = str(tmp_path / "epoch_{epoch:02d}_{val_rewards:.3f}.json")
    await refused(
        ConfigurationError, "'val_reward'", validation_split=0.5, callbacks=[ProgramCheckpoint(path)]
    )


@pytest.mark.parametrize(
    ("path", "only"), [("best.txt", False), ("best.variables.json", False), ("best.json", True)]
)
async def test_a_path_with_the_wrong_ending_is_refused(tmp_path, path, only):
    callback = lambda: ProgramCheckpoint(str(tmp_path / path), save_variables_only=only)  # noqa: E731 - made inside
    with pytest.raises(ConfigurationError, match=r"\.json"):
        await refused_or_made(callback)


async def refused_or_made(make):
    """The constructor may refuse already."""
    program, model = await compiled_program()
    try:
        await program.fit(*data(8), verbose=0, callbacks=[make()])
    finally:
        assert model.requests == []


@pytest.mark.parametrize(
    "other", [lambda p: ProgramCheckpoint(f"{p}/best.json"), lambda p: CSVLogger(f"{p}/run.csv")]
)
async def test_files_of_other_callbacks_do_not_belong_into_backup_dir(tmp_path, other):
    backup = tmp_path / "backup"
    await refused(ConfigurationError, "backup", callbacks=[BackupAndRestore(backup), other(backup)])


async def test_a_backup_dir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "backup").write_text("")
    await refused(BackupError, "is a file", callbacks=[BackupAndRestore(tmp_path / "backup")])


async def test_two_backups_are_refused(tmp_path):
    callbacks = [BackupAndRestore(tmp_path / "a"), BackupAndRestore(tmp_path / "b")]
    await refused(ConfigurationError, "2 BackupAndRestore", callbacks=callbacks)


async def test_x_and_y_of_different_length_are_refused():
    x, y = data(8)
    await refused(DataError, r"8.*7|7.*8", x=x, y=y[:7])


async def test_an_empty_data_set_is_refused():
    await refused(DataError, "x .*(empty|no sample)", x=[], y=[])


async def test_a_generator_that_gives_nothing_is_refused():
    program, _ = await compiled_program()
    with pytest.raises(DataError):
        await program.fit(iter(()), verbose=0)


@pytest.mark.parametrize("name", ["validation_split", "selection_split"])
async def test_a_split_that_leaves_nothing_is_refused(name):
    x, y = data(1)
    await refused(DataError, f"{name}=0.5 of 1 samples leaves 0", x=x, y=y, fit={name: 0.5})
    for value in (1.0, -0.1, "half", True):
        await refused(ConfigurationError, name, fit={name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("epochs", 0),
        ("epochs", True),
        ("verbose", 3),
        ("verbose", "yes"),
        ("steps_per_epoch", 0),
        ("validation_steps", -1),
        ("validation_batch_size", 0),
        ("validation_freq", 0),
        ("validation_freq", [0]),
        ("max_concurrency", 0),
        ("initial_epoch", -1),
        ("initial_epoch", 1),
        ("seed", "x"),
    ],
)
async def test_a_number_out_of_range_is_refused(name, value):
    error = await refused(ConfigurationError, name, fit={name: value})
    assert error.argument == name


@pytest.mark.parametrize(
    ("callbacks", "match"),
    [
        ([EarlyStopping], r"write EarlyStopping\(\.\.\.\)"),
        (["early_stopping"], "expected a synalinks.callbacks.Callback"),
        ("early_stopping", "callbacks is a list"),
    ],
)
async def test_what_is_no_callback_is_refused(callbacks, match):
    await refused(ConfigurationError, match, callbacks=callbacks)


async def test_one_callback_object_twice_is_refused():
    callback = Callback()
    await refused(ConfigurationError, "twice", callbacks=[callback, callback])


async def test_a_data_model_that_is_not_json_is_refused():
    class Holder:
        pass

    class Odd(DataModel):
        model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012 - pydantic's own way
        thing: Holder

    with pytest.raises(DataError, match=r"Odd.*thing|thing.*Odd"):
        Input(data_model=Odd)
    await refused(DataError, r"x\[0\]", x=[object()] * 8)


async def test_a_value_that_is_not_json_is_refused_with_its_row():
    x, y = data(8)
    y[5] = Answer(answer=float("nan"))
    await refused(DataError, "y.*5", x=x, y=y)


async def test_two_data_models_of_one_name_are_refused():
    other = type("Problem", (DataModel,), {"__annotations__": {"other": str}, "__doc__": None})
    x = Input(data_model=Problem)
    y = await Generator(data_model=other)(x)
    with pytest.raises(ProgramError, match="both called 'Problem'"):
        Program(inputs=x, outputs=y)


def test_a_model_name_without_provider_is_refused():
    with pytest.raises(ConfigurationError, match="provider"):
        synalinks.LanguageModel("gpt-4o-mini")
    with pytest.raises(UnknownNameError, match="'openai'"):
        Generator(language_model="opnai/gpt-4o-mini")


async def test_a_missing_key_is_an_error_before_the_first_call():
    x = Input(data_model=Problem)
    y = await Generator(data_model=Answer, language_model="openai/gpt-4o-mini")(x)
    program = Program(inputs=x, outputs=y)
    program.compile(optimizer="random_few_shot", reward="exact_match")
    for run in (
        program.fit(*data(4), verbose=0),
        program.evaluate(*data(4), verbose=0),
        program.predict(data(4)[0]),
    ):
        with pytest.raises(MissingAPIKeyError, match="OPENAI_API_KEY"):
            await run


class Asks(Optimizer):
    """Holds what it is given."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    async def step(self, context):
        """Do nothing."""


@pytest.mark.parametrize(
    "part",
    [
        lambda: LanguageModel("openai/gpt-4o-mini"),
        lambda: EmbeddingModel("openai/text-embedding-3-small"),
        lambda: Generator(data_model=Answer, language_model="openai/gpt-4o-mini"),
        lambda: Asks(LanguageModel("openai/gpt-4o-mini")),
    ],
    ids=["language model", "embedding model", "module", "optimizer"],
)
async def test_the_models_of_an_optimizer_are_checked_before_the_first_call(part):
    program, model = await make_program()
    program.compile(optimizer=Asks(part()), reward="exact_match")
    with pytest.raises(MissingAPIKeyError, match="OPENAI_API_KEY"):
        await program.fit(*data(4), verbose=0)
    assert model.requests == []
    await program.evaluate(*data(4), verbose=0)  # where they are not needed
    assert len(model.requests) == 4


async def test_a_server_of_an_optimizer_that_should_be_on_this_machine_is_looked_for():
    program, model = await make_program()
    program.compile(
        optimizer=Asks(LanguageModel("ollama/one", api_base="http://127.0.0.1:9")), reward="exact_match"
    )
    with pytest.raises(ConfigurationError, match="Nothing listens"):
        await program.fit(*data(4), verbose=0)
    assert model.requests == []


async def test_fit_needs_compile_an_optimizer_and_a_reward():
    program, model = await make_program()
    with pytest.raises(NotCompiledError, match=r"program\.compile"):
        await program.fit(*data(8), verbose=0)
    program.compile(reward="exact_match")
    with pytest.raises(NotCompiledError, match="optimizer="):
        await program.fit(*data(8), verbose=0)
    program.compile(optimizer="random_few_shot")
    with pytest.raises(NotCompiledError, match="reward="):
        await program.fit(*data(8), verbose=0)
    assert model.requests == []


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"optimizer": "random_fewshot"}, "'random_few_shot'"),
        ({"reward": "exact_matches"}, "'exact_match'"),
        ({"metrics": ["binary_f1"]}, "'binary_f1_score'"),
        ({"metrics": "binary_f1_score"}, r"metrics=\[\.\.\.\]"),
        ({"metrics": ["binary_f1_score", "binary_f1_score"]}, "is taken"),
        ({"metrics": [synalinks.metrics.BinaryF1Score(name="reward")]}, "is taken"),
        ({"optimizer": 3}, "cannot be a optimizer|cannot be an optimizer"),
    ],
)
async def test_compile_names_the_nearest(arguments, match):
    program, _ = await make_program()
    with pytest.raises(ConfigurationError, match=match):
        program.compile(**arguments)


async def test_a_program_with_nothing_to_train_is_refused():
    model = FunctionModel(perfect)
    x = Input(data_model=Problem)
    y = await Generator(data_model=Answer, language_model=model, trainable=False)(x)
    program = Program(inputs=x, outputs=y)
    program.compile(optimizer="random_few_shot", reward="exact_match")
    with pytest.raises(ConfigurationError, match="nothing to fit"):
        await program.fit(*data(8), verbose=0)


async def test_a_target_that_is_missing_is_refused():
    program, model = await compiled_program()
    for run in (program.fit(data(8)[0], verbose=0), program.evaluate(data(8)[0], verbose=0)):
        with pytest.raises(DataError, match="pass y"):
            await run
    assert model.requests == []


async def test_a_generator_and_several_epochs_need_steps():
    program, model = await compiled_program()
    x, y = data(8)
    with pytest.raises(DataError, match="steps_per_epoch"):
        await program.fit(zip(x, y, strict=True), epochs=2, verbose=0)
    with pytest.raises(DataError, match="validation_data"):
        await program.fit(x, y, validation_data=((a, b) for a, b in zip(x, y, strict=True)), verbose=0)
    with pytest.raises(DataError, match="validation_split"):
        await program.fit(zip(x, y, strict=True), validation_split=0.5, verbose=0)
    assert model.requests == []


@pytest.mark.parametrize("value", ["good", None, float("nan"), float("inf")])
async def test_a_reward_that_is_no_number_stops_at_the_first_sample(value):
    program, model = await make_program(perfect)
    program.compile(optimizer="random_few_shot", reward=lambda y_true, y_pred: value)
    with pytest.raises(RewardError) as caught:
        await program.fit(*data(8), batch_size=4, shuffle=False, max_concurrency=1, verbose=0)
    assert caught.value.sample == 0
    assert "sample 0" in str(caught.value)
    assert len(model.requests) == 1


async def test_an_error_in_a_reward_names_reward_and_sample():
    program, _ = await make_program(perfect)

    def picky(y_true, y_pred):
        if y_true["answer"] == 10.0:
            raise ZeroDivisionError("no")
        return 1.0

    program.compile(optimizer="random_few_shot", reward=picky)
    with pytest.raises(ZeroDivisionError) as caught:
        await program.fit(*data(8), shuffle=False, verbose=0)
    notes = " ".join(caught.value.__notes__)
    assert "'picky'" in notes
    index = next(i for i, answer in enumerate(data(8)[1]) if answer.answer == 10.0)
    assert f"sample {index}" in notes


async def test_mode_min_on_a_reward_warns():
    await warned("min", callbacks=[EarlyStopping(monitor="reward", mode="min", patience=3)])


async def test_a_second_fit_at_the_same_time_is_refused():
    program, _ = await compiled_program(perfect)
    other = []

    class Again(Callback):
        async def on_epoch_end(self, epoch, logs=None):
            with pytest.raises(ProgramError, match="being trained already"):
                await program.fit(*data(4), verbose=0)
            other.append(True)

    await program.fit(*data(4), verbose=0, callbacks=[Again()])
    assert other == [True]


async def test_a_field_description_is_kept():
    class Described(DataModel):
        value: str = Field(description="What it is.")

    assert Described.get_schema()["properties"]["value"]["description"] == "What it is."


async def test_a_server_that_should_be_on_this_machine_and_is_not_is_an_error_at_once(tmp_path):
    async with ChatServer(lambda body: {"answer": 1.0}) as server:
        gone = server.url
    x = Input(data_model=Problem)
    model = synalinks.LanguageModel("ollama/some-model", api_base=gone)
    program = Program(inputs=x, outputs=await Generator(data_model=Answer, language_model=model)(x))
    program.compile(optimizer="random_few_shot", reward="exact_match")
    backup = BackupAndRestore(tmp_path / "b")
    for run in (
        program.fit(*data(4), verbose=0),
        program.fit(*data(4), verbose=0, callbacks=[backup]),
        program.fit(*data(4), verbose=0, callbacks=[backup]),
        program.evaluate(*data(4), verbose=0),
        program.predict(data(4)[0], verbose=0),
    ):
        with pytest.raises(ConfigurationError, match=r"Nothing listens at .*'ollama/some-model'.*api_base="):
            await run


@pytest.mark.parametrize("given", [(data(2)[0],), (*data(2), data(2)[1])])
async def test_validation_data_is_a_pair(given):
    await refused(DataError, r"validation_data is a pair \(x, y\)", fit={"validation_data": given})


@pytest.mark.parametrize("held_out", [False, True])
async def test_masks_and_targets_that_cannot_be_meant_are_refused(held_out):
    x, y = data(4)
    wrong = [Problem(problem=str(i)) for i in range(4)]
    given = {"x": x, "y": y, "fit": {"validation_data": (x, wrong)}} if held_out else {"x": x, "y": wrong}
    await refused(ConfigurationError, "'problem'", **given)
    program, model = await make_program(perfect)
    program.compile(optimizer="random_few_shot", reward=synalinks.rewards.ExactMatch(in_mask=["anwser"]))
    for run in (program.fit(x, y, verbose=0), program.evaluate(x, y, verbose=0)):
        with pytest.raises(UnknownNameError, match="'answer'"):
            await run
    assert model.requests == []
