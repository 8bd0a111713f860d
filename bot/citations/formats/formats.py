"""Names the formats in which a quote is copied with its citation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.citations.citation import Citation, CitedQuote
from bot.citations.formats.bibtex import read_bibtex, write_bibtex
from bot.citations.formats.copiedtext import read_text, write_text
from bot.citations.formats.csljson import read_csl, write_csl
from bot.citations.formats.entryfields import entry_key
from bot.citations.formats.htmlform import read_html, write_html
from bot.citations.formats.markdownform import read_markdown, write_markdown
from bot.citations.formats.ris import read_ris, write_ris
from bot.errors import MalformedCitation, UnfaithfulQuote
from embeddings import same_text

TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for commands and addresses, its title for people, writer and reader.

    ``media_type`` is that of HTTP. ``suffix`` is of the file that a reference manager opens, ""
    for a text to paste.
    """

    name: str
    title: str
    write: Callable[[Citation, str], str]
    read: Callable[[str], tuple[CitedQuote, ...]]
    media_type: str = TEXT
    suffix: str = ""

    def __call__(self, citation: Citation, quote: str) -> str:
        """Return the quote with its citation in this format, without a line end behind it.

        Raises:
            UnfaithfulQuote: if it would not be read as the same quote and reference again.
        """
        text = self.write(citation, quote)
        try:
            (cited,) = self.read(text)
        except (MalformedCitation, ValueError):
            cited = None
        faithful = cited is not None and cited.reference == citation.reference
        if cited is None or not faithful or not same_text(cited.quote or "", quote):
            raise UnfaithfulQuote(
                f"The quote from {citation.document} cannot be written as {self.title}, so that it "
                f"reads the same again. Take its reference: {citation.reference}"
            )
        return text

    def file_name(self, citation: Citation) -> str | None:
        """Return the name of a file with the citation; None for a text to paste."""
        return f"{entry_key(citation)}{self.suffix}" if self.suffix else None


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("text", "Plain text", write_text, read_text),
        Format("markdown", "Markdown", write_markdown, read_markdown),
        Format("html", "HTML", write_html, read_html),
        Format("chicago", "Chicago", partial(write_text, style="chicago"), read_text),
        Format("apa", "APA", partial(write_text, style="apa"), read_text),
        Format("bibtex", "BibTeX", write_bibtex, read_bibtex, "application/x-bibtex", ".bib"),
        Format("ris", "RIS", write_ris, read_ris, "application/x-research-info-systems", ".ris"),
        Format(
            "csl",
            "CSL-JSON",
            write_csl,
            read_csl,
            "application/vnd.citationstyles.csl+json",
            ".json",
        ),
    )
}
"""The formats by name, in the order in which people are offered them."""
