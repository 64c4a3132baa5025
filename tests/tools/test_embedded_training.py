"""The training of the embedded model, on a network too small to learn; without torch nothing is tested."""

import json

import pytest

torch = pytest.importorskip("torch")

from tools.embedded_model import model as networks  # noqa: E402 - once torch is known to be there
from tools.embedded_model import train  # noqa: E402 - once torch is known to be there
from tools.embedded_model.export import export  # noqa: E402 - once torch is known to be there
from tools.embedded_model.tokenizer import SIZE  # noqa: E402 - once torch is known to be there

from synalinks.language_models.embedded._model import Model  # noqa: E402 - once torch is known to be there

SHAPE = networks.Shape(SIZE, width=16, layers=2, heads=2, hidden=24)


def test_the_rate_follows_its_schedule():
    schedule = train.schedule_of("2000:1,3000:0.5,4000:0")
    rates = [round(train.rate(step, schedule), 3) for step in (0, 59, 1999, 2000, 2500, 3500, 3999)]
    assert rates == [0.017, 1.0, 1.0, 1.0, 0.75, 0.25, 0.001]


def test_a_batch_is_a_function_of_its_step():
    tokenizer = train.Tokenizer()
    one = train.batch_of(700, drills=500, seed=1, tokenizer=tokenizer)
    assert all(
        (a == b).all()
        for a, b in zip(one, train.batch_of(700, drills=500, seed=1, tokenizer=tokenizer), strict=True)
    )
    assert not (one[0] == train.batch_of(702, drills=500, seed=1, tokenizer=tokenizer)[0]).all()


def test_targets_follow_their_positions():
    tokens, at, target, weight = train.as_batch([([1, 2, 3, 4], [0.0, 0.0, 1.0, 0.1])], 96)
    assert tokens[0, :4].tolist() == [1, 2, 3, 4]
    assert at[0, :2].tolist() == [1, 2]
    assert target[0, :2].tolist() == [3, 4]
    assert weight[0, :3].tolist() == pytest.approx([1.0, 0.1, 0.0])


def test_updates_are_orthogonal():
    stack = networks.orthogonalised(torch.randn(2, 3, 24, 16))
    values = torch.linalg.svdvals(stack)
    assert values.min() > 0.3
    assert values.max() < 1.5


def test_a_checkpoint_becomes_the_model_of_the_package(tmp_path):
    torch.manual_seed(1)
    network = networks.Transformer(SHAPE)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    torch.save({"model": network.state_dict(), "step": 3}, tmp_path / "checkpoint.pt")
    (tmp_path / "tokenizer.json").write_text(
        json.dumps([[101, 101 + n] for n in range(SIZE - train.Tokenizer().__len__())])
    )
    loaded = Model(export(tmp_path), "x")
    tokens = [3, 99, 200, 4, 265, 300]
    with torch.no_grad():
        wanted = network(torch.tensor([tokens]), torch.tensor([[5]]))[0, 0].numpy()
    found = loaded.network.extend(loaded.network.memory(6), tokens)
    assert abs(found - wanted).max() < 0.05 * abs(wanted).max()
