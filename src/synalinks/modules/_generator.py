"""The module that asks a language model."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from synalinks.data import ChatMessage, JsonDataModel, SymbolicDataModel, as_json_data_model, schema_of
from synalinks.data._schema import shape_of
from synalinks.errors import ConfigurationError, InvalidOutputError, ProgramError
from synalinks.language_models import LanguageModel, Response, get, output_schema
from synalinks.language_models._feed import feed_of, feeding
from synalinks.language_models._messages import as_message
from synalinks.language_models._parameters import check_parameters
from synalinks.modules._module import Module
from synalinks.modules._rendering import (
    Message,
    PromptTemplate,
    default_system_text,
    example_messages,
    to_text,
)
from synalinks.modules._streaming import answered, is_interactive

_PREFIXES_KEPT = 64


class Generator(Module):
    """Asks a language model for an answer of a given schema.

    It has two trainable variables: `generator.instruction`, whose value is the text that the model
    sees, and `generator.examples`, a list of {"inputs", "outputs"}. Messages put what does not change
    first (instruction, schemas, examples) and the input last, so that providers' prompt caches hit.
    For None as input the output is None, without a call.

    Args:
        data_model: Data model of the answer. Without it and `schema` the answer is a `ChatMessage`.
        schema: JSON schema of the answer, in place of `data_model`.
        language_model: A `LanguageModel`, a string "provider/name", or None for the default model.
        instructions: Initial instruction; None for a text made from the answer's keys.
        examples: Initial examples: (inputs, outputs) pairs or {"inputs", "outputs"} objects.
        prompt_template: Jinja template of the system message; it sees `instruction`, `examples`,
            `inputs_schema` and `outputs_schema` and runs in a sandbox.
        use_inputs_schema: Whether the system message shows the schema of the inputs.
        use_outputs_schema: Whether it shows the schema of the answer.
        return_inputs: Whether the output is the inputs concatenated with the answer. Examples hold the
            answer alone.
        temperature: Sampling temperature; None for the model's default, likewise below.
        max_tokens: Upper bound of the answer's tokens.
        top_p: Nucleus sampling bound, 0 to 1.
        reasoning_effort: "minimal", "low", "medium" or "high", for models that reason.
        streaming: Whether an interactive call returns a `Stream`, which hands the answer out while it comes:
            pieces of text, or with a schema objects (as dicts) that grow. `await stream.result()` is what the
            call would have returned. A call is interactive where this module, or a traced program whose
            output is the answer of this module, is called by no other module and in no run. All others,
            those of `fit`, `evaluate`, `predict`, rewards and callbacks among them, return the whole answer.
        tools: Tools that the model may call, as objects of the OpenAI chat format. Nothing here runs them:
            without a schema the answer is a `ChatMessage` whose `tool_calls` says what was asked for, with
            one such an answer counts as not valid, as it has no value.
        name: Name within its program; defaults to `generator`, `generator_1`, ….
        description: What it does.
        trainable: Whether optimizers may change its variables.

    Raises:
        ConfigurationError: An argument is wrong; the text says which.
    """

    _untracked = Module._untracked | {
        "schema", "tools", "parameters", "_answer_schema", "_inputs_schema", "_prefixes",
    }  # fmt: skip

    def __init__(
        self,
        data_model: Any = None,
        *,
        schema: dict[str, Any] | None = None,
        language_model: LanguageModel | str | None = None,
        instructions: str | None = None,
        examples: Sequence[Any] | None = None,
        prompt_template: str | None = None,
        use_inputs_schema: bool = False,
        use_outputs_schema: bool = False,
        return_inputs: bool = False,
        temperature: float | None = None,
        max_tokens: int | None = None,
        top_p: float | None = None,
        reasoning_effort: str | None = None,
        streaming: bool = False,
        tools: list[dict[str, Any]] | None = None,
        name: str | None = None,
        description: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, trainable=trainable)
        if data_model is not None and schema is not None:
            raise ConfigurationError("A Generator takes data_model= or schema=, not both.", argument="schema")
        if not isinstance(streaming, bool):
            raise ConfigurationError(f"streaming is True or False, got {streaming!r}.", argument="streaming")
        self.streaming = streaming
        if instructions is not None and not isinstance(instructions, str):
            raise ConfigurationError(
                f"instructions is a text, got {instructions!r:.100}.", argument="instructions"
            )
        self.schema = schema if schema is not None else None if data_model is None else schema_of(data_model)
        # A name is resolved now, so that a wrong one fails here; None waits for the default model.
        self.language_model = None if language_model is None else get(language_model)
        self.prompt_template = None if prompt_template is None else PromptTemplate(prompt_template)
        self.use_inputs_schema, self.use_outputs_schema = use_inputs_schema, use_outputs_schema
        self.return_inputs, self.tools = return_inputs, tools
        parameters: dict[str, Any] = {
            "temperature": temperature,
            "max_tokens": max_tokens,
            "top_p": top_p,
            "reasoning_effort": reasoning_effort,
        }
        self.parameters = {key: value for key, value in parameters.items() if value is not None}
        check_parameters(self.parameters)
        self._output_schema = None if self.schema is None else output_schema(self.schema)
        self._answer_schema = ChatMessage.get_schema() if self.schema is None else self.schema
        self._inputs_schema: dict[str, Any] | None = None
        self._prefixes: OrderedDict[tuple[str, int], tuple[Any, list[Message]]] = OrderedDict()
        self.instruction = self.add_variable(
            instructions if instructions is not None else _default_instruction(self.schema),
            schema={"type": "string"},
            name="instruction",
            description="The instruction that the language model follows.",
        )
        self.examples = self.add_variable(
            [_as_example(example) for example in examples or ()],
            schema=_examples_schema(self._answer_schema),
            name="examples",
            description="Examples of inputs and the outputs that are wanted for them.",
        )

    def __call__(self, inputs: Any, training: bool = False) -> Coroutine[Any, Any, Any]:
        """Ask for an input; see `Module`. An interactive call of one that streams returns a `Stream`."""
        if self.streaming and is_interactive(training):
            return answered(self, inputs)
        return super().__call__(inputs, training)

    def _streamer(self) -> Generator | None:
        return self if self.streaming else None

    def build(self, inputs: Any) -> None:
        """Remember the schema of the inputs, for prompts that show it."""
        if not isinstance(inputs, SymbolicDataModel):
            raise ProgramError(
                f"{self.name!r} takes one data model, got a {type(inputs).__name__}. Concatenate several "
                "with `+` first; for a list of samples call the program's `predict`."
            )
        self._inputs_schema = inputs.get_schema()

    async def call(self, inputs: Any, training: bool = False) -> Any:
        """Ask the language model; None in, None out.

        Raises:
            InvalidOutputError: There is a schema, and the model asks for tools in place of an answer.
        """
        if inputs is None:
            return None
        language_model, feed = get(self.language_model), feed_of(self)
        with nullcontext() if feed is None else feeding(language_model, feed):
            response = await language_model(
                self.render(inputs), schema=self._output_schema, tools=self.tools, **self.parameters
            )
        answer = response.message if self._output_schema is None else response.parsed
        if answer is None:
            raise _asks_for_tools(self.name, response)
        output = JsonDataModel.trusted(self._answer_schema, answer)
        return inputs + output if self.return_inputs else output

    async def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """Return the answer's schema, without asking."""
        answer = SymbolicDataModel(schema=self._answer_schema)
        return inputs + answer if self.return_inputs else answer

    def _recorded(self, inputs: Any, outputs: Any) -> tuple[Any, Any]:
        # What examples are made of: the answer without the inputs, its keys named as in its own schema.
        recorded_inputs, recorded = super()._recorded(inputs, outputs)
        if self.return_inputs and isinstance(outputs, JsonDataModel):
            made = outputs.keys()[len(inputs.keys()) :]
            own = shape_of(self._answer_schema).properties
            recorded = {key: recorded[name] for key, name in zip(own, made, strict=False) if name in recorded}
        return recorded_inputs, recorded

    def render(self, inputs: Any) -> list[Message]:
        """Return the messages that the model would see for `inputs`, without a call.

        Args:
            inputs: A data model. One of type `ChatMessages` continues as a conversation.
        """
        data = inputs if type(inputs) is JsonDataModel else as_json_data_model(inputs)
        if data.get_schema().get("title") == "ChatMessages":
            # Keys that hold None are left out, because servers refuse some of them.
            return [*self._prefix(data), *map(as_message, data.get_json()["messages"])]
        return [*self._prefix(data), {"role": "user", "content": to_text(data.get_json())}]

    def _prefix(self, inputs: JsonDataModel) -> list[Message]:
        instruction, examples = self.instruction.value, self.examples.value
        key = (instruction, id(examples))
        kept = self._prefixes.get(key)
        if kept is not None and kept[0] is examples:
            return kept[1]
        messages = self._render_prefix(instruction, examples, inputs)
        self._prefixes[key] = (examples, messages)
        if len(self._prefixes) > _PREFIXES_KEPT:
            self._prefixes.popitem(last=False)
        return messages

    def _render_prefix(
        self, instruction: str, examples: list[dict[str, Any]], inputs: JsonDataModel
    ) -> list[Message]:
        inputs_schema = self._inputs_schema or inputs.get_schema()
        as_chat = self.schema is None
        if self.prompt_template is None:
            system = default_system_text(
                instruction=instruction,
                inputs_schema=inputs_schema if self.use_inputs_schema else None,
                outputs_schema=self.schema if self.use_outputs_schema else None,
            )
        else:
            system = self.prompt_template.render(
                instruction=instruction,
                examples=examples,
                inputs_schema=to_text(inputs_schema),
                outputs_schema=to_text(self._answer_schema),
            )
        shown = [] if self.prompt_template and self.prompt_template.places_examples else examples
        return [{"role": "system", "content": system}, *example_messages(shown, as_chat=as_chat)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make a generator like this one, its data model as schema."""
        if type(self).__init__ is not Generator.__init__:
            return super().get_config()  # a subclass has arguments of its own
        config = {**self._constructor_arguments, "language_model": self.language_model, "schema": self.schema}
        # What the variables hold now is kept with the variables, not here.
        for kept_elsewhere in ("data_model", "examples"):
            config.pop(kept_elsewhere, None)
        return {key: value for key, value in config.items() if value is not None}


def _default_instruction(schema: Mapping[str, Any] | None) -> str:
    if schema is None:
        return "Answer the user's message."
    keys = ", ".join(schema.get("properties", ())) or "none"
    return f"Read the user's input and answer with a JSON object that has these keys: {keys}."


def _asks_for_tools(name: str, response: Response) -> InvalidOutputError:
    """Return the error of an answer that has no value, because it asks for tools."""
    calls = response.message.get("tool_calls") or []
    asked = [call.get("function", {}).get("name") for call in calls if isinstance(call, dict)]
    return InvalidOutputError(
        f"The model of {name!r} asks for the tools {asked} in place of an answer of the schema. A Generator "
        "does not run tools: leave out tools=, or leave out the schema and read `tool_calls` of the message.",
        text=response.text,
        model=response.model or None,
    )


def _as_example(example: Any) -> dict[str, Any]:
    try:
        if isinstance(example, Mapping):
            pair = (example["inputs"], example["outputs"])
        else:
            inputs, outputs = example
            pair = (inputs, outputs)
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(
            'An example is {"inputs": ..., "outputs": ...} or an (inputs, outputs) pair, got '
            f"{example!r:.100}.",
            argument="examples",
        ) from None
    inputs, outputs = (dict(v) if isinstance(v, Mapping) else as_json_data_model(v).get_json() for v in pair)
    return {"inputs": inputs, "outputs": outputs}


def _examples_schema(answer: dict[str, Any]) -> dict[str, Any]:
    outputs = {key: value for key, value in answer.items() if key != "$defs"}
    schema: dict[str, Any] = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"inputs": {"type": "object"}, "outputs": outputs},
            "required": ["inputs", "outputs"],
            "additionalProperties": False,
        },
    }
    return {**schema, "$defs": answer["$defs"]} if "$defs" in answer else schema
