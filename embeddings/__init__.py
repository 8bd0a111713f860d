"""Meaning: embedder, vector and lexical index, generations, refresh, ranking."""

from embeddings.besthits import best_hits
from embeddings.checking import GenerationCheck, SourceText, StoreCheck, check_store
from embeddings.crossencoder import CrossEncoderReranker
from embeddings.dateranges import DateRange, iso_range
from embeddings.embedder import PRECISIONS, Embedder, ModelIdentity, Precision, Progress
from embeddings.engine import Engine, LocalEngine
from embeddings.errors import (
    EmbeddingsError,
    EngineError,
    EngineFailed,
    EngineUnavailable,
    GenerationError,
    GenerationNotFound,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    IndexUnavailable,
    IndexWriteFailed,
    ModelDamaged,
    ModelError,
    ModelNotFound,
    RefreshRunning,
    StaleGeneration,
)
from embeddings.filters import Filter, known_filter, publisher_key
from embeddings.followup import REMEMBERED_CHARACTERS, REMEMBERED_QUESTIONS
from embeddings.generation import Generation
from embeddings.manifest import Manifest
from embeddings.modelfolder import (
    DEFAULT_MODEL,
    ModelFolder,
    find_model,
    find_reranker,
    model_languages,
)
from embeddings.modelruntime import open_embedder
from embeddings.nearduplicates import Gist, gist_of, same_text
from embeddings.passageindex import Opened, PassageIndex
from embeddings.question import CAPITALISED
from embeddings.questionfilter import QuestionFilters, ReadFilter
from embeddings.refresh import (
    RefreshReport,
    known_documents,
    plan_refresh,
    refresh,
    still_refused,
    unchanged,
    usable_current,
)
from embeddings.reranker import Reranker
from embeddings.retriever import Hit, Query, Retriever, check_model
from embeddings.searchform import search_form
from embeddings.sentencetransformer import SentenceTransformerEmbedder
from embeddings.store import GenerationStore

__all__ = [
    "CAPITALISED",
    "DEFAULT_MODEL",
    "PRECISIONS",
    "REMEMBERED_CHARACTERS",
    "REMEMBERED_QUESTIONS",
    "CrossEncoderReranker",
    "DateRange",
    "Embedder",
    "EmbeddingsError",
    "Engine",
    "EngineError",
    "EngineFailed",
    "EngineUnavailable",
    "Filter",
    "Generation",
    "GenerationCheck",
    "GenerationError",
    "GenerationNotFound",
    "GenerationStore",
    "Gist",
    "Hit",
    "IndexDamaged",
    "IndexMismatch",
    "IndexNotFound",
    "IndexUnavailable",
    "IndexWriteFailed",
    "LocalEngine",
    "Manifest",
    "ModelDamaged",
    "ModelError",
    "ModelFolder",
    "ModelIdentity",
    "ModelNotFound",
    "Opened",
    "PassageIndex",
    "Precision",
    "Progress",
    "Query",
    "QuestionFilters",
    "ReadFilter",
    "RefreshReport",
    "RefreshRunning",
    "Reranker",
    "Retriever",
    "SentenceTransformerEmbedder",
    "SourceText",
    "StaleGeneration",
    "StoreCheck",
    "best_hits",
    "check_model",
    "check_store",
    "find_model",
    "find_reranker",
    "gist_of",
    "iso_range",
    "known_documents",
    "known_filter",
    "model_languages",
    "open_embedder",
    "plan_refresh",
    "publisher_key",
    "refresh",
    "same_text",
    "search_form",
    "still_refused",
    "unchanged",
    "usable_current",
]
