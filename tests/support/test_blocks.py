"""The runner of documents runs what a reader would, and notices what fails."""

import asyncio
import json
import traceback
from pathlib import Path

import pytest

from tests.support.blocks import Session, blocks
from tests.support.simulated import answer, instance, solve

HERE = Path("example.md")

EXAMPLE = """# Example

<!-- setup:
hidden = 20
-->

```python
import asyncio

async def double(x):
    await asyncio.sleep(0)
    return 2 * x

shown = await double(hidden)
```

Not run: `1 / 0`, nor

```bash
exit 1
```

1. An indented one:

   ```py title="program.py"
   class Kept:
       value = shown + 2
   ```

```python
if __name__ == "__main__":
    result = asyncio.run(double(Kept.value))
```
"""


def run(text):
    with Session() as session:
        for block in blocks(text):
            session.run(block, HERE)
    return session.module


def test_blocks_share_names_and_may_await():
    module = run(EXAMPLE)
    assert (module.shown, module.Kept.value, module.result) == (40, 42, 84)


def test_a_class_belongs_to_main_while_the_session_lasts():
    code = "import sys\nclass A: ...\nhere = sys.modules[A.__module__].A is A"
    assert run(f"```python\n{code}\n```").here


def test_blocks_know_their_line():
    lines = EXAMPLE.splitlines()
    first = [lines[b.line - 1 :][: b.code.count("\n") + 1] for b in blocks(EXAMPLE)]
    assert [code[0] for code in first][1:] == [
        "import asyncio",
        "   class Kept:",
        'if __name__ == "__main__":',
    ]


@pytest.mark.parametrize("code", ["x = 1\n1 / 0", "import asyncio\nx = await asyncio.sleep(0, 1)\n1 / 0"])
def test_a_failure_names_document_and_line(code):
    with pytest.raises(ZeroDivisionError) as caught:
        run(f"# Title\n\n```python\n{code}\n```\n")
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(HERE), 3 + code.count("\n") + 1)


def test_a_loop_is_shared_between_awaits():
    loop = "await asyncio.sleep(0)\n{} = asyncio.get_running_loop()"
    module = run("```python\nimport asyncio\n{}\n```\n```python\n{}\n```".format(*(map(loop.format, "ab"))))
    assert isinstance(module.a, asyncio.AbstractEventLoop)
    assert module.a is module.b


def test_the_simulated_model_answers_by_schema():
    schema = {
        "$defs": {"Sum": {"type": "object", "properties": {"value": {"type": "number"}}}},
        "type": "object",
        "properties": {
            "sum": {"$ref": "#/$defs/Sum"},
            "kind": {"enum": ["sum", "other"]},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "tags": {"type": "array"},
            "whole": {"type": "integer"},
        },
    }
    made = instance(schema, "3 * 4")
    assert (made["sum"], made["kind"], made["tags"], made["whole"]) == ({"value": 12.0}, "sum", [], 12)
    body = {
        "messages": [{"role": "user", "content": '{"problem": "12 - 5"}'}],
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema["$defs"]["Sum"]}},
    }
    assert json.loads(answer(body)) == {"value": 7.0}
    assert isinstance(answer({"messages": body["messages"]}), str)


def test_the_simulated_model_solves_the_last_sum():
    assert [solve("1 + 1, then 2.5 * 2"), solve("none")] == [5.0, 0.0]
