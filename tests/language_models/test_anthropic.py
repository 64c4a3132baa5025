"""Anthropic's Messages: what is refused before a call, what is marked, what each model takes."""

import copy

import orjson
import pytest

from synalinks import errors
from synalinks.language_models import LanguageModel, Request
from synalinks.language_models._pipeline import Call
from synalinks.language_models.providers._claude import claude
from synalinks.testing import ChatServer

USER = {"role": "user", "content": "hello"}
SYSTEM = {"role": "system", "content": "Be brief."}
MARK = {"type": "ephemeral"}
SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "number"}},
    "required": ["x"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


@pytest.fixture
def asked(serve):
    """Return `asked(messages, model=, ...)`: the body of the request that comes of a call."""

    async def ask(messages, *, model="claude-sonnet-4-6", answer="hi", **options):
        server, lm = await serve(lambda _: answer, model=f"anthropic/{model}")
        await lm(messages, **options)
        return server.requests[0]

    return ask


@pytest.mark.parametrize(
    ("name", "adaptive", "off", "sampling", "forced", "schemas"),
    [
        ("claude-3-7-sonnet-20250219", False, "", True, True, False),
        ("claude-3-haiku-20240307", False, "", True, True, False),
        ("claude-sonnet-4-20250514", False, "", True, True, False),
        ("claude-opus-4-1", False, "", True, True, False),
        ("claude-haiku-4-5-20251001", False, "", True, True, True),
        ("claude-opus-4-6", True, "disabled", True, True, True),
        ("claude-opus-4-7", True, "disabled", False, True, True),
        ("claude-opus-5", True, "disabled", False, True, True),
        ("claude-opus-5-5", True, None, False, False, True),
        ("claude-sonnet-5", True, "disabled", False, True, True),
        ("claude-sonnet-5-5", True, "between_tools", False, False, True),
        ("claude-haiku-5-5", True, "disabled", False, True, True),
        ("claude-fable-5", True, None, False, True, True),
        ("claude-fable-5-1", True, None, False, False, True),
        ("claude-mythos-preview", True, None, False, True, True),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", False, "", True, True, True),
        ("claude-of-tomorrow", True, "disabled", True, True, True),
        ("another", True, "disabled", True, True, True),
    ],
)
def test_what_each_model_takes(name, adaptive, off, sampling, forced, schemas):
    model = claude(name)
    found = (model.adaptive, model.thinking_off, model.sampling, model.forced_tools, model.schemas)
    assert found == (adaptive, off, sampling, forced, schemas)


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        ("claude-sonnet-4-6", {}, 16_384),
        ("claude-3-haiku-20240307", {}, 4096),
        ("claude-sonnet-4-6", {"max_tokens": 9}, 9),
        ("claude-sonnet-4-6", {"max_completion_tokens": 8}, 8),
    ],
)
async def test_the_length_of_an_answer_is_always_said(asked, model, given, expected):
    assert (await asked([USER], model=model, **given))["max_tokens"] == expected


@pytest.mark.parametrize(
    ("model", "params", "reason"),
    [
        ("claude-sonnet-4-6", {"seed": 1, "logprobs": True}, "no logprobs, seed: leave"),
        ("claude-opus-4-7", {"temperature": 0}, "claude-opus-4-7 takes no temperature"),
        ("claude-sonnet-5", {"top_p": 0.9, "top_k": 5}, "no top_p and top_k"),
        ("claude-sonnet-4-6", {"temperature": 1.5}, "between 0 and 1"),
        ("claude-sonnet-4-6", {"temperature": 0.5, "reasoning_effort": "low"}, "while it thinks"),
        (
            "claude-haiku-4-5",
            {"top_k": 3, "thinking": {"type": "enabled", "budget_tokens": 2000}},
            "it thinks",
        ),
        ("claude-haiku-4-5", {"reasoning_effort": "low", "max_tokens": 1024}, "too few tokens to think"),
        ("claude-opus-5-5", {"reasoning_effort": "none"}, "always thinks"),
        ("claude-opus-5-5", {"reasoning_effort": "hihg"}, "high"),
        ("claude-opus-5-5", {"tool_choice": "required"}, "cannot be made to call a tool"),
        ("claude-sonnet-4-6", {"tool_choice": "requierd"}, "required"),
    ],
)
async def test_what_would_be_refused_is_refused_before_the_first_call(serve, model, params, reason):
    server, lm = await serve(lambda _: "hi", model=f"anthropic/{model}")
    with pytest.raises(errors.ConfigurationError, match=reason):
        await lm("hello", **params)
    with pytest.raises(errors.ConfigurationError, match=reason):
        LanguageModel(f"anthropic/{model}", api_key="k", **params).check()
    assert not server.requests


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("claude-opus-5", {"temperature": 1, "top_p": 1.0}),
        ("claude-sonnet-4-6", {"temperature": 0.0, "thinking": {"type": "disabled"}}),
        ("claude-sonnet-4-6", {"top_p": 0.96, "thinking": {"type": "adaptive"}}),
    ],
)
async def test_what_is_taken_is_sent(asked, model, params):
    assert params.items() <= (await asked([USER], model=model, **params)).items()


async def test_a_budget_to_think_with_leaves_half_for_the_answer(asked):
    body = await asked([USER], model="claude-haiku-4-5", reasoning_effort="max", max_tokens=6000)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 3000}


async def test_what_the_caller_says_of_thinking_and_output_stays(asked):
    given = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}
    body = await asked([USER], answer='{"x": 1}', schema=SCHEMA, reasoning_effort="low", **given)
    assert body["thinking"] == given["thinking"]
    format_ = {"type": "json_schema", "schema": SCHEMA}
    assert body["output_config"] == {"effort": "max", "format": format_}


async def test_a_schema_is_sent_as_the_server_enforces_it(asked):
    bounded = {"type": "integer", "minimum": 1}
    schema = {"type": "object", "properties": {"x": bounded}, "required": ["x"], "default": {"x": 1}}
    body = await asked([USER], answer='{"x": 1}', schema=schema)
    sent = body["output_config"]["format"]["schema"]
    assert sent["additionalProperties"] is False
    assert "minimum" not in sent["properties"]["x"]
    assert "system" not in body


NODE = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}


@pytest.mark.parametrize(
    ("model", "schema", "answer"),
    [
        ("claude-opus-4-1", SCHEMA, '{"x": 1}'),
        ("claude-opus-5", {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}, '{"next": {"next": null}}'),
    ],
)
async def test_a_schema_that_cannot_be_enforced_is_asked_for_in_words(asked, model, schema, answer):
    messages = [SYSTEM, USER]
    kept = copy.deepcopy(messages)
    body = await asked(messages, model=model, answer=answer, schema=schema)
    assert "output_config" not in body
    assert body["system"][0] == {"type": "text", "text": "Be brief."}
    assert "valid for this JSON schema" in body["system"][1]["text"]
    assert marks(body) == [body["system"][1]["text"]]
    assert messages == kept


async def test_a_schema_may_refer_to_its_parts(asked):
    part = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"], "title": "Part"}
    both = {"a": {"$ref": "#/$defs/Part"}, "b": {"$ref": "#/$defs/Part"}}
    schema = {"type": "object", "properties": both, "required": ["a", "b"], "$defs": {"Part": part}}
    body = await asked([USER], answer='{"a": {"x": 1}, "b": {"x": 2}}', schema=schema)
    assert body["output_config"]["format"]["schema"]["properties"] == both


# --- Marks for the cache ---------------------------------------------------------------------


def marks(body):
    """Return the texts that the marks of a request stand at."""
    contents = [body.get("system", []), *(turn["content"] for turn in body["messages"])]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return [block.get("text") or block["type"] for block in blocks if "cache_control" in block]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([USER], []),
        ([SYSTEM, USER], ["Be brief."]),
        ([SYSTEM, SYSTEM | {"content": "And kind."}, USER], ["And kind."]),
        ([USER, {"role": "assistant", "content": "hi"}, USER], ["hi"]),
        ([SYSTEM, USER, {"role": "assistant", "content": "hi"}, USER], ["Be brief.", "hi"]),
        ([USER, {"role": "assistant", "content": "hi"}], []),
        ([USER, {"role": "assistant", "content": ""}, USER], []),
    ],
)
async def test_marks_stand_where_the_prompt_stops_being_the_same(asked, messages, expected):
    kept = copy.deepcopy(messages)
    assert marks(await asked(messages)) == expected
    assert messages == kept


async def test_marks_can_be_left_out_and_made_otherwise(asked):
    messages = [SYSTEM, USER]
    assert marks(await asked(messages, cache_control=False)) == []
    long = {"type": "ephemeral", "ttl": "1h"}
    assert (await asked(messages, cache_control=long))["system"][0]["cache_control"] == long


async def test_no_mark_stands_at_a_thought(asked):
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    said = {"role": "assistant", "content": "", "anthropic": {"content": [thought]}}
    body = await asked([USER, said, USER])
    assert body["messages"][1]["content"] == [thought]


# --- Messages --------------------------------------------------------------------------------


async def test_system_texts_go_to_the_top_and_names_are_left_out(asked):
    late = {"role": "developer", "content": "Now in French."}
    body = await asked([USER | {"name": "Ada"}, late, USER], cache_control=False)
    assert body["system"] == [{"type": "text", "text": "Now in French."}]
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hello"}]}, USER]


async def test_results_of_tools_belong_to_the_turn_after_their_calls(asked):
    def round_of(*names):
        function = {"name": "add", "arguments": "{}"}
        calls = [{"id": name, "type": "function", "function": function} for name in names]
        results = [{"role": "tool", "tool_call_id": name, "content": name} for name in names]
        return [{"role": "assistant", "content": None, "tool_calls": calls}, *results]

    body = await asked([USER, *round_of("a", "b"), *round_of("c"), USER], tools=[TOOL])
    turns = body["messages"][1:]
    assert [turn["role"] for turn in turns] == ["assistant", "user", "assistant", "user", "user"]
    used = [[b.get("id") or b["tool_use_id"] for b in turn["content"]] for turn in turns[:-1]]
    assert used == [["a", "b"], ["a", "b"], ["c"], ["c"]]


async def test_blocks_of_the_servers_own_are_sent_as_they_are(asked):
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    own_tool = {"type": "web_search_20250305", "name": "web_search"}
    body = await asked([{"role": "user", "content": [document]}], tools=[own_tool])
    assert body["messages"][0]["content"] == [document]
    assert body["tools"] == [own_tool]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,x"}}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": 7}]}],
        [
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{broken"}}],
            },
        ],
        [
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "[1]"}}],
            },
        ],
    ],
)
@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4-6", "ollama/x"])
async def test_images_and_calls_that_are_none_are_refused(serve, messages, model):
    server, lm = await serve(lambda _: "hi", model=model)
    with pytest.raises(errors.ConfigurationError, match=r"An image is|no JSON object") as caught:
        await lm(messages)
    assert caught.value.argument == "messages"
    assert not server.requests


# --- Answers ---------------------------------------------------------------------------------


def reply(content, **parts):
    usage = {"input_tokens": 1, "output_tokens": 2}
    body = {"type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn"}
    return ChatServer.Reply(body={**body, "usage": usage, **parts})


async def test_a_refusal_says_why(serve):
    details = {"type": "refusal", "category": "bio", "explanation": "Not that."}
    answer = reply([], stop_reason="refusal", stop_details=details)
    _, lm = await serve(lambda _: answer, model="anthropic/claude-opus-5")
    with pytest.raises(errors.RefusedError, match=r"Not that\."):
        await lm("hello")
    _, lm = await serve(lambda _: reply([], stop_reason="refusal"), model="anthropic/claude-opus-5")
    with pytest.raises(errors.RefusedError):
        await lm("hello")


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
async def test_an_answer_that_was_cut_off_is_told_of(serve, reason):
    answer = reply([{"type": "text", "text": "He"}], stop_reason=reason)
    _, lm = await serve(lambda _: answer, model="anthropic/claude-opus-5")
    with pytest.raises(errors.TruncatedOutputError):
        await lm("hello")


async def test_an_answer_without_blocks_is_an_empty_text(serve):
    _, lm = await serve(lambda _: reply([], usage=None), model="anthropic/claude-opus-5")
    response = await lm("hello")
    assert (response.text, response.usage.input_tokens) == ("", 0)


def events(*values):
    lines = [b"event: x\ndata: " + orjson.dumps(value) + b"\n\n" for value in values]
    return ChatServer.Reply(body=b"".join(lines), headers={"Content-Type": "text/event-stream"})


USE = {"type": "tool_use", "id": "a", "name": "add", "input": {}}
START = (
    {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 7, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": USE},
)
PIECE = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "input_json_delta", "partial_json": '{"x": [1, '},
}


def ending(reason):
    delta = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}
    return delta, {"type": "message_stop"}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (events(*START, PIECE), errors.ProtocolError),
        (events(*START, PIECE, *ending("max_tokens")), errors.TruncatedOutputError),
        (events(*START, {"type": "content_block_delta", "index": 0}), errors.ProtocolError),
        (events(*START, {**PIECE, "delta": {"type": "text_delta"}}), errors.ProtocolError),
        (events({"type": "message_stop"}), errors.ProtocolError),
    ],
)
async def test_a_stream_without_its_end_is_no_answer(serve, reply, expected):
    _, lm = await serve(lambda _: reply, model="anthropic/claude-opus-5")
    with pytest.raises(expected):
        await lm.check()(Request("anthropic", "claude-opus-5", [USER]), Call(lambda _: None))


async def test_a_stream_has_calls_without_arguments_and_deltas_of_tomorrow(serve):
    new = {"type": "content_block_delta", "index": 0, "delta": {"type": "of_tomorrow"}}
    reply = events(*START, new, *ending("tool_use"))
    _, lm = await serve(lambda _: reply, model="anthropic/claude-opus-5")
    response = await lm.check()(Request("anthropic", "claude-opus-5", [USER]), Call(lambda _: None))
    assert response.message["tool_calls"][0]["function"] == {"name": "add", "arguments": "{}"}
    assert (response.usage.input_tokens, response.usage.output_tokens) == (7, 9)


@pytest.mark.parametrize("body", [{}, [], {"content": "hi", "stop_reason": "end_turn"}, {"content": [{}]}])
async def test_what_is_no_message_is_told_of(serve, body):
    _, lm = await serve(lambda _: ChatServer.Reply(body=body), model="anthropic/claude-opus-5")
    with pytest.raises(errors.ProtocolError, match="none of the protocol"):
        await lm("hello")


async def test_a_key_stands_in_its_own_header_alone(serve):
    server, lm = await serve(lambda _: "hi", model="anthropic/claude-opus-5", api_key="sk-ant-0123456789")
    await lm("hello")
    assert server.headers[0]["x-api-key"] == "sk-ant-0123456789"
    assert "authorization" not in server.headers[0]


def test_the_key_comes_from_the_environment(monkeypatch):
    with pytest.raises(errors.MissingAPIKeyError, match="ANTHROPIC_API_KEY"):
        LanguageModel("anthropic/claude-opus-5").check()
    with pytest.raises(errors.MissingAPIKeyError, match="ANTHROPIC_API_KEY"):
        LanguageModel("anthropic/claude-opus-5", api_base="https://api.anthropic.com/v1").check()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    LanguageModel("anthropic/claude-opus-5").check()
