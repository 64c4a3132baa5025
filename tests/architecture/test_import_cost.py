"""Importing the package, and naming everything public in it, is cheap and has no effect on the process."""

import json
import subprocess
import sys

import pytest
from tests.architecture.source import PACKAGE

HEAVY = {
    "aiohttp",
    "anthropic",
    "datasets",
    "google",
    "groq",
    "httpx",
    "jinja2",
    "jsonschema_rs",
    "litellm",
    "llguidance",
    "matplotlib",
    "mistralai",
    "mlflow",
    "nltk",
    "numpy",
    "openai",
    "opentelemetry",
    "pandas",
    "polars",
    "pyarrow",
    "requests",
    "rich",
    "rouge_score",
    "sacrebleu",
    "threadpoolctl",
    "torch",
    "transformers",
}
"""What loads when it is first needed, or never."""

PACKAGES = sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py") if not p.parent.name.startswith("_"))

IMPORT = "import synalinks"

TOUCH = f"""
import importlib
for name in ("synalinks", *("synalinks." + p for p in {PACKAGES!r})):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
"""

CHILD = """
import json, random, sys, threading, warnings

effects = []

def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "sqlite3.", "os.mkdir", "_thread.start")):
        effects.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        effects.append(f"open {arguments[0]}")

import asyncio, typing  # what these do at import is not ours
sys.addaudithook(watch)
before = random.getstate()
%s
if threading.active_count() > 1:
    effects.append("thread")
if random.getstate() != before:
    effects.append("random")
print(json.dumps({"modules": sorted(sys.modules), "effects": effects}))
"""


def child(code):
    """Run code in a fresh process; return the modules it loaded and the effects it had."""
    command = [sys.executable, "-B", "-W", "error", "-c", CHILD % code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("code", [IMPORT, TOUCH], ids=["import", "every public name"])
def test_nothing_heavy_is_loaded_and_nothing_is_done(code):
    seen = child(code)
    assert "synalinks" in seen["modules"]
    assert not HEAVY & set(seen["modules"])
    assert seen["effects"] == []


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("import socket; socket.socket()", "socket.__new__"),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "thread"),
        ("random.seed(1)", "random"),
        ("import os; open(os.devnull, 'w')", "open /dev/null"),
    ],
)
def test_effects_are_seen(code, effect):
    assert effect in child(code.replace("open(os.devnull, 'w')", "open(os.devnull, 'w').close()"))["effects"]


def test_heavy_modules_are_seen():
    assert HEAVY & set(child("import jinja2")["modules"])
