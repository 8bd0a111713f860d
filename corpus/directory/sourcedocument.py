"""Reads a PDF, Word file, web page or the like in the corpus directory into its Document."""

from collections.abc import Iterable
from dataclasses import replace

from corpus.directory.corpusfiles import SourceDocument
from corpus.documents.documentbuilder import id_from_name
from corpus.errors import UnreadableSource
from corpus.extraction.extract import Deviation, Extract
from corpus.extraction.extractor import Extractor
from corpus.frontmatter.frontmatter import CLAIMS, PUBLIC, Provenance
from corpus.pages import moved
from corpus.provenance.originclaims import believed

_ADD_IT = 'Or move it out of the corpus directory and type "verbatim add FILE --access GROUP".'


def source_document(data: bytes, name: str, *, extractor: Extractor) -> SourceDocument:
    """Read a file of any kind but plain text as ``verbatim add`` does; nothing is written.

    Its statements about its publisher, its address and its groups are marked as its own. It may
    name groups, and cannot open itself to everybody.

    Raises:
        ExtractorUnavailable: if the extractor process cannot be started, or was closed.
        UnreadableSource: if it cannot be read; the message names no file.
    """
    patient = extractor.patient()
    extract = patient.extract(data, name=name)
    try:
        parts = patient.front_matter_of_text(extract.text)
    except UnreadableSource as error:
        raise UnreadableSource(f"{error} {_ADD_IT}") from error
    says = believed(
        parts.provenance.or_else(provenance_in(extract)), claimed=extract.also_at, fetched=None
    ).says
    says = replace(
        says,
        access=None if says.access == frozenset({PUBLIC}) else says.access,
        fetched=None,
        said_by_source=None,
    )
    document = patient.lay_out(parts.body, document_id=id_from_name(name), known=says)
    said = frozenset(claim for claim in CLAIMS if getattr(document, claim))
    taken = len(extract.text) - len(document.text)
    pages = moved(extract.pages, taken, len(document.text))
    return SourceDocument(
        replace(document, said_by_source=said, pages=pages),
        moved_deviations(extract.deviations, taken, len(document.text)),
    )


def provenance_in(extract: Extract) -> Provenance:
    """Return the statements of a source about itself, beside its text."""
    return Provenance(
        title=extract.title,
        publisher=extract.publisher,
        published=extract.published,
        place=extract.place,
        url=extract.url,
        language=extract.language,
    )


def moved_deviations(
    deviations: Iterable[Deviation], taken: int, length: int
) -> tuple[Deviation, ...]:
    """Return the deviations of a text after its first ``taken`` characters, front matter, are
    gone.
    """
    return tuple(
        replace(each, position=min(max(0, each.position - taken), length)) for each in deviations
    )
