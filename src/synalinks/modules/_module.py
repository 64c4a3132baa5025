"""Modules: what programs are made of."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, Self

from synalinks._internal.coroutines import resolved
from synalinks._internal.names import first_free, snake_case
from synalinks._internal.plain import plain
from synalinks._internal.scope import SampleScope, module_path, purpose, sample_scope
from synalinks._internal.structure import leaves, leaves_with_path, map_leaves
from synalinks.data import DataModel, JsonDataModel, Origin, SymbolicDataModel, schema_of
from synalinks.data._symbolic_data_model import NoValueError
from synalinks.errors import ConfigurationError, ProgramError
from synalinks.hooks import Hook, ModuleCallEnded, ModuleCallStarted, listening, observed
from synalinks.hooks._dispatcher import AnyHook, added, removed
from synalinks.language_models._last_calls import LastCalls, last_calls
from synalinks.modules._index import trainable_variables_by_path, variables_by_path
from synalinks.modules._values import as_node, as_nodes, as_outputs, as_values, check_spec, declared_output
from synalinks.modules._variable import Variable

_RECORDED = ("program", "optimizer")
"""Purposes of calls that a trace has: the program runs for itself, or for an optimizer."""

_SCHEMAS_OF_PLAIN_VALUES: tuple[tuple[type, str], ...] = (
    (str, "string"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
)


class Module:
    """A step of a program: data models in, data models out.

    Subclass it and override `async call(inputs, training=False)` (the `training` argument is optional). It
    returns a data model, None, or a list, tuple or dict of such. A graph finds the output's schema by
    running `call` on symbolic inputs; where `call` reads fields, annotate it with the data model class that
    it returns (`-> Answer`), or override `compute_output_spec(inputs)`. Override `build(inputs)` to make
    variables that depend on the schema of the inputs, and `get_config` / `from_config` where the arguments
    of the constructor are not JSON, data models, modules or registered functions.

    Attributes that are modules, variables or metrics are tracked, also within lists, tuples and dicts.

    Args:
        name: Name within its program; defaults to the class's name in snake case.
        description: What it does; optimizers may show it to a language model.
        trainable: Whether optimizers may change its variables.
    """

    _constructor_arguments: dict[str, Any]
    _takes_training: bool = True
    _untracked: frozenset[str] = frozenset(
        {"_constructor_arguments", "_hooks", "_input_spec", "_last_calls", "_variables"}
    )
    """Attributes that are not searched for modules and variables; a subclass adds those of plain JSON."""
    _hooks: tuple[Hook, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parameters = inspect.signature(cls.call).parameters
        any_keyword = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        cls._takes_training = "training" in parameters or any_keyword

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        instance = super().__new__(cls)
        instance._constructor_arguments = _bound_arguments(cls, args, kwargs)
        return instance

    def __init__(
        self, *, name: str | None = None, description: str | None = None, trainable: bool = True
    ) -> None:
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ConfigurationError(
                f"A module's name is a non-empty string without '/', got {name!r}.", argument="name"
            )
        self.explicit_name = name
        self._program_name: str | None = None
        self.description = description
        self.trainable = trainable
        self.built = False
        self._input_spec: Any = None
        self._variables: list[Variable] = []
        self._last_calls = LastCalls()

    if not TYPE_CHECKING:  # a type checker is to know the attributes that there are

        def __getattr__(self, name: str) -> Any:
            if "_variables" not in self.__dict__ and not name.startswith("__"):
                cls = type(self).__name__
                raise AttributeError(
                    f"{cls!r} object has no attribute {name!r}: call super().__init__() first in "
                    f"{cls}.__init__."
                )
            return object.__getattribute__(self, name)  # raises what brought us here

    @property
    def name(self) -> str:
        """The name given, or the one that its newest program gave it, or the class's in snake case."""
        return self.explicit_name or self._program_name or snake_case(type(self).__name__)

    # --- Overridden by subclasses ----------------------------------------------------------

    async def call(self, inputs: Any, training: bool = False) -> Any:
        """Compute the outputs for `inputs`; every module overrides it."""
        raise ProgramError(f"{type(self).__name__} has no `async def call(self, inputs, training=False)`.")

    def build(self, inputs: Any) -> Any:
        """Make what depends on the schema of `inputs` (symbolic); may be async. Called once."""

    async def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """Return the symbolic outputs for symbolic `inputs`; a data model class may stand for its symbol.

        The default runs `call` on them. Where that reads a value, it takes the data model class that `call`
        is annotated to return.

        Raises:
            ProgramError: `call` reads a value, and does not say what it returns.
        """
        try:
            return as_outputs(await self._started(inputs, training), self)
        except NoValueError as error:
            return declared_output(type(self), error)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make a module like this one; the default is those it was made with."""
        return dict(self._constructor_arguments)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a module from `get_config`'s dict."""
        args, kwargs = _positional_arguments(cls, config)
        return cls(*args, **kwargs)

    # --- Variables and submodules ----------------------------------------------------------

    def add_variable(
        self,
        value: Any = None,
        *,
        initializer: Callable[[], Any] | None = None,
        data_model: Any = None,
        schema: dict[str, Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
        description: str | None = None,
    ) -> Variable:
        """Make a variable of this module.

        Args:
            value: Initial value: JSON or a data model; a callable counts as `initializer`.
            initializer: Called without arguments for the initial value.
            data_model: Its schema, as a data model; defaults to that of the value.
            schema: Its schema, as JSON schema.
            trainable: Whether optimizers may change it.
            name: Name within the module; defaults to `variable`, `variable_1`, ….
            description: What it is for.

        Returns:
            The variable.

        Raises:
            ConfigurationError: No value, an invalid one, or a name that is taken.
        """
        initializer = value if callable(value) and not isinstance(value, type) else initializer
        value = initializer() if initializer is not None else value
        if schema is None:
            schema = schema_of(data_model) if data_model is not None else _inferred_schema(value)
        taken = {v.name for v in self._variables}
        if name in taken:
            raise ConfigurationError(f"Module {self.name!r} already has a variable named {name!r}.")
        variable = Variable(
            value,
            schema=schema,
            name=name or first_free("variable", taken),
            description=description,
            trainable=trainable,
        )
        self._variables.append(variable)
        return variable

    def own_variables(self) -> list[Variable]:
        """Return this module's variables without those of its submodules, in order of making."""
        found = dict.fromkeys(self._variables)
        found.update(dict.fromkeys(v for v in self._tracked() if isinstance(v, Variable)))
        return list(found)

    def submodules(self) -> list[Module]:
        """Return the modules directly inside this one, in order of appearance."""
        return list(dict.fromkeys(m for m in self._tracked() if isinstance(m, Module)))

    @property
    def metrics(self) -> list[Any]:
        """The metrics that are attributes of this module."""
        return [m for m in self._tracked() if hasattr(m, "reset_state") and hasattr(m, "result")]

    def _tracked(self) -> Iterator[Any]:
        for key, value in vars(self).items():
            if key not in self._untracked:
                yield from leaves(value)

    @property
    def variables(self) -> list[Variable]:
        """All variables of this module and its submodules, in order of appearance."""
        return list(variables_by_path(self).values())

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that optimizers may change."""
        return list(trainable_variables_by_path(self).values())

    # --- Hooks -----------------------------------------------------------------------------

    def add_hook(self, hook: AnyHook) -> AnyHook:
        """Let `hook` hear the events of this module and of all that runs inside of it, and return it.

        A program's hooks hear its trainings and evaluations too. Hooks are not saved, nor part of a clone.

        Raises:
            ConfigurationError: It is no `Hook`.
        """
        self._hooks = added(self._hooks, hook)
        return hook

    def remove_hook(self, hook: Hook) -> None:
        """Undo `add_hook`, from the next call or run on; a hook that was not added is ignored."""
        self._hooks = removed(self._hooks, hook)

    # --- Calling ---------------------------------------------------------------------------

    def inspect_history(self, n: int = 1, *, file: IO[str] | None = None) -> None:
        """Print the last calls of models as the models saw them: messages, tools, answer, figures.

        The last 50 calls are kept by what you called or trained: a program has those of its modules, and of
        its rewards and optimizers in its trainings; a module has its own where you call it itself. Of a call
        that asked again for a valid answer, the last question and answer are shown. Control characters are
        shown as escapes.

        Args:
            n: Number of calls, the newest last.
            file: Where to print to, for example an `io.StringIO`; None for standard output.

        Raises:
            ConfigurationError: `n` is no number of calls.
        """
        print(self._last_calls.text(n) or f"{self.name}: no calls.", file=file)

    async def __call__(self, inputs: Any, training: bool = False) -> Any:
        """Run the module on values, or trace it on symbolic data models.

        Args:
            inputs: A data model, or a list, tuple or dict of them; None passes through most modules.
            training: Whether the call is part of training.

        Returns:
            The outputs; symbolic for symbolic inputs.

        Raises:
            ProgramError: Inputs or outputs are something else than data models.
        """
        if type(inputs) is not JsonDataModel:
            if any(isinstance(leaf, SymbolicDataModel) for leaf in leaves(inputs)):
                return await self._trace(inputs, training)
            inputs = as_values(inputs, self.name)
        if not self.built and inputs is not None:
            await self._ensure_built(map_leaves(as_node, inputs))
        kept = None
        if not module_path.get():
            self._check_inputs(inputs)
            kept = None if last_calls.get() else last_calls.set(self._last_calls)
        scope = sample_scope.get()
        path = self.name if scope is None else scope.paths.get(self) or self.name
        token = module_path.set(path)
        try:
            if self._hooks or listening():
                outputs = await self._run_observed(inputs, training)
            else:
                outputs = as_outputs(await self._started(inputs, training), self)
        finally:
            module_path.reset(token)
            if kept is not None:
                last_calls.reset(kept)
        if scope is not None and scope.trace is not None and self._variables and _is_recorded(self, scope):
            scope.trace.append((path, *self._recorded(inputs, outputs)))
        return outputs

    def _streamer(self) -> Any:
        """Return the `Generator` whose answer is what this module returns, where it streams; else None."""
        return None

    def _check_inputs(self, inputs: Any) -> None:
        """Refuse values from outside of any module that do not fit; what flows between modules is traced."""

    def _recorded(self, inputs: Any, outputs: Any) -> tuple[Any, Any]:
        """Return what optimizers see of a call as JSON: what went in, and what the module made of it."""
        return plain(inputs), plain(outputs)

    def _started(self, inputs: Any, training: bool) -> Awaitable[Any]:
        # No coroutine of its own: with many calls in flight each level costs memory and collections.
        result: Any = self.call(inputs, training=training) if self._takes_training else self.call(inputs)
        return result if hasattr(result, "__await__") else _at_once(result)

    async def _run_observed(self, inputs: Any, training: bool) -> Any:
        about: dict[str, Any] = {"kind": type(self).__name__, "inputs": inputs, "training": training}
        with observed(ModuleCallStarted, ModuleCallEnded, hooks=self._hooks, **about) as span:
            outputs = as_outputs(await self._started(inputs, training), self)
            span.result(outputs=outputs)
        return outputs

    async def _ensure_built(self, inputs: Any) -> None:
        if not self.built:
            self.built = True  # before build, which may call the module itself
            self._input_spec = inputs
            try:
                await resolved(self.build(inputs))
            except BaseException:
                self.built, self._input_spec = False, None
                raise

    async def _trace(self, inputs: Any, training: bool) -> Any:
        symbolic = as_nodes(inputs, self.name)
        await self._ensure_built(symbolic)
        outputs = await self.compute_output_spec(symbolic, training)
        check_spec(outputs, self)
        call = (as_outputs(inputs, self),)  # values become constants of the graph
        paths = iter([path for path, _ in leaves_with_path(outputs)])
        return map_leaves(lambda leaf: as_node(leaf, Origin(self, call, {}, next(paths))), outputs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


async def _at_once(value: Any) -> Any:
    """Return what a plain `def call` returned, as if it had been `async`."""
    return value


def _bound_arguments(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the constructor by name; what does not fit is left to fail in it."""
    signature = inspect.signature(cls.__init__)  # type: ignore[misc] # that of the class itself
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return dict(kwargs)
    arguments = dict(list(bound.arguments.items())[1:])
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(name, {}))
    return arguments


def _positional_arguments(cls: type, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments by name as the constructor takes them: some can only be given by their position."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc] # its own
    spread = any(p.kind is p.VAR_POSITIONAL and arguments.get(p.name) for p in parameters)
    args: list[Any] = []
    kwargs = dict(arguments)
    for p in parameters:
        by_position = p.kind is p.POSITIONAL_ONLY or (spread and p.kind is p.POSITIONAL_OR_KEYWORD)
        if p.kind is p.VAR_POSITIONAL:
            args.extend(kwargs.pop(p.name, ()))
        elif by_position and p.name in kwargs:
            args.append(kwargs.pop(p.name))
    return args, kwargs


def _is_recorded(module: Module, scope: SampleScope) -> bool:
    # A judge that a reward runs is not what is being trained, nor is a program that a module keeps aside.
    return purpose.get() in _RECORDED and module in scope.paths


def _inferred_schema(value: Any) -> dict[str, Any]:
    if isinstance(value, (DataModel, JsonDataModel)):
        return value.get_schema()
    for kind, name in _SCHEMAS_OF_PLAIN_VALUES:
        if isinstance(value, kind):
            return {"type": name}
    raise ConfigurationError(f"A variable's initial value is JSON or a data model, got {value!r:.100}.")
