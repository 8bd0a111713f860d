"""Documents of a few words, their corpora, and snapshots in memory."""

from corpus import Corpus, Document, document_from_text

WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".split()


def paragraph(seed: int, length: int = 9) -> str:
    """A sentence of words that only this seed has."""
    return " ".join(f"{word}{seed}" for word in WORDS[:length]).capitalize() + "."


PARAGRAPHS = [paragraph(seed) for seed in range(5)]


def document(*paragraphs: str, name: str = "d1", **provenance: str) -> Document:
    return document_from_text(
        "\n\n".join(paragraphs), document_id=name, title="A title of its own", **provenance
    )


def corpus(*documents: Document) -> Corpus:
    return Corpus(tuple(sorted(documents, key=lambda d: d.id)))


class Kept:
    """The texts of earlier versions, by digest; remembers whether it was asked."""

    def __init__(self, *documents: Document) -> None:
        self._documents = documents
        self.asked: list[str] = []

    def __call__(self, digest: str) -> str | None:
        self.asked.append(digest)
        return next((d.text for d in self._documents if d.digest.startswith(digest)), None)
