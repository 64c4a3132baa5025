"""What language models and embedding models have in common: a name, a server, and the options of calls."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from synalinks._internal.canonical import digest
from synalinks.errors import ConfigurationError
from synalinks.language_models._cache import Cache
from synalinks.language_models._file_cache import cache_of
from synalinks.language_models._limiter import pace_of
from synalinks.language_models._options import (
    check_count,
    check_number,
    checked_key,
    checked_retry,
)
from synalinks.language_models._retry import Retry
from synalinks.language_models.providers._http import nothing_listens
from synalinks.language_models.providers._secret import Secret
from synalinks.language_models.providers._table import (
    EMBEDDED,
    IN_PROCESS,
    PROVIDERS,
    WITHOUT_SERVER,
    find_base,
    normalised_base,
    split_name,
)


class ServedModel(ABC):
    """A model behind a server; see the classes for the arguments.

    Attributes:
        kind: What it is called in errors: "language model".
    """

    kind: ClassVar[str]

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None,
        key: Secret | None,
        timeout: float | None,
        connect_timeout: float | None,
        retry: Retry | None,
        cache: str | os.PathLike[str] | Cache | None,
        max_concurrency: int,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
    ) -> None:
        if not isinstance(model, str):
            raise ConfigurationError(
                f'model must be a text "provider/name", not {model!r}.', argument="model"
            )
        self._provider_name, self._model_name = split_name(model)
        self.model = model
        self.cache = cache_of(cache)
        check_number("timeout", timeout, allow_none=True)
        check_number("connect_timeout", connect_timeout, allow_none=True)
        check_count("max_concurrency", max_concurrency, least=1)
        check_count("requests_per_minute", requests_per_minute, least=1, allow_none=True)
        check_count("tokens_per_minute", tokens_per_minute, least=1, allow_none=True)
        self.timeout, self.connect_timeout, self.retry = timeout, connect_timeout, checked_retry(retry)
        self.max_concurrency = max_concurrency
        self.requests_per_minute, self.tokens_per_minute = requests_per_minute, tokens_per_minute
        self._pace = pace_of(requests_per_minute, tokens_per_minute)
        self.api_base = None
        if api_base is not None and self._provider_name == EMBEDDED:
            raise ConfigurationError(
                f"{model!r} is in the package and has no server; leave out api_base=.", argument="api_base"
            )
        if api_base is not None and self._provider_name != IN_PROCESS:
            self.api_base = normalised_base(api_base, PROVIDERS[self._provider_name])
        self._given_key = None if key is None else checked_key(key)

    @abstractmethod
    def check(self) -> Any:
        """Make sure that the model can be called, without calling it.

        Raises:
            MissingAPIKeyError: A key is needed, none was given and the environment holds none.
            ConfigurationError: A default parameter is one that the server is known not to take.
            FileError: The file of the cache cannot be used.
        """

    async def probe(self) -> None:
        """Make sure that a server that should be on this machine is there; other servers are not asked.

        Raises:
            MissingAPIKeyError: As for `check`.
            ConfigurationError: Nothing listens at the address.
        """
        self.check()
        address = self._address()
        if address is not None and await nothing_listens(address):
            raise ConfigurationError(
                f"Nothing listens at {address}, where {self.model!r} should be. Start its server, or give "
                "another address with api_base=.",
                argument=self._argument,
            )

    @property
    def _argument(self) -> str:
        return self.kind.replace(" ", "_")

    def _address(self) -> str | None:
        if self._provider_name in WITHOUT_SERVER:
            return None
        return self.api_base or find_base(PROVIDERS[self._provider_name])

    def _where(self) -> str:
        """Return a part of keys of the cache: answers of another server are others."""
        return digest((self._address() or "").encode(), size=8)

    def _refuse_in_process(self) -> None:
        if self._provider_name == IN_PROCESS:
            raise ConfigurationError(
                f"{self.model!r} answers in the process that made it and cannot be loaded from a file: set "
                f"another {self.kind}.",
                argument=self._argument,
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON, without the key."""
        return {
            "model": self.model,
            "api_base": self.api_base,
            "timeout": self.timeout,
            "connect_timeout": self.connect_timeout,
            "retry": self.retry.get_config(),
            "cache": None if self.cache is None else self.cache.get_config(),
            "max_concurrency": self.max_concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        retry = config.get("retry")
        return cls(**{**config, "retry": None if retry is None else Retry.from_config(retry)})

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __repr__(self) -> str:
        base = "" if self.api_base is None else f", api_base={self.api_base!r}"
        return f"{type(self).__name__}({self.model!r}{base})"


Model = TypeVar("Model", bound=ServedModel)


def named(identifier: Any, cls: type[Model], default: Model | None) -> Model:
    """Return the model that `identifier` names.

    Args:
        identifier: A model of the class, its name, its configuration, or None for the default.
        cls: The class.
        default: The default, None where none was set.

    Raises:
        ConfigurationError: It names none, or it is None and there is no default.
    """
    argument = cls.kind.replace(" ", "_")
    if identifier is None and default is None:
        raise ConfigurationError(
            f"No {cls.kind}: pass {argument}=, or call "
            f'synalinks.set_default_{argument}("provider/name") first.',
            argument=argument,
        )
    identifier = default if identifier is None else identifier
    if isinstance(identifier, cls):
        return identifier
    if isinstance(identifier, str):
        return cls._made({"model": identifier})
    if isinstance(identifier, Mapping):
        return cls._made(identifier)
    article = "an" if cls.__name__.startswith("E") else "a"
    raise ConfigurationError(
        f'{argument} must be {article} {cls.__name__}, a name "provider/name" or None, not {identifier!r}.',
        argument=argument,
    )
