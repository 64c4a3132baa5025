"""The version is written once, in pyproject.toml."""

import tomllib

from tests.support import ROOT

import synalinks


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert synalinks.__version__ == project["version"]
