"""Names the formats in which a quote is copied with its citation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.citations.citation import Citation
from bot.citations.formats.bibtex import write_bibtex
from bot.citations.formats.copiedtext import write_text
from bot.citations.formats.csljson import write_csl
from bot.citations.formats.entryfields import entry_key
from bot.citations.formats.htmlform import write_html
from bot.citations.formats.markdownform import write_markdown
from bot.citations.formats.ris import write_ris

TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for commands and addresses, its title for people, and its writer.

    ``media_type`` is that of HTTP. ``suffix`` is of the file that a reference manager opens, ""
    for a text to paste.
    """

    name: str
    title: str
    write: Callable[[Citation, str], str]
    media_type: str = TEXT
    suffix: str = ""

    def __call__(self, citation: Citation, quote: str) -> str:
        """Return the quote with its citation in this format, without a line end behind it."""
        return self.write(citation, quote)

    def file_name(self, citation: Citation) -> str | None:
        """Return the name of a file with the citation; None for a text to paste."""
        return f"{entry_key(citation)}{self.suffix}" if self.suffix else None


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("text", "Plain text", write_text),
        Format("markdown", "Markdown", write_markdown),
        Format("html", "HTML", write_html),
        Format("chicago", "Chicago", partial(write_text, style="chicago")),
        Format("apa", "APA", partial(write_text, style="apa")),
        Format("bibtex", "BibTeX", write_bibtex, "application/x-bibtex", ".bib"),
        Format("ris", "RIS", write_ris, "application/x-research-info-systems", ".ris"),
        Format("csl", "CSL-JSON", write_csl, "application/vnd.citationstyles.csl+json", ".json"),
    )
}
"""The formats by name, in the order in which people are offered them."""
