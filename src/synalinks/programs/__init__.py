from synalinks.programs._program import Program
from synalinks.programs._sequential import Sequential
from synalinks.saving import load_program

__all__ = ["Program", "Sequential", "load_program"]
