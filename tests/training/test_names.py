"""Every reward and metric is known to `compile` by its name in snake_case."""

import inspect

import pytest

from synalinks import metrics, optimizers, rewards
from synalinks._internal.names import snake_case
from synalinks.errors import ConfigurationError, UnknownNameError
from tests.support.arithmetic import make_program


def classes(package, base):
    public = [getattr(package, name) for name in package.__all__]
    return [c for c in public if inspect.isclass(c) and issubclass(c, base) and not inspect.isabstract(c)]


def needs_arguments(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return any(p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters)


ALL = [
    *((rewards, cls) for cls in classes(rewards, rewards.Reward)),
    *((metrics, cls) for cls in classes(metrics, metrics.Metric)),
    *((optimizers, cls) for cls in classes(optimizers, optimizers.Optimizer)),
]


@pytest.mark.parametrize(("package", "cls"), ALL, ids=lambda value: value.__name__)
async def test_a_name_makes_an_object_of_the_class_or_says_what_it_needs(package, cls):
    program, _ = await make_program()
    argument = package.__name__.rpartition(".")[2]
    name = snake_case(cls.__name__)
    given = {argument: [name]} if package is metrics else {argument.removesuffix("s"): name}
    if needs_arguments(cls):
        with pytest.raises(ConfigurationError, match=f"{cls.__name__} cannot be made without arguments"):
            program.compile(**given)
        return
    program.compile(**given)
    compiled = program.compiled
    made = {rewards: compiled.reward, metrics: compiled.metrics and compiled.metrics[0]}.get(
        package, compiled.optimizer
    )
    assert type(made) is cls


def test_the_well_known_ones_are_among_them():
    names = {snake_case(cls.__name__) for _, cls in ALL}
    assert names >= {
        "exact_match", "cosine_similarity", "lm_as_judge", "mean", "sum", "bleu", "rouge_l", "chrf",
        "pass_at_k", "pass_hat_k", "calls", "cost", "latency_p50", "latency_p99", "random_few_shot",
    }  # fmt: skip


async def test_those_that_need_arguments_are_not_proposed():
    program, _ = await make_program()
    with pytest.raises(UnknownNameError) as caught:
        program.compile(reward="wrapper")
    assert "exact_match" in str(caught.value)
    assert "_wrapper" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "nearest"),
    [
        ({"reward": "cosine_similarty"}, "cosine_similarity"),
        ({"reward": "exact"}, "exact_match"),
        ({"metrics": ["blue"]}, "bleu"),
        ({"metrics": ["latency_p90"]}, "latency_p"),
        ({"optimizer": "random_fewshot"}, "random_few_shot"),
    ],
)
async def test_an_unknown_one_lists_the_nearest(options, nearest):
    program, _ = await make_program()
    with pytest.raises(UnknownNameError, match=f"Did you mean '{nearest}"):
        program.compile(**options)
