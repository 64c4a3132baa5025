"""The providers: a table of data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from synalinks.errors import ConfigurationError, MissingAPIKeyError, UnknownNameError, nearest_name
from synalinks.language_models.providers import _quirks
from synalinks.language_models.providers._secret import Secret


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """How one provider differs from others.

    Attributes:
        api_base: Its address.
        key_variables: Environment variables that may hold the key, the first that is set counts.
        key_needed: Whether its own address refuses calls without a key.
        base_variables: Environment variables that may hold another address.
        renamed: Parameters that it calls by another name than OpenAI's older, common one.
        takes_schema: Whether it takes a JSON schema as response format; otherwise the schema is put into
            the messages and only "some JSON object" is asked for.
        strict: Whether it enforces a schema in OpenAI's strict mode only, so that schemas are adapted to it;
            otherwise it gets them as they are.
        dialect: Name of the protocol that it speaks.
        quirks: How its chat completions differ from OpenAI's besides.
        own_address: Whether all its users call `api_base`; otherwise each has an address of their own, and
            `api_base` only shows its form.
    """

    api_base: str
    key_variables: tuple[str, ...] = ()
    key_needed: bool = True
    base_variables: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    takes_schema: bool = True
    strict: bool = False
    dialect: str = "chat_completions"
    quirks: _quirks.Quirks = field(default_factory=_quirks.Quirks)
    own_address: bool = True


_COMPLETION_TOKENS = {"max_tokens": "max_completion_tokens"}
_LLAMA_CPP = ProviderSpec(
    "http://127.0.0.1:8080/v1", ("LLAMA_API_KEY",), key_needed=False, quirks=_quirks.LLAMA_CPP
)

PROVIDERS: Mapping[str, ProviderSpec] = MappingProxyType(
    {
        "openai": ProviderSpec(
            "https://api.openai.com/v1",
            ("OPENAI_API_KEY",),
            base_variables=("OPENAI_BASE_URL",),
            renamed=_COMPLETION_TOKENS,
            strict=True,
            quirks=_quirks.OPENAI,
        ),
        "anthropic": ProviderSpec(
            "https://api.anthropic.com",
            ("ANTHROPIC_API_KEY",),
            base_variables=("ANTHROPIC_BASE_URL",),
            dialect="anthropic",
        ),
        "ollama": ProviderSpec(
            "http://127.0.0.1:11434",
            ("OLLAMA_API_KEY",),
            key_needed=False,
            base_variables=("OLLAMA_HOST",),
            dialect="ollama",
        ),
        "vllm": ProviderSpec(
            "http://127.0.0.1:8000/v1", ("VLLM_API_KEY",), key_needed=False, quirks=_quirks.VLLM
        ),
        "llama.cpp": _LLAMA_CPP,
        "llama_cpp": _LLAMA_CPP,
        "groq": ProviderSpec(
            "https://api.groq.com/openai/v1",
            ("GROQ_API_KEY",),
            renamed=_COMPLETION_TOKENS,
            quirks=_quirks.GROQ,
        ),
        "mistral": ProviderSpec(
            "https://api.mistral.ai/v1",
            ("MISTRAL_API_KEY",),
            renamed={"seed": "random_seed"},
            strict=True,
            quirks=_quirks.MISTRAL,
        ),
        "deepseek": ProviderSpec(
            "https://api.deepseek.com/v1",
            ("DEEPSEEK_API_KEY",),
            takes_schema=False,
            quirks=_quirks.DEEPSEEK,
        ),
        "openrouter": ProviderSpec(
            "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), strict=True, quirks=_quirks.OPENROUTER
        ),
        "together": ProviderSpec("https://api.together.xyz/v1", ("TOGETHER_API_KEY",)),
        "xai": ProviderSpec("https://api.x.ai/v1", ("XAI_API_KEY",), strict=True, quirks=_quirks.XAI),
        "azure": ProviderSpec(
            "https://your-resource.openai.azure.com/openai/v1",
            ("AZURE_OPENAI_API_KEY",),
            base_variables=("AZURE_OPENAI_ENDPOINT",),
            renamed=_COMPLETION_TOKENS,
            strict=True,
            dialect="azure",
            own_address=False,
        ),
        "gemini": ProviderSpec(
            "https://generativelanguage.googleapis.com/v1beta",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            base_variables=("GOOGLE_GEMINI_BASE_URL",),
            dialect="gemini",
        ),
        "litellm": ProviderSpec("", key_needed=False, strict=True, dialect="litellm", quirks=_quirks.LITELLM),
    }
)
"""Provider name to what is particular about it."""

IN_PROCESS = "testing"
"""Provider of the models that answer in the process; nothing of them can be loaded from a file."""

EMBEDDED = "embedded"
"""Provider of the models that are in the package."""

EMBEDDED_MODELS = ("arithmetic",)
"""Their names."""

WITHOUT_SERVER = (IN_PROCESS, EMBEDDED)
"""Providers that have neither address nor key."""


def split_name(model: str) -> tuple[str, str]:
    """Return provider and model of "provider/model".

    Raises:
        ConfigurationError: There is no provider in it.
        UnknownNameError: The provider is not known, or no model of that name is in the package.
    """
    provider, slash, name = model.partition("/")
    if not slash or not provider or not name:
        raise ConfigurationError(
            f'{model!r} is not a model name: expected "provider/name", for example "openai/gpt-4o-mini". '
            f"{_suggestion(model)}Providers: {', '.join((*PROVIDERS, EMBEDDED))}.",
            argument="model",
        )
    if provider not in PROVIDERS and provider not in WITHOUT_SERVER:
        raise UnknownNameError(
            "provider", provider, (*PROVIDERS, EMBEDDED), hint=f'In the model name "{model}".'
        )
    if provider == EMBEDDED and name not in EMBEDDED_MODELS:
        raise UnknownNameError("embedded model", name, EMBEDDED_MODELS, hint=f'In the model name "{model}".')
    return provider, name


def _suggestion(model: str) -> str:
    """Return a sentence that guesses what was meant by a model name without a provider, or nothing."""
    head, _, rest = model.strip("/").partition(":")
    nearest = nearest_name(head, (*PROVIDERS, EMBEDDED))
    return "" if nearest is None else f'Did you mean "{nearest}/{rest or head}"? '


def normalised_base(address: str, spec: ProviderSpec) -> str:
    """Return an address of a server in full: with scheme, and with the provider's path where it has none.

    Of a provider whose own address has no path, a "/v1" at the end is left out: it is where the same server
    speaks OpenAI's protocol, or a part of the paths that the dialect adds.

    Raises:
        ConfigurationError: It is not an address of a web server, or it holds a user name or a password.
    """
    full = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(full)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "api_base must not hold a user name or password; give the key as api_key.", argument="api_base"
        )
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigurationError(
            f'api_base must be an address such as "{spec.api_base}", not {address!r}.', argument="api_base"
        )
    usual = urlsplit(spec.api_base).path
    path = parts.path.rstrip("/") or usual
    if spec.api_base and not usual:
        path = path.removesuffix("/v1")
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, shown if port is None else f"{shown}:{port}", path, "", ""))


def find_base(spec: ProviderSpec) -> str:
    """Return the address to use when none was given: from the environment, or the provider's own.

    Raises:
        ConfigurationError: The provider has none that all its users call, and the environment names none.
    """
    for variable in spec.base_variables:
        value = os.environ.get(variable, "").strip()
        if value:
            return normalised_base(_reachable(value, spec), spec)
    if not spec.own_address:
        form = spec.api_base.removesuffix(urlsplit(spec.api_base).path)
        raise ConfigurationError(
            f"No address: set the environment variable {' or '.join(spec.base_variables)} to that of your "
            f'resource, such as "{form}", or pass api_base=.',
            argument="api_base",
        )
    return spec.api_base


def _reachable(address: str, spec: ProviderSpec) -> str:
    """Return a bind address such as "0.0.0.0" as one that can be called, with the usual port."""
    if "://" in address:
        return address
    host, _, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
    host = "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104 - recognised, not bound
    return f"{host}:{port or urlsplit(spec.api_base).port or 80}"


def find_key(model: str, spec: ProviderSpec, *, own_address: bool) -> Secret:
    """Return the key from the environment; an empty one where none is set and none is needed.

    Args:
        model: Full model name, for the message.
        spec: The provider.
        own_address: Whether the provider's own address is called; other servers may need no key.

    Raises:
        MissingAPIKeyError: A key is needed and not set.
    """
    for variable in spec.key_variables:
        value = os.environ.get(variable, "").strip()
        if value:
            return Secret(value)
    if spec.key_needed and own_address:
        raise MissingAPIKeyError(
            f"No API key for {model!r}: set the environment variable {' or '.join(spec.key_variables)}, "
            "or pass api_key=.",
            argument="api_key",
        )
    return Secret("")
