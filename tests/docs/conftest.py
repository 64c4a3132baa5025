"""What a reader of the documents has: an empty directory and a language model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.simulated import simulated_server


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of the simulated model."""
    with simulated_server() as url:
        yield url


class NobodyThere:
    """Stands for a tracking server that is not there, even if there is one."""

    def __init__(self, target: object) -> None:
        pass

    def reach(self) -> None:
        """Raise."""
        raise ConnectionError("nothing listens there")


@pytest.fixture
def reader(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start in an empty directory; the default model and those of known servers are simulated."""
    import synalinks

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("synalinks.integrations._mlflow_hook.MlflowServer", NobodyThere)
    monkeypatch.setenv("OPENAI_API_KEY", "of-no-use")
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "of-no-use")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server)
    monkeypatch.setenv("OLLAMA_HOST", server.removesuffix("/v1"))
    model = synalinks.LanguageModel("openai/simulated", api_base=server, api_key="of-no-use")
    synalinks.set_default_language_model(model)
