from synalinks.embedding_models._embedding_model import EmbeddingModel, get, set_default_embedding_model
from synalinks.embedding_models._in_process import FunctionEmbedding
from synalinks.embedding_models._request import EmbeddingRequest, Embeddings

__all__ = [
    "EmbeddingModel",
    "EmbeddingRequest",
    "Embeddings",
    "FunctionEmbedding",
    "get",
    "set_default_embedding_model",
]
