from synalinks.language_models import FunctionModel, ScriptedModel
from synalinks.testing._server import ChatServer

__all__ = ["ChatServer", "FunctionModel", "ScriptedModel"]
