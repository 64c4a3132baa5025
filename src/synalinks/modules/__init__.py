from synalinks.modules._generator import Generator
from synalinks.modules._graph import Input
from synalinks.modules._module import Module
from synalinks.modules._variable import Assignment, Variable

__all__ = ["Assignment", "Generator", "Input", "Module", "Variable"]
