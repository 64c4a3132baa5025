"""How servers that speak OpenAI's chat completions differ from it, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from synalinks.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Parameters that some models of a provider do not take.

    Attributes:
        models: Regular expression of the whole names of these models.
        params: The parameters.
        unless: The one value that is taken all the same, where there is one.
        reasoning: Whether they are refused only where `reasoning_effort` is given and not "none".
    """

    models: str
    params: tuple[str, ...]
    unless: Any = None
    reasoning: bool = False


@dataclass(frozen=True, slots=True)
class Quirks:
    """How a server of chat completions differs from OpenAI's.

    Attributes:
        refusals: Parameters that models do not take, as far as it is known for sure.
        schema_alone: Whether it takes a response format neither beside tools nor in a stream; the schema is
            then put into the messages.
        stream_options: Whether a stream has to be asked for its usage.
        reasoning: Key under which it wants the reasoning in its messages back, None where it does not.
        kept: Keys of its messages that it wants to see again as they are; they are kept in the message under
            the provider's name.
        unknown_keys: Keys of messages that it refuses.
        reasoning_apart: Whether it counts the tokens of reasoning beside those of the answer.
    """

    refusals: tuple[Refusal, ...] = ()
    schema_alone: bool = False
    stream_options: bool = True
    reasoning: str | None = None
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown_keys: tuple[str, ...] = ()
    reasoning_apart: bool = False


_LIKELY = ("logprobs", "top_logprobs", "logit_bias")
_SAMPLING = ("temperature", "top_p")
_PENALTIES = ("presence_penalty", "frequency_penalty")
_ALWAYS_REASONING = r"o[134](-.*)?|codex-mini.*|gpt-5(-(mini|nano|pro|codex))?(-\d.*)?"

OPENAI: Final = Quirks(
    refusals=(
        Refusal(_ALWAYS_REASONING, _SAMPLING, unless=1),
        Refusal(_ALWAYS_REASONING, (*_PENALTIES, *_LIKELY)),
        Refusal(r"gpt-5\.\d+(?!.*chat).*", (*_SAMPLING, "logprobs", "top_logprobs"), reasoning=True),
        Refusal(r"o3(-pro)?(-\d.*)?|o4-mini.*", ("stop",)),
        Refusal(r"gpt-(3\.5|4).*|chatgpt-4o.*", ("reasoning_effort",)),
    ),
)
"""platform.openai.com/docs/guides/reasoning and .../guides/latest-model, "Parameter compatibility"; `stop` as
in the reference of chat completions. What newer models take is left to the server."""

GROQ: Final = Quirks(refusals=(Refusal(".*", _LIKELY),), schema_alone=True, unknown_keys=("name",))
"""console.groq.com/docs/openai, "Currently unsupported", and console.groq.com/docs/structured-outputs."""

MISTRAL: Final = Quirks(stream_options=False)
"""docs.mistral.ai/api: the last piece of a stream has the usage anyway; what is not known is refused."""

DEEPSEEK: Final = Quirks(reasoning="reasoning_content")
"""api-docs.deepseek.com/guides/thinking_mode: between calls of tools the reasoning must come back."""

VLLM: Final = Quirks(reasoning="reasoning")
"""docs.vllm.ai/en/latest/features/reasoning_outputs."""

LLAMA_CPP: Final = Quirks(reasoning="reasoning_content")
"""github.com/ggml-org/llama.cpp/tree/master/tools/server, `reasoning_content`."""

OPENROUTER: Final = Quirks(kept={"openrouter": ("reasoning_details",)})
"""openrouter.ai/docs/guides/best-practices/reasoning-tokens, "Preserving reasoning"."""

XAI: Final = Quirks(
    refusals=(Refusal(r"grok-(3-mini|code|4(?!.*non-reasoning)).*", (*_PENALTIES, "stop")),),
    reasoning_apart=True,
)
"""docs.x.ai/docs/guides/reasoning; docs.x.ai/docs/key-information/consumption-and-rate-limits."""


LITELLM: Final = Quirks(reasoning="reasoning_content", kept={"litellm": ("thinking_blocks",)})
"""docs.litellm.ai/docs/reasoning_content."""


Refused = Mapping[str, tuple[Refusal, ...]]
"""Parameters that a model may refuse, with the reasons why."""


def refused_by(refusals: tuple[Refusal, ...], model: str) -> Refused:
    """Return the parameters that a model may refuse."""
    matching = [refusal for refusal in refusals if re.fullmatch(refusal.models, model)]
    names = {name for refusal in matching for name in refusal.params}
    return {name: tuple(each for each in matching if name in each.params) for name in names}


def check_taken(refused: Refused, model: str, params: Mapping[str, Any]) -> None:
    """Refuse parameters that a model is known not to take.

    Raises:
        ConfigurationError: There is one.
    """
    thinks = params.get("reasoning_effort", "none") != "none"
    for name in refused.keys() & params.keys():
        for refusal in refused[name]:
            taken = refusal.unless is not None and params[name] == refusal.unless
            if taken or (refusal.reasoning and not thinks):
                continue
            when = " while it reasons" if refusal.reasoning else ""
            other = "" if refusal.unless is None else f" other than {refusal.unless}"
            raise ConfigurationError(f"{model} takes no {name}{other}{when}; leave it out.", argument=name)
