"""Errors of the index and of the model behind it.

EmbeddingsError
├── ModelError
│   ├── ModelNotFound     no model under that name or folder
│   └── ModelDamaged      its weights are not the ones they should be
└── IndexError_
    ├── IndexNotFound     nothing has been built yet
    ├── IndexDamaged      a file of the generation is not what its manifest says
    ├── IndexMismatch     built by another model or another format
    ├── IndexWriteFailed  the new generation could not be written; the earlier one is intact
    └── RefreshRunning    another process is writing
"""


class EmbeddingsError(Exception):
    """Root of what can go wrong with the model or the index. Its message is for the user."""


class ModelError(EmbeddingsError):
    """The embedding model cannot be used."""


class ModelNotFound(ModelError):
    """No sentence-transformers model has that name or lies in that folder."""


class ModelDamaged(ModelError):
    """The weights differ from the published ones, or are not in the safetensors format."""


class IndexError_(EmbeddingsError):
    """The index cannot be used. The underscore keeps Python's own IndexError visible."""


class IndexNotFound(IndexError_):
    """No generation has been published."""


class IndexDamaged(IndexError_):
    """A file of the generation is missing, or its bytes are not those of the manifest."""


class IndexMismatch(IndexError_):
    """The generation was built by another model, other prompts or another format version."""


class IndexWriteFailed(IndexError_):
    """A new generation could not be written; what was published before is intact."""


class RefreshRunning(IndexError_):
    """Another process holds the writer's lock."""
