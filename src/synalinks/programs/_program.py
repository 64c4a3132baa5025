"""Programs: modules wired together, trained and saved as one."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from synalinks._internal.canonical import copy_json
from synalinks._internal.structure import leaves
from synalinks.errors import ProgramError, UnknownNameError, VariablesMismatchError
from synalinks.modules import Generator, Module
from synalinks.modules._graph import Graph
from synalinks.modules._graph_config import graph_config, graph_from_config
from synalinks.modules._index import (
    modules_by_path,
    named_submodules,
    trainable_variables_by_path,
    variables_by_path,
)
from synalinks.modules._streaming import answered, is_interactive
from synalinks.modules._variable import Variable
from synalinks.programs._summary import Summary, summary_text
from synalinks.programs._training import Trainable
from synalinks.saving import (
    clone_program,
    load_program,
    load_variables,
    program_document,
    save_program,
    save_variables,
)

if TYPE_CHECKING:
    from synalinks.language_models import LanguageModel


class Program(Trainable, Module):
    """Modules wired together, trained and saved as one.

    There are four ways to make one. Functional: trace modules from an `Input` and give the inputs and
    outputs here. Subclass: make modules in `__init__` and call them in `call`. `Sequential`: a list.
    Mixed: a subclass whose `build(inputs)` traces its modules and then calls
    `super().__init__(inputs=inputs, outputs=outputs)`. A program is a module, so programs nest.

    Args:
        inputs: Symbolic inputs, one or a list, tuple or dict of them.
        outputs: What the modules returned for them, one or a structure.
        name: Name of the program; defaults to `program`.
        description: What it does.
        trainable: Whether optimizers may change its variables.

    Raises:
        ProgramError: The outputs are not computed from the inputs, or names collide.
    """

    def __init__(
        self,
        *,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        description: str | None = None,
        trainable: bool = True,
    ) -> None:
        if (inputs is None) != (outputs is None):
            raise ProgramError("A program takes both inputs= and outputs=, or neither when it is subclassed.")
        if "_graph" not in self.__dict__:
            super().__init__(name=name, description=description, trainable=trainable)
            self._graph: Graph | None = None
            self._init_training()
        elif self._graph is None:
            # A subclass traced itself in `build`: what its own __init__ set up stays.
            self.explicit_name = name or self.explicit_name
            self.description = description or self.description
        if inputs is not None:
            self._graph = Graph(inputs, outputs)
            self._input_spec = inputs
            self.built = True
            modules = modules_by_path(self).values()  # module names that collide fail here
            answers = [m.schema for m in modules if isinstance(m, Generator) and m.schema is not None]
            _check_data_models([*(leaf.get_schema() for leaf in leaves(inputs)), *answers])

    # --- Structure -------------------------------------------------------------------------

    def submodules(self) -> list[Module]:
        """Return the modules directly inside the program, in order of appearance."""
        traced = [] if self._graph is None else self._graph.modules
        return list(dict.fromkeys([*traced, *super().submodules()]))

    @property
    def modules(self) -> list[Module]:
        """The modules directly inside the program, in order of appearance."""
        return self.submodules()

    @property
    def inputs(self) -> Any:
        """The symbolic inputs, in the structure in which the program takes them; None when not built."""
        return self._input_spec

    @property
    def outputs(self) -> Any:
        """The symbolic outputs of a traced program, None for others."""
        return None if self._graph is None else self._graph.outputs

    def get_module(self, name: str | None = None, *, index: int | None = None) -> Module:
        """Return a module by its name or path, or by its position.

        Args:
            name: Name of a module, or path of a nested one: "inner/generator".
            index: Position among `modules`.

        Raises:
            UnknownNameError: There is no such module; the text lists the known ones and the nearest.
            ProgramError: Neither or both of the arguments are given, or one is of another type.
        """
        if (name is None) == (index is None):
            raise ProgramError('get_module takes a name or index=, for example get_module("generator").')
        if index is None and not isinstance(name, str):
            raise ProgramError(
                f"A module is found by its name, got {name!r}; by its position with get_module(index=0)."
            )
        if index is not None:
            modules = self.modules
            if not -len(modules) <= index < len(modules):
                raise UnknownNameError("module index", str(index), map(str, range(len(modules))))
            return modules[index]
        assert name is not None
        known = modules_by_path(self)
        if name not in known:
            raise UnknownNameError("module", name, known, hint=_attribute_hint({"": self, **known}, name))
        return known[name]

    def summary(self, *, width: int | None = None) -> Summary:
        """Return the modules, their outputs, variables and models as text, which a notebook shows as it is.

        Args:
            width: Columns to fit into; None for those of the terminal.
        """
        return Summary(summary_text(self, width=width))

    # --- Running ---------------------------------------------------------------------------

    def call(self, inputs: Any, training: bool = False) -> Coroutine[Any, Any, Any]:
        """Run the traced graph; a subclass overrides it or traces itself in `build`."""
        if self._graph is None:
            raise ProgramError(
                f"{type(self).__name__} has neither a graph nor a `call`: give inputs= and outputs=, "
                "override `async def call(self, inputs, training=False)`, or trace its modules in `build`."
            )
        return self._graph.run(inputs, training)

    def __call__(self, inputs: Any, training: bool = False) -> Coroutine[Any, Any, Any]:
        """Run the program on values, or trace it; see `Module`.

        Where its output is the answer of a `Generator` with `streaming=True`, an interactive call returns a
        `Stream`.
        """
        if is_interactive(training) and (self._streamer() is not None or not self.built):
            return answered(self, inputs)
        return super().__call__(inputs, training)

    def _streamer(self) -> Any:
        if self._graph is None or type(self).call is not Program.call:
            return None
        last = self._graph.last_module()
        return None if last is None else last._streamer()

    def _check_inputs(self, inputs: Any) -> None:
        if self._graph is not None:
            self._graph.check(inputs, self.name)

    # --- Variables -------------------------------------------------------------------------

    def get_variables(self, *, trainable_only: bool = False) -> dict[str, Any]:
        """Return the values of the variables by path, copied.

        Args:
            trainable_only: Leave out those that optimizers may not change.
        """
        found = trainable_variables_by_path(self) if trainable_only else variables_by_path(self)
        return {path: copy_json(variable.value) for path, variable in found.items()}

    def set_variables(self, values: Mapping[str, Any] | Sequence[Any]) -> None:
        """Set variables; all of them, or none when one value is refused.

        Args:
            values: Path to value, of some or all variables; or a list aligned with `trainable_variables`.

        Raises:
            UnknownNameError: There is no variable of a path.
            VariablesMismatchError: A list has another length.
            ConfigurationError: A value is not valid for its variable.
        """
        known = variables_by_path(self)
        if not isinstance(values, Mapping):
            paths = list(trainable_variables_by_path(self))
            if isinstance(values, str) or len(values) != len(paths):
                raise VariablesMismatchError(
                    f"Expected {len(paths)} values, for {paths}; got {len(values)}. Give a dict of path to "
                    "value to set only some."
                )
            values = dict(zip(paths, values, strict=True))
        accepted: list[tuple[Variable, Any]] = []
        for path, value in values.items():
            if path not in known:
                raise UnknownNameError("variable", path, known)
            known[path].check_assignable()
            accepted.append((known[path], known[path].checked(value)))
        for variable, value in accepted:
            variable.assign(value)

    # --- Saving ----------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return what makes a program like this one, without the values of its variables."""
        if type(self) is not Program or self._graph is None:
            return super().get_config()
        names = {module: name for name, module in named_submodules(self).items()}
        return {
            "name": self.explicit_name,
            "description": self.description,
            "trainable": self.trainable,
            **graph_config(self._graph, names),
            **self._additions(),
        }

    def _additions(self) -> dict[str, Any]:
        """Return what a traced program was given besides its graph, for `get_config`."""
        modules = {
            key: value
            for key, value in vars(self).items()
            if key not in self._untracked and any(isinstance(leaf, Module) for leaf in leaves(value))
        }
        variables = [
            {slot: getattr(v, slot) for slot in ("name", "value", "schema", "description", "trainable")}
            for v in self.own_variables()
        ]
        added = {"attributes": modules, "variables": variables}
        return {key: value for key, value in added.items() if value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a program from `get_config`'s dict."""
        if cls is not Program or "nodes" not in config:
            return super().from_config(config)
        inputs, outputs = graph_from_config(config)
        own = {key: config[key] for key in ("name", "description", "trainable") if key in config}
        program = cls(inputs=inputs, outputs=outputs, **own)
        for key, value in config.get("attributes", {}).items():
            setattr(program, key, value)
        for variable in config.get("variables", ()):
            program.add_variable(**variable)
        return program

    def to_json(self) -> dict[str, Any]:
        """Return structure and variables as the JSON document that `save` writes."""
        return program_document(self)

    def save(self, path: str | Path) -> None:
        """Write structure and variables to a `.json` file; `load_program` reads it.

        Raises:
            ConfigurationError: The path has another ending, or a part has no JSON form.
            FileError: The file cannot be written; an older one stays as it was.
        """
        save_program(self, path)

    def save_variables(self, path: str | Path) -> None:
        """Write the variables to a `.variables.json` file; `load_variables` reads it."""
        save_variables(self, path)

    def load_variables(self, path: str | Path) -> None:
        """Set the variables to those of a `.variables.json` file of the same program.

        Raises:
            FileError: There is no such file, it is damaged, or it was written by a newer version.
            VariablesMismatchError: It belongs to another program; the text says how it differs.
        """
        load_variables(self, path)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        custom_objects: Mapping[str, Any] | None = None,
        language_model: LanguageModel | str | None = None,
    ) -> Program:
        """Read a program from a file, see `synalinks.programs.load_program`."""
        program: Program = load_program(path, custom_objects=custom_objects, language_model=language_model)
        return program

    def clone(self) -> Self:
        """Return an independent program of the same structure, variables and language models."""
        copy: Self = clone_program(self)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.clone()

    def __getstate__(self) -> NoReturn:
        raise TypeError(
            "A program cannot be pickled, nor copied without what is inside of it. Write it to a file with "
            "program.save(path), or make a copy with program.clone()."
        )


def _attribute_hint(modules: Mapping[str, Module], path: str) -> str:
    """Return the name of the module that an attribute holds, as a sentence; empty if it holds none."""
    holder, _, attribute = path.rpartition("/")
    held = list(leaves(vars(modules[holder]).get(attribute))) if holder in modules else []
    found = [known for known, module in modules.items() if any(module is part for part in held)]
    if not found:
        return ""
    of = f" of {holder!r}" if holder else ""
    return f"self.{attribute}{of} is the module {' or '.join(map(repr, found))}."


def _check_data_models(schemas: list[dict[str, Any]]) -> None:
    """Refuse different data models of one name: prompts, files and errors could not tell them apart."""
    seen: dict[str, dict[str, Any]] = {}
    for schema in schemas:
        title = schema.get("title")
        if title is not None and seen.setdefault(title, schema) != schema:
            raise ProgramError(
                f"Two different data models of the program are both called {title!r}: one has the keys "
                f"{list(seen[title].get('properties', ()))}, the other "
                f"{list(schema.get('properties', ()))}. Rename one, or use one of them in both places."
            )
