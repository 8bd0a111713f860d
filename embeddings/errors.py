"""Defines the errors of the index and of the model behind it.

EmbeddingsError
├── ModelError
│   ├── ModelNotFound     no model under that name or folder
│   ├── ModelDamaged      its weights differ from the published ones
│   └── ReadingFailed     a reader cannot read, for want of memory
├── EngineError
│   ├── EngineUnavailable  the engine that embeds elsewhere is not installed or not reachable
│   └── EngineFailed       it cannot embed, or gives other numbers than this machine
├── InvalidAddress          the address of a database cannot be read
└── GenerationError
    ├── IndexNotFound       nothing has been built yet
    ├── IndexDamaged        a file of the generation is not what its manifest says
    ├── IndexMismatch       built by another model or another format
    ├── IndexWriteFailed    the new generation could not be written; the earlier one is intact
    ├── StaleGeneration     another generation was published since it was begun
    ├── GenerationNotFound  no generation that is kept has the number, or could take over
    ├── RefreshRunning      another process is writing
    └── IndexUnavailable    the server that keeps the index does not answer
"""


class EmbeddingsError(Exception):
    """Anything that can go wrong with the model or the index. Its message is for the user."""


class ModelError(EmbeddingsError):
    """The embedding model cannot be used."""


class ModelNotFound(ModelError):
    """No sentence-transformers model has that name or lies in that folder."""


class ModelDamaged(ModelError):
    """The weights differ from the published ones, or are not in the safetensors format."""


class ReadingFailed(ModelError):
    """A reader could not read a question with passages. What was found stays as it was found."""


class EngineError(EmbeddingsError):
    """Texts cannot be embedded elsewhere. Finished vectors and the index stay."""


class EngineUnavailable(EngineError):
    """The library is not installed, or no cluster answers at the address."""


class EngineFailed(EngineError):
    """A block could not be embedded, or a node would give other numbers than this machine."""


class InvalidAddress(EmbeddingsError):
    """A text is no address of a PostgreSQL database. The message contains nothing of it."""


class GenerationError(EmbeddingsError):
    """The index, which is the current generation, cannot be used or written."""


class IndexNotFound(GenerationError):
    """No generation has been published."""


class IndexDamaged(GenerationError):
    """A file of the generation is missing, or its bytes differ from the manifest."""


class IndexMismatch(GenerationError):
    """The generation was built by another model, other prompts or another format version."""


class IndexWriteFailed(GenerationError):
    """A new generation could not be written; the published one is intact."""


class StaleGeneration(GenerationError):
    """Another generation was published while this one was built; it is not published."""


class GenerationNotFound(GenerationError):
    """There is no generation of that number, or none that a rollback could go to."""


class RefreshRunning(GenerationError):
    """Another process holds the writer's lock."""


class IndexUnavailable(GenerationError):
    """The server that keeps the index does not answer."""
