"""What servers of chat completions do otherwise than OpenAI, and what models of it do not take."""

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import OutputSchema, Request
from synalinks.language_models._pipeline import Call
from synalinks.language_models.providers._make import dialect_of
from synalinks.language_models.providers._table import PROVIDERS
from synalinks.testing import ChatServer

USER = {"role": "user", "content": "hello"}
SCHEMA = OutputSchema({"type": "object", "properties": {}, "required": [], "additionalProperties": False})
TOOL = {"type": "function", "function": {"name": "add"}}
CHAT = [name for name, spec in PROVIDERS.items() if spec.dialect in ("chat_completions", "azure")]


def body_of(provider, messages=(USER,), model="x", schema=None, tools=None, stream=False, **params):
    request = Request(provider, model, list(messages), schema, tools, params)
    return orjson.loads(orjson.dumps(dialect_of(PROVIDERS[provider]).body(request, stream=stream)))


@pytest.mark.parametrize(
    ("model", "params", "text"),
    [
        ("openai/o3-mini", {"temperature": 0.2}, "takes no temperature other than 1"),
        ("openai/o1", {"top_p": 0.9}, "takes no top_p other than 1"),
        ("openai/o4-mini-2025-04-16", {"stop": "x"}, "takes no stop"),
        ("openai/gpt-5", {"temperature": 0}, "takes no temperature"),
        ("openai/gpt-5-mini-2025-08-07", {"logprobs": True}, "takes no logprobs"),
        ("openai/gpt-5-nano", {"presence_penalty": 0.5}, "takes no presence_penalty"),
        ("openai/gpt-5.2", {"temperature": 0, "reasoning_effort": "high"}, "other|while it reasons"),
        ("openai/gpt-4o-mini", {"reasoning_effort": "low"}, "takes no reasoning_effort"),
        ("groq/llama", {"logprobs": True}, "takes no logprobs"),
        ("xai/grok-4", {"stop": ["x"]}, "takes no stop"),
    ],
)
async def test_what_a_model_does_not_take_is_refused_before_the_call(serve, model, params, text):
    server, lm = await serve(lambda _: "hi", model=model)
    with pytest.raises(errors.ConfigurationError, match=text) as caught:
        await lm("hello", **params)
    assert caught.value.argument in params
    assert not server.requests


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("openai/o3", {"temperature": 1, "reasoning_effort": "low"}),
        ("openai/gpt-5", {"reasoning_effort": "minimal", "verbosity": "low"}),
        ("openai/gpt-5-chat-latest", {"temperature": 0.2}),
        ("openai/gpt-5.1", {"temperature": 0.2}),
        ("openai/gpt-5.1", {"temperature": 0.2, "reasoning_effort": "none"}),
        ("openai/gpt-5.2-chat-latest", {"temperature": 0.2, "reasoning_effort": "medium"}),
        ("openai/gpt-4.1", {"temperature": 0.2, "stop": "x"}),
        ("openai/o3-mini", {"stop": "x"}),
        ("openai/gpt-4o", {"prompt_cache_key": "mine", "parallel_tool_calls": False}),
        ("xai/grok-4-fast-non-reasoning", {"stop": ["x"]}),
        ("vllm/gpt-5", {"temperature": 0.2}),
    ],
)
async def test_what_it_takes_is_sent(serve, model, params):
    server, lm = await serve(lambda _: "hi", model=model)
    await lm("hello", **params)
    assert server.requests[0] == {"model": model.partition("/")[2], "messages": [USER], **params}


ASSISTANT = {
    "role": "assistant",
    "content": "Hi.",
    "reasoning_content": "So be it.",
    "anthropic": {"of": "Anthropic"},
    "gemini": {"parts": []},
    "openrouter": {"reasoning_details": [{"type": "reasoning.text", "text": "So."}]},
}
PLAIN = {"role": "assistant", "content": "Hi."}


BACK = {
    **{name: {} for name in ("openai", "azure", "groq", "mistral", "together", "xai")},
    **{name: {"reasoning_content": "So be it."} for name in ("deepseek", "llama.cpp", "llama_cpp")},
    "vllm": {"reasoning": "So be it."},
    "openrouter": {"reasoning_details": [{"type": "reasoning.text", "text": "So."}]},
}
"""What each server gets back besides the text."""


@pytest.mark.parametrize("provider", CHAT)
def test_each_server_gets_back_what_is_of_use_to_it(provider):
    sent = body_of(provider, [USER, ASSISTANT, USER])["messages"]
    assert sent == [USER, {**PLAIN, **BACK[provider]}, USER]
    assert body_of(provider, [USER, PLAIN])["messages"] == [USER, PLAIN]


def test_messages_without_anything_foreign_are_not_copied():
    messages = [USER, PLAIN]
    request = Request("openai", "x", messages)
    assert dialect_of(PROVIDERS["openai"]).body(request, stream=False)["messages"] is messages


def test_groq_takes_no_names_and_a_schema_alone():
    assert body_of("groq", [{**USER, "name": "me"}])["messages"] == [USER]
    assert "response_format" in body_of("groq", schema=SCHEMA)
    for more in ({"tools": [TOOL]}, {"stream": True}):
        body = body_of("groq", schema=SCHEMA, **more)
        assert "response_format" not in body
        assert body["messages"][0]["content"].startswith("Answer with one JSON object")
        assert "response_format" in body_of("openai", schema=SCHEMA, **more)


def test_mistral_has_the_usage_in_its_streams_unasked():
    assert "stream_options" not in body_of("mistral", stream=True)
    assert body_of("openai", stream=True)["stream_options"] == {"include_usage": True}


def read(provider, message, reason="stop", **more):
    choice = {"message": {"role": "assistant", **message}, "finish_reason": reason}
    return dialect_of(PROVIDERS[provider]).read({"choices": [choice], **more})


@pytest.mark.parametrize(("provider", "output"), [("openai", 9), ("xai", 309)])
def test_reasoning_counts_as_output_once(provider, output):
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    assert read(provider, {"content": "x"}, usage=usage).usage == Usage(20, output, 12, 300, 3)


def test_deepseeks_count_of_what_was_cached():
    assert read("deepseek", {"content": "x"}, usage={"prompt_cache_hit_tokens": 7}).usage.cached_tokens == 7


THINKING = {
    "type": "thinking",
    "thinking": [{"type": "text", "text": "So be "}, {"type": "text", "text": "it."}],
}


def test_mistrals_thoughts_are_parts_of_the_content():
    response = read("mistral", {"content": [THINKING, {"type": "text", "text": "Hi."}]})
    assert (response.text, response.message["reasoning_content"]) == ("Hi.", "So be it.")


@pytest.mark.parametrize(
    ("reason", "ours"),
    [("model_length", "length"), ("eos", "stop"), ("function_call", "tool_calls"), (7, None)],
)
def test_reasons_to_stop(reason, ours):
    assert read("openai", {"content": "x"}, reason).finish_reason == ours


def test_openrouters_blocks_of_reasoning_are_kept():
    details = [{"type": "reasoning.encrypted", "data": "x", "index": 0}]
    message = read("openrouter", {"content": "x", "reasoning": "So.", "reasoning_details": details}).message
    assert message["openrouter"] == {"reasoning_details": details}
    assert message["reasoning_content"] == "So."
    assert "reasoning_details" not in message
    assert "openai" not in read("openai", {"content": "x", "reasoning_details": details}).message


def assembled(provider, *deltas, reason="stop"):
    assembly = dialect_of(PROVIDERS[provider]).assembly()
    texts = [assembly.feed({"choices": [{"delta": delta}]}) for delta in deltas]
    assembly.feed({"choices": [{"delta": {}, "finish_reason": reason}]})
    return assembly.response(), texts


def test_blocks_of_reasoning_in_pieces():
    blocks = [
        {"type": "reasoning.text", "text": "So ", "index": 0, "signature": None},
        {"type": "reasoning.text", "text": "be it.", "index": 0},
        {"type": "reasoning.text", "text": "", "index": 0, "signature": "s"},
        {"type": "reasoning.text", "text": "Then", "index": 0},
        {"type": "reasoning.encrypted", "data": "x", "index": 1},
        {"type": "reasoning.encrypted", "data": "y", "index": 1},
    ]
    response, _ = assembled("openrouter", *({"reasoning_details": [block]} for block in blocks))
    assert response.message["openrouter"]["reasoning_details"] == [
        {"type": "reasoning.text", "text": "So be it.", "index": 0, "signature": "s"},
        {"type": "reasoning.text", "text": "Then", "index": 0},
        *blocks[4:],
    ]


def test_mistrals_parts_in_pieces():
    parts = [[THINKING], [{"type": "text", "text": "Hi"}], "."]
    response, texts = assembled("mistral", *({"content": part} for part in parts))
    assert texts == ["", "Hi", "."]
    assert (response.text, response.message["reasoning_content"]) == ("Hi.", "So be it.")


def test_calls_that_all_have_one_index():
    def piece(**call):
        return {"tool_calls": [{"index": 0, **call}]}

    response, _ = assembled(
        "vllm",
        piece(id="a", function={"name": "add", "arguments": '{"x"'}),
        piece(function={"arguments": ":1}"}),
        piece(id="b", function={"name": "sub", "arguments": "{}"}, extra_content={"signed": True}),
        reason="tool_calls",
    )
    assert response.message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}},
        {
            "id": "b",
            "type": "function",
            "function": {"name": "sub", "arguments": "{}"},
            "extra_content": {"signed": True},
        },
    ]


@pytest.mark.parametrize(
    ("choice", "kind", "text"),
    [
        (
            {"finish_reason": "error", "error": {"code": 429, "message": "slow"}},
            errors.RateLimitedError,
            "slow",
        ),
        ({"finish_reason": "insufficient_system_resource"}, errors.ProtocolError, "insufficient"),
    ],
)
async def test_an_answer_that_broke_down(serve, choice, kind, text):
    value = {"choices": [{"message": {"content": "I"}, "delta": {"content": "I"}, **choice}]}
    _, lm = await serve(lambda _: ChatServer.Reply(body=value), model="openrouter/x")
    with pytest.raises(kind, match=text):
        await lm("hello")
    chunk = b"data: " + orjson.dumps(value) + b"\n\n"
    _, lm = await serve(lambda _: ChatServer.Reply(body=chunk), model="openrouter/x")
    with pytest.raises(kind, match=text):
        await lm.check()(Request("openrouter", "x", [USER]), Call(lambda _: None))


@pytest.mark.parametrize(
    ("version", "path"),
    [
        (None, "/openai/v1/chat/completions"),
        ("preview", "/openai/v1/chat/completions?api-version=preview"),
        ("2024-10-21", "/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21"),
    ],
)
@pytest.mark.parametrize("base", ["", "/", "/openai", "/openai/v1", "/openai/v1/"])
async def test_addresses_of_azure(serve, monkeypatch, version, path, base):
    if version is not None:
        monkeypatch.setenv("OPENAI_API_VERSION", version)
    server, _ = await serve(lambda _: "hi")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1") + base)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-secret")
    _, lm = await serve(lambda _: "hi", model="azure/my gpt/4", api_base=None, api_key=None)
    assert (await lm("hello", max_tokens=9)).text == "hi"
    assert server.paths == [path]
    assert server.headers[0]["api-key"] == "azure-secret"
    assert "authorization" not in server.headers[0]
    assert server.requests[0] == {"model": "my gpt/4", "messages": [USER], "max_completion_tokens": 9}


async def test_azure_needs_an_address(serve, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-secret")
    _, lm = await serve(lambda _: "hi", model="azure/gpt-4o", api_base=None)
    with pytest.raises(errors.ConfigurationError, match=r"AZURE_OPENAI_ENDPOINT.*api_base=") as caught:
        lm.check()
    assert caught.value.argument == "api_base"


async def test_what_azures_filter_stopped_is_a_refusal(serve):
    inner = {"code": "ResponsibleAIPolicyViolation"}
    error = {"code": "content_filter", "message": "The response was filtered", "innererror": inner}
    reply = ChatServer.Reply(status=400, body={"error": error})
    _, lm = await serve(lambda _: reply, model="azure/gpt-4o")
    with pytest.raises(errors.RefusedError, match="was filtered"):
        await lm("hello")
