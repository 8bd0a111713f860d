"""Lists the measures, and Verbatim with its peers."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from benchmarks.environments import PEERS


class Measure(Enum):
    """The action of a process while it is measured."""

    BUILD = "build"
    NO_OP = "no-op"
    REFRESH = "refresh"
    ASK = "ask"
    COLD = "cold"
    EMBED = "embed"


class Finds(Enum):
    """The party that finds which passages changed since the index was built."""

    ITSELF = "itself"
    CALLER = "the caller compares ids or hashes"
    GIVEN = "has to be told"


@dataclass(frozen=True, slots=True)
class Contender:
    """A line of the table; ``environment`` is the folder under ``peers`` that it runs from.

    ``packages`` are those whose versions the table names.
    """

    key: str
    title: str
    environment: str
    finds: Finds
    packages: tuple[str, ...]
    script: str = "peer.py"

    @property
    def path(self) -> Path:
        """The path of its script."""
        return PEERS / self.environment / self.script


PARAGRAPHS = Contender(
    "verbatim",
    "Verbatim, paragraph vectors only",
    "verbatim",
    Finds.CALLER,
    ("onnxruntime", "tokenizers", "faiss-cpu", "torch"),
)
PRODUCT = Contender(
    "product", "Verbatim, whole product", "verbatim", Finds.ITSELF, (), script="product.py"
)
PLAIN = Contender(
    "plain",
    "sentence-transformers + FAISS by hand",
    "plain",
    Finds.GIVEN,
    ("sentence-transformers", "torch", "faiss-cpu"),
)
PEERS_IN_ORDER = (
    PLAIN,
    Contender(
        "langchain",
        "LangChain, FAISS",
        "langchain",
        Finds.ITSELF,
        ("langchain-core", "langchain-community", "langchain-huggingface"),
    ),
    Contender("txtai", "txtai", "txtai", Finds.GIVEN, ("txtai",)),
    Contender(
        "haystack",
        "Haystack, FAISS",
        "haystack",
        Finds.CALLER,
        ("haystack-ai", "faiss-haystack", "sentence-transformers-haystack"),
    ),
    Contender(
        "llamaindex",
        "LlamaIndex, FAISS",
        "llamaindex",
        Finds.CALLER,
        ("llama-index-core", "llama-index-vector-stores-faiss"),
    ),
    Contender("chroma", "Chroma", "chroma", Finds.GIVEN, ("chromadb",)),
)
