"""Every Python block of the documents runs, in order, against a simulated model on loopback."""

from pathlib import Path

import pytest
from tests.support import ROOT
from tests.support.blocks import Session, blocks

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_runs(document: Path, request: pytest.FixtureRequest):
    found = list(blocks(document.read_text("utf-8")))
    if found:
        request.getfixturevalue("reader")
    with Session() as session:
        for block in found:
            session.run(block, document)
