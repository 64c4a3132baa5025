"""Every Python block of the documents runs, in order, against a simulated model on loopback."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support import ROOT
from tests.support.blocks import Session, blocks

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.filterwarnings("ignore:Monitor. MLflow at http.//localhost.5000 does not take")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_runs(document: Path, request: pytest.FixtureRequest):
    text = document.read_text("utf-8")
    if "tracking_uri" in text and find_spec("mlflow") is None:
        pytest.skip("MLflow's client is not installed")
    found = list(blocks(text))
    if found:
        request.getfixturevalue("reader")
    with Session() as session:
        for block in found:
            session.run(block, document)
