"""Opens the embedder of a generation: the model in use, or one that shipped before it."""

import threading

from bot.operations.refresher import Refresher
from bot.settings import Settings
from embeddings import (
    SHIPPED_MODEL_NAMES,
    Embedder,
    Generation,
    Manifest,
    ModelError,
    ModelFolder,
    ModelIdentity,
    find_model,
    model_mismatch,
    open_earlier,
    open_embedder,
)


class Embedders:
    """Opens embedders of generations.

    After an upgrade that brings another model, an index that the earlier one made goes on
    answering with that until a refresh has published. If the settings name a model or prompts, no
    other one answers.
    """

    def __init__(self, settings: Settings, model: ModelFolder, refresher: Refresher) -> None:
        """``model`` is the one in use, which ``refresher`` opens."""
        self._settings = settings
        self._model = model
        self._refresher = refresher
        self._opening = threading.Lock()
        self._earlier: Embedder | None = None

    @property
    def model(self) -> ModelFolder:
        """The model in use."""
        return self._model

    def check(self, generation: Generation) -> None:
        """Return if there is an embedder for a generation.

        Raises:
            IndexMismatch: if another model, or other prompts, built it.
        """
        self.of(generation)

    def outdated(self, manifest: Manifest) -> bool:
        """Tell whether another model than the one in use built a generation."""
        return not self._model.identity.comparable(manifest.model)

    def of(self, generation: Generation) -> Embedder:
        """Return the embedder of a generation. That of an earlier model is kept until one of the
        model in use is asked for.

        Raises:
            IndexMismatch: if another model, or other prompts, built the generation.
            ModelDamaged: if the model cannot be loaded.
        """
        built_by = generation.manifest.model
        with self._opening:
            if not self.outdated(generation.manifest):
                self._earlier = None
                return self._refresher.embedder
            if self._earlier is None or not self._earlier.identity.comparable(built_by):
                self._earlier = earlier_embedder(self._settings, built_by)
            if self._earlier is None:
                raise model_mismatch(built_by, self._model.identity)
            return self._earlier

    def prepare(self, manifest: Manifest | None) -> None:
        """Open the embedder that a generation with this manifest needs, while it is read."""
        if manifest is None or not self.outdated(manifest):
            _ = self._refresher.embedder


def check_answers(settings: Settings, model: ModelFolder, generation: Generation) -> None:
    """Return if a generation can answer, by the model in use or by one that shipped before it.

    Raises:
        IndexMismatch: if another model, or other prompts, built it.
    """
    built_by = generation.manifest.model
    if not model.identity.comparable(built_by) and earlier_embedder(settings, built_by) is None:
        raise model_mismatch(built_by, model.identity)


def earlier_embedder(settings: Settings, built_by: ModelIdentity) -> Embedder | None:
    """Return the embedder of a model that shipped with an earlier version, if it is to be had: as
    it was exported, or by its own files. None if the settings name a model or other prompts.
    """
    same_prompts = settings.query_prompt in {None, built_by.query_prompt} and (
        settings.passage_prompt in {None, built_by.passage_prompt}
    )
    if settings.model_is_own or not same_prompts or built_by.name not in SHIPPED_MODEL_NAMES:
        return None
    exports = settings.exports_directory
    found = open_earlier(built_by, exports=exports)
    if found is not None:
        return found
    try:
        model = find_model(
            built_by.name,
            query_prompt=built_by.query_prompt,
            passage_prompt=built_by.passage_prompt,
            precision=built_by.precision,
        )
        if model.identity.comparable(built_by):
            return open_embedder(model, exports=exports)
    except ModelError:
        return None
    return None
