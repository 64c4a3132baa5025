from synalinks.cli._main import main

__all__ = ["main"]
