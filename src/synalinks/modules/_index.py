"""What is inside a module, by name and by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synalinks._internal.names import first_free, snake_case
from synalinks.errors import ProgramError
from synalinks.modules._variable import Variable

if TYPE_CHECKING:
    from synalinks.modules._module import Module


def named_submodules(module: Module) -> dict[str, Module]:
    """Return the modules directly inside `module` by name: default names are counted in order.

    Raises:
        ProgramError: Two of them were given the same name.
    """
    children = module.submodules()
    given: dict[str, Module] = {}
    for child in children:
        if child.explicit_name is not None:
            if child.explicit_name in given:
                raise ProgramError(
                    f"Two modules of {module.name!r} are both named {child.explicit_name!r}; rename one."
                )
            given[child.explicit_name] = child
    named: dict[str, Module] = {}
    taken = set(given)
    for child in children:
        name = child.explicit_name or first_free(snake_case(type(child).__name__), taken)
        taken.add(name)
        named[name] = child
        child._program_name = name
    return named


def modules_by_path(module: Module) -> dict[str, Module]:
    """Return every module inside `module` by its path; one that is used twice has its first path."""
    found: dict[str, Module] = {}
    seen: set[int] = {id(module)}
    _collect_modules(module, "", found, seen)
    return found


def _collect_modules(module: Module, prefix: str, found: dict[str, Module], seen: set[int]) -> None:
    for name, child in named_submodules(module).items():
        if id(child) not in seen:
            seen.add(id(child))
            found[prefix + name] = child
            _collect_modules(child, f"{prefix}{name}/", found, seen)


def variables_by_path(module: Module) -> dict[str, Variable]:
    """Return every variable of `module` and the modules inside it, by path."""
    found = {v.name: v for v in module.own_variables()}
    for path, child in modules_by_path(module).items():
        found.update({f"{path}/{v.name}": v for v in child.own_variables()})
    seen: set[Variable] = set()
    return {path: v for path, v in found.items() if not (v in seen or seen.add(v))}  # type: ignore[func-returns-value] # set.add in a condition


def trainable_variables_by_path(module: Module) -> dict[str, Variable]:
    """Return the variables that optimizers may change, by path."""
    frozen = {id(v) for m in _frozen_roots(module) for v in variables_by_path(m).values()}
    found = variables_by_path(module).items()
    return {path: v for path, v in found if v.trainable and id(v) not in frozen}


def _frozen_roots(module: Module) -> list[Module]:
    everything = [module, *modules_by_path(module).values()]
    return [m for m in everything if not m.trainable]
