"""Finds passages by meaning: embedder, index, generations, refresh, reader, ranking."""

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
    InvalidAddress,
    ModelDamaged,
    ModelError,
    ModelNotFound,
    ReadingFailed,
    RefreshRunning,
    StaleGeneration,
)
from embeddings.generations.generation import Generation
from embeddings.generations.manifest import Manifest
from embeddings.models.embedder import PRECISIONS, Embedder, ModelIdentity, Precision, Progress
from embeddings.models.modelfolder import (
    DEFAULT_MODEL,
    SHIPPED_MODEL_NAMES,
    ModelFolder,
    find_model,
    model_languages,
    shipped_model,
)
from embeddings.models.runtimechoice import open_earlier, open_embedder
from embeddings.models.runtimes.sentencetransformer import SentenceTransformerEmbedder
from embeddings.question.answerkinds import fits_question
from embeddings.question.filters import Filter, known_filter, publisher_key
from embeddings.question.followups import REMEMBERED_CHARACTERS, REMEMBERED_QUESTIONS
from embeddings.question.parsedquestion import CAPITALISED, asks_quantity
from embeddings.question.questionfilter import QuestionFilters, ReadFilter, date_condition
from embeddings.reader.readerchoice import NO_READER, SHIPPED_READER, open_reader, shipped_reader
from embeddings.reader.reading import PassageReading, PassageText, Reader, date_text, passage_text
from embeddings.refreshing.engine import Engine, LocalEngine
from embeddings.refreshing.refresh import (
    RefreshReport,
    known_documents,
    plan_refresh,
    refresh,
    still_refused,
    unchanged,
    usable_current,
)
from embeddings.search.calibration import Calibration
from embeddings.search.calibrationfile import calibration_of
from embeddings.search.explanation import (
    CandidateExplanation,
    SearchExplanation,
    SentenceExplanation,
    explain_search,
)
from embeddings.search.retriever import (
    Hit,
    Query,
    Retriever,
    best_hits,
    best_search,
    check_model,
    model_mismatch,
)
from embeddings.search.thresholds import RETRIEVAL_THRESHOLDS, Caution
from embeddings.storage.folderindex import FolderIndex
from embeddings.storage.indexcheck import GenerationCheck, IndexCheck, SourceText, check_generations
from embeddings.storage.passageindex import Opened, PassageIndex
from embeddings.text.dateranges import DateRange, iso_range
from embeddings.text.nearduplicates import Gist, gist_of, same_text
from embeddings.text.searchform import search_form

__all__ = [
    "CAPITALISED",
    "DEFAULT_MODEL",
    "NO_READER",
    "PRECISIONS",
    "REMEMBERED_CHARACTERS",
    "REMEMBERED_QUESTIONS",
    "RETRIEVAL_THRESHOLDS",
    "SHIPPED_MODEL_NAMES",
    "SHIPPED_READER",
    "Calibration",
    "CandidateExplanation",
    "Caution",
    "DateRange",
    "Embedder",
    "EmbeddingsError",
    "Engine",
    "EngineError",
    "EngineFailed",
    "EngineUnavailable",
    "Filter",
    "FolderIndex",
    "Generation",
    "GenerationCheck",
    "GenerationError",
    "GenerationNotFound",
    "Gist",
    "Hit",
    "IndexCheck",
    "IndexDamaged",
    "IndexMismatch",
    "IndexNotFound",
    "IndexUnavailable",
    "IndexWriteFailed",
    "InvalidAddress",
    "LocalEngine",
    "Manifest",
    "ModelDamaged",
    "ModelError",
    "ModelFolder",
    "ModelIdentity",
    "ModelNotFound",
    "Opened",
    "PassageIndex",
    "PassageReading",
    "PassageText",
    "Precision",
    "Progress",
    "Query",
    "QuestionFilters",
    "ReadFilter",
    "Reader",
    "ReadingFailed",
    "RefreshReport",
    "RefreshRunning",
    "Retriever",
    "SearchExplanation",
    "SentenceExplanation",
    "SentenceTransformerEmbedder",
    "SourceText",
    "StaleGeneration",
    "asks_quantity",
    "best_hits",
    "best_search",
    "calibration_of",
    "check_generations",
    "check_model",
    "date_condition",
    "date_text",
    "explain_search",
    "find_model",
    "fits_question",
    "gist_of",
    "iso_range",
    "known_documents",
    "known_filter",
    "model_languages",
    "model_mismatch",
    "open_earlier",
    "open_embedder",
    "open_reader",
    "passage_text",
    "plan_refresh",
    "publisher_key",
    "refresh",
    "same_text",
    "search_form",
    "shipped_model",
    "shipped_reader",
    "still_refused",
    "unchanged",
    "usable_current",
]
