"""Meaning: embedder, vector and lexical index, generations, refresh, ranking."""

from embeddings.embedder import Embedder, ModelIdentity, Progress
from embeddings.errors import (
    EmbeddingsError,
    GenerationError,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    IndexWriteFailed,
    ModelDamaged,
    ModelError,
    ModelNotFound,
    RefreshRunning,
)
from embeddings.generation import Generation
from embeddings.manifest import Manifest
from embeddings.modelfolder import DEFAULT_MODEL, ModelFolder, find_model, model_languages
from embeddings.refresh import RefreshReport, refresh
from embeddings.retriever import Hit, Query, Retriever, check_model
from embeddings.searchform import search_form
from embeddings.sentencetransformer import SentenceTransformerEmbedder
from embeddings.store import GenerationStore

__all__ = [
    "DEFAULT_MODEL",
    "Embedder",
    "EmbeddingsError",
    "Generation",
    "GenerationError",
    "GenerationStore",
    "Hit",
    "IndexDamaged",
    "IndexMismatch",
    "IndexNotFound",
    "IndexWriteFailed",
    "Manifest",
    "ModelDamaged",
    "ModelError",
    "ModelFolder",
    "ModelIdentity",
    "ModelNotFound",
    "Progress",
    "Query",
    "RefreshReport",
    "RefreshRunning",
    "Retriever",
    "SentenceTransformerEmbedder",
    "check_model",
    "find_model",
    "model_languages",
    "refresh",
    "search_form",
]
