from synalinks.embedding_models import FunctionEmbedding
from synalinks.language_models import FunctionModel, ScriptedModel
from synalinks.testing._check_resume import ResumeReport, check_resume
from synalinks.testing._server import ChatServer

__all__ = [
    "ChatServer",
    "FunctionEmbedding",
    "FunctionModel",
    "ResumeReport",
    "ScriptedModel",
    "check_resume",
]
