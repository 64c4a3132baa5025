import copy
import pickle

import pytest

import synalinks.language_models as language_models
from synalinks import errors
from synalinks._internal.settings import override
from synalinks.language_models import FunctionModel, LanguageModel, Retry, set_default_language_model
from synalinks.language_models.providers._table import PROVIDERS

SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


class Message:
    """Stands for a data model."""

    def __init__(self, value):
        self.value = value

    def get_json(self):
        return self.value


USER = {"role": "user", "content": "hello"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("hello", [USER]),
        ([USER], [USER]),
        ((USER,), [USER]),
        (USER, [USER]),
        ({"messages": [USER]}, [USER]),
        (Message({**USER, "tool_calls": None, "name": None}), [USER]),
        (Message({"messages": [{**USER, "tool_calls": None}]}), [USER]),
        ([Message(USER), USER], [USER, USER]),
        (Message({"role": "assistant", "content": None}), [{"role": "assistant", "content": None}]),
    ],
)
async def test_messages_come_in_many_forms(given, sent):
    lm = FunctionModel(lambda _: "hi")
    await lm(given)
    assert lm.requests[0].messages == sent


async def test_a_conversation_may_go_on_in_the_same_list():
    lm = FunctionModel(lambda _: "hi")
    messages = [USER]
    await lm(messages)
    messages.append(USER)
    assert lm.requests[0].messages == [USER]
    assert lm.requests[0].messages[0] is USER


@pytest.mark.parametrize("wrong", [7, None, [], [7], {}, [{"content": "x"}], {"messages": []}])
async def test_what_is_no_message_is_refused_before_the_call(wrong):
    lm = FunctionModel(lambda _: "hi")
    with pytest.raises(errors.ConfigurationError, match=r"[Mm]essage") as caught:
        await lm(wrong)
    assert caught.value.argument == "messages"
    assert not lm.requests


async def test_the_body_holds_what_was_asked_for_and_nothing_else(serve):
    server, lm = await serve(lambda _: "{}", temperature=0.5, top_p=None, seed=3)
    tools = [{"type": "function", "function": {"name": "add"}}]
    await lm("hello", tools=tools, seed=4, stop=None)
    await lm("hello", schema=SCHEMA)
    assert server.requests[0] == {
        "model": "test",
        "messages": [USER],
        "temperature": 0.5,
        "seed": 4,
        "tools": tools,
    }
    assert server.requests[1] == {
        "model": "test",
        "messages": [USER],
        "temperature": 0.5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
        },
    }


async def test_headers_are_those_of_the_protocol(serve):
    server, lm = await serve(lambda _: "hi")
    await lm("hello")
    headers = server.headers[0]
    assert headers["authorization"] == "Bearer sk-very-secret-0123456789"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("provider", "sent"),
    [
        ("openai", {"max_completion_tokens": 9, "seed": 1}),
        ("groq", {"max_completion_tokens": 9, "seed": 1}),
        ("mistral", {"max_tokens": 9, "random_seed": 1}),
        ("vllm", {"max_tokens": 9, "seed": 1}),
        ("ollama", {"stream": False, "options": {"num_predict": 9, "seed": 1}}),
    ],
)
async def test_parameters_have_the_providers_names(serve, provider, sent):
    server, lm = await serve(lambda _: "hi", model=f"{provider}/test", max_tokens=9)
    await lm("hello", seed=1)
    assert server.requests[0] == {"model": "test", "messages": [USER], **sent}


@pytest.mark.parametrize("system", [None, "Be brief."])
async def test_a_server_without_schemas_is_asked_in_words(serve, system):
    server, lm = await serve(lambda _: "{}", model="deepseek/chat")
    messages = [USER] if system is None else [{"role": "system", "content": system}, USER]
    kept = copy.deepcopy(messages)
    assert (await lm(messages, schema=SCHEMA)).parsed == {}
    first, last = server.requests[0]["messages"]
    assert last == USER
    assert first["role"] == "system"
    assert first["content"].startswith(system or "Answer with one JSON object only")
    assert '"additionalProperties":false' in first["content"]
    assert server.requests[0]["response_format"] == {"type": "json_object"}
    assert messages == kept


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "litellm"])
async def test_every_provider_of_the_table_is_spoken_to(serve, provider):
    server, lm = await serve(lambda _: "hi", model=f"{provider}/some/name")
    assert (await lm("hello")).text == "hi"
    assert "some/name" in server.paths[0] + server.requests[0].get("model", "")


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "litellm"])
def test_a_key_is_needed_where_the_table_says_so(monkeypatch, provider):
    spec = PROVIDERS[provider]
    lm = LanguageModel(f"{provider}/test", api_base=None if spec.own_address else "https://mine.example.org")
    if spec.key_needed:
        with pytest.raises(errors.MissingAPIKeyError, match=spec.key_variables[0]):
            lm.check()
        monkeypatch.setenv(spec.key_variables[-1], "sk-1")
    lm.check()


async def test_a_missing_key_is_found_before_the_call():
    with pytest.raises(errors.MissingAPIKeyError, match="OPENAI_API_KEY"):
        await LanguageModel("openai/test")("hello")


async def test_another_server_may_need_no_key(serve):
    server, lm = await serve(lambda _: "hi", api_key=None)
    await lm("hello")
    assert "authorization" not in server.headers[0]


async def test_keys_are_read_late(serve, monkeypatch):
    server, lm = await serve(lambda _: "hi", api_key=None)
    monkeypatch.setenv("OPENAI_API_KEY", " sk-late\n")
    await lm("hello")
    assert server.headers[0]["authorization"] == "Bearer sk-late"


@pytest.mark.parametrize(
    ("variable", "model", "value", "address"),
    [
        ("OPENAI_BASE_URL", "openai/x", "http://127.0.0.1:9/api/", "http://127.0.0.1:9/api"),
        ("OLLAMA_HOST", "ollama/x", "127.0.0.1:9", "http://127.0.0.1:9"),
        ("OLLAMA_HOST", "ollama/x", "0.0.0.0", "http://127.0.0.1:11434"),
        ("OLLAMA_HOST", "ollama/x", ":9", "http://127.0.0.1:9"),
        ("OLLAMA_HOST", "ollama/x", "http://box:9", "http://box:9"),
        ("OLLAMA_HOST", "ollama/x", "https://box", "https://box"),
        ("OLLAMA_HOST", "ollama/x", "http://box:9/v1", "http://box:9"),
        ("ANTHROPIC_BASE_URL", "anthropic/x", "https://box/anthropic/v1/", "https://box/anthropic"),
        ("ANTHROPIC_BASE_URL", "anthropic/x", "", "https://api.anthropic.com"),
    ],
)
def test_addresses_come_from_the_environment(monkeypatch, variable, model, value, address):
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-2")
    assert LanguageModel(model)._provider().account.startswith(f"{address}#")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("https://box/api/v2/", "https://box/api/v2"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
    ],
)
def test_an_address_is_completed(given, kept):
    assert LanguageModel("openai/x", api_base=given).api_base == kept


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://me:pass@box/v1", "user name or password"),
        ("me@box", "user name or password"),
        ("ftp://box", "must be an address"),
        ("http://", "must be an address"),
        ("http://box/v1?key=1", "must be an address"),
        ("http://box:port/v1", "must be an address"),
        ("http://[box", "must be an address"),
        ("", "must be an address"),
    ],
)
def test_an_address_that_cannot_be_is_refused(address, reason):
    with pytest.raises(errors.ConfigurationError, match=reason) as caught:
        LanguageModel("openai/x", api_base=address)
    assert caught.value.argument == "api_base"
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("gpt-4o", '"provider/name".*Providers: openai, anthropic, ollama'),
        ("openai:gpt-4o", 'Did you mean "openai/gpt-4o"'),
        ("mistral-small", 'Did you mean "mistral/mistral-small"'),
        ("openai/", "is not a model name"),
        ("/gpt", "is not a model name"),
        ("", "is not a model name"),
        ("opnai/gpt-4o", "Did you mean 'openai'"),
        (7, "must be a text"),
    ],
)
def test_a_model_name_that_cannot_be_is_refused(model, reason):
    with pytest.raises(errors.ConfigurationError, match=reason):
        LanguageModel(model)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": "2"}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": True}, "max_concurrency"),
        ({"requests_per_minute": 0}, "requests_per_minute must be an integer of at least 1"),
        ({"tokens_per_minute": 1.5}, "tokens_per_minute"),
        ({"rpm": 60}, "Did you mean requests_per_minute="),
        ({"validation_retries": -1}, "validation_retries"),
        ({"retry": 3}, r"Retry\(max_tries=3\)"),
        ({"fallback": "gpt-4o"}, "is not a model name"),
        ({"cache": 3}, r'cache must be "memory", the path of a file, MemoryCache\(\)'),
        ({"cache": ""}, "cache must be"),
        ({"rollout": 3}, r"pass it with a call, lm\(messages, rollout="),
        ({"api_ky": "sk-1"}, "Did you mean 'api_key'"),
        ({"timeouts": 3}, "Did you mean 'timeout'"),
        ({"stream": True}, "always comes whole"),
        ({"response_format": {}}, "pass schema= instead"),
        ({"stop": {1, 2}}, "not JSON"),
        ({"base_url": "http://box"}, r"'base_url' of LanguageModel\. Did you mean api_base="),
        ({"Host": "box"}, "Did you mean api_base="),
        ({"token": "sk-1"}, "Did you mean api_key="),
        ({"max_retries": 3}, r"Did you mean retry=Retry\(max_tries=\.\.\.\)"),
        ({"extra_body": {"top_k": 3}}, "pass its items themselves"),
        ({"temprature": 0.3}, "Did you mean 'temperature'"),
        ({"Temperature": 0.3}, "Did you mean 'temperature'"),
        ({"max_token": 3}, "Did you mean 'max_tokens'"),
        ({"temperature": "hot"}, "temperature must be a number, not 'hot'"),
        ({"temperature": True}, "temperature must be a number"),
        ({"top_p": float("nan")}, "top_p must be a number"),
        ({"max_tokens": 5.5}, "max_tokens must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"api_key": "sk 1"}, "api_key must be"),
        ({"api_key": "sk-ü"}, "api_key must be"),
        ({"api_key": 7}, "api_key must be"),
    ],
)
def test_options_that_cannot_be_are_refused(options, reason):
    with pytest.raises(errors.ConfigurationError, match=reason):
        LanguageModel("openai/x", **options)


def test_no_value_of_a_name_that_is_not_known_is_shown():
    for name in ("token", "api_ky", "key"):
        with pytest.raises(errors.ConfigurationError) as caught:
            LanguageModel("openai/x", **{name: "sk-12345"})
        assert "sk-12345" not in str(caught.value)
        assert caught.value.argument == name


@pytest.mark.parametrize("name", ["min_tokens", "typical_p", "top_a", "models", "chat_template_kwargs"])
def test_a_parameter_that_only_some_servers_have_passes(name):
    assert LanguageModel("vllm/x", **{name: 3}).default_params == {name: 3}


async def test_parameters_of_a_call_are_checked_like_the_defaults():
    lm = FunctionModel(lambda _: "hi")
    for wrong, reason in (({"temprature": 1}, "'temperature'"), ({"top_k": "x"}, "a whole number, not 'x'")):
        with pytest.raises(errors.ConfigurationError, match=reason):
            await lm("hello", **wrong)
    assert lm.requests == []
    await lm("hello", temperature=0, seed=None)
    assert lm.requests[0].params == {"temperature": 0}


async def test_parameters_of_the_protocol_are_not_the_callers():
    with pytest.raises(errors.ConfigurationError, match="ask n times"):
        await FunctionModel(lambda _: "hi")("hello", n=2)


async def test_a_request_that_is_not_json_is_refused(serve):
    server, lm = await serve(lambda _: "hi")
    with pytest.raises(errors.ConfigurationError, match="not JSON"):
        await lm([{"role": "user", "content": {1, 2}}])
    assert not server.requests


def test_a_model_comes_back_from_its_configuration():
    lm = LanguageModel(
        "ollama/x", api_base="http://box/v1", timeout=3, retry=Retry(max_tries=2), max_concurrency=7,
        validation_retries=0, temperature=0.1, requests_per_minute=600, tokens_per_minute=9000,
    )  # fmt: skip
    config = lm.get_config()
    again = LanguageModel.from_config(config)
    assert again.get_config() == config
    assert (again.retry, again.default_params) == (Retry(max_tries=2), {"temperature": 0.1})
    assert pickle.loads(pickle.dumps(lm)).get_config() == config
    assert copy.deepcopy(lm) is copy.copy(lm) is lm


def test_a_model_of_this_process_comes_back_as_one_that_cannot_be_called():
    lm = LanguageModel.from_config(FunctionModel(lambda _: "hi").get_config())
    assert lm.model == "testing/function"
    with pytest.raises(errors.ConfigurationError, match="set another language model"):
        lm.check()


def test_get_takes_models_names_configurations_and_the_default():
    lm = LanguageModel("ollama/x", temperature=0.1)
    assert language_models.get(lm) is lm
    assert language_models.get("ollama/y").model == "ollama/y"
    assert language_models.get(lm.get_config()).get_config() == lm.get_config()
    with pytest.raises(errors.ConfigurationError, match="set_default_language_model"):
        language_models.get()
    set_default_language_model(lm)
    assert language_models.get() is lm
    set_default_language_model("ollama/z")
    assert language_models.get().model == "ollama/z"
    with override(language_model=lm):
        assert language_models.get() is lm
    set_default_language_model(None)
    with pytest.raises(errors.ConfigurationError, match="No language model"):
        language_models.get()
    with pytest.raises(errors.ConfigurationError, match="language_model must be"):
        language_models.get(7)


async def test_an_answer_holds_all_that_came(serve):
    from synalinks.hooks import Usage
    from synalinks.language_models import Response
    from synalinks.testing import ChatServer

    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    body = ChatServer.completion({"model": "test-2024"}, "hi", tool_calls=[call], reasoning="hm", audio=None)
    body["usage"] = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    _, lm = await serve(lambda _: ChatServer.Reply(body=body))
    response = await lm("hello")
    message = {"role": "assistant", "content": "hi", "tool_calls": [call], "reasoning_content": "hm"}
    assert response == Response(message, "hi", None, Usage(10, 5, 4, 2), "stop", "test-2024")
    assert Response.from_json(response.to_json()) == response


@pytest.mark.parametrize(
    "usage", [None, [], {}, {"prompt_tokens": None}, {"prompt_tokens": "7", "completion_tokens_details": 3}]
)
async def test_usage_may_be_missing(serve, usage):
    from synalinks.hooks import Usage
    from synalinks.testing import ChatServer

    _, lm = await serve(
        lambda body: ChatServer.Reply(body={**ChatServer.completion(body, "hi"), "usage": usage})
    )
    assert (await lm("hello")).usage == Usage()


async def test_content_in_parts_is_joined(serve):
    from synalinks.testing import ChatServer

    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]
    _, lm = await serve(lambda body: ChatServer.Reply(body=ChatServer.completion(body, parts)))
    assert (await lm("hello")).text == "ab"


async def test_data_models_are_taken_as_they_are():
    from synalinks.data import ChatMessage, ChatMessages, DataModel

    class Answer(DataModel):
        answer: float

    lm = FunctionModel(lambda _: Answer(answer=4))
    message = ChatMessage(role="user", content="hello")
    chat = ChatMessages(messages=[message])
    for given in (message, chat, chat.to_json_data_model(), [message]):
        for schema in (Answer, Answer.to_symbolic_data_model(), Answer.get_schema()):
            assert (await lm(given, schema=schema)).parsed == {"answer": 4.0}
    assert all(request.messages == [USER] for request in lm.requests)
    assert lm.requests[0].schema is lm.requests[2].schema
    assert lm.requests[0].schema.name == "Answer"
