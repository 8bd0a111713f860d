"""Opens the embedders of "verbatim eval"."""

import sqlite3
from pathlib import Path

from bot.composition.index import find_settings_model
from bot.errors import EvaluationFailed
from bot.settings import Settings
from embeddings import Embedder, open_embedder


def open_evaluation_embedders(settings: Settings, cache: Path | None) -> tuple[Embedder, Embedder]:
    """Return the model of the settings, and the same remembering its vectors in the file ``cache``.

    Raises:
        EmbeddingsError: if the model cannot be used.
        EvaluationFailed: if the file cannot be used.
    """
    from embeddings.models.cachingembedder import CachingEmbedder

    model = find_settings_model(settings)
    file = cache or settings.evaluation_vectors
    encoder = open_embedder(model, exports=settings.exports_directory)
    try:
        return encoder, CachingEmbedder(encoder, file)
    except (OSError, sqlite3.Error) as error:
        raise EvaluationFailed(
            f"{file} cannot keep vectors ({error}). --cache FILE names another file."
        ) from error
