"""Web pages with statements as governments publish them: menus, headings, teasers that repeat."""

import html
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from bot.citations.textfragment import PageText, fragment_link
from corpus import Document, Span, document_from_text
from corpus.errors import UnreadableSource
from corpus.extraction.extract import Deviation
from corpus.extraction.extractor import Extractor
from corpus.frontmatter.frontmatter import split_front_matter

URL = "https://example.org/statement"
_MENU = ("Home", "About us", "News", "Statements", "Contact us", "Search")


@dataclass(frozen=True, slots=True)
class LinkedQuote:
    """A quote from a page, and the part of its link behind ``:~:text=``."""

    page: str
    quote: str
    directive: str


def statement_pages(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each statement of a folder as a page, between teasers of itself and of its neighbours."""
    statements = [_statement(folder / name) for name in names]
    for at, (name, (title, body)) in enumerate(zip(names, statements, strict=True)):
        teasers = [statements[at - 1], (title, body), statements[(at + 1) % len(statements)]]
        yield f"{name}.html", page_of(title, body, teasers, seed=at).encode()


def page_of(title: str, body: str, teasers: Sequence[tuple[str, str]], *, seed: int) -> str:
    """A page with a Markdown body; each teaser has a title and the beginning of a body."""
    draw = random.Random(seed)
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    links = "".join(f"<li><a href='/{n}'>{label}</a></li>" for n, label in enumerate(_MENU))
    related = "".join(
        f"<div class='teaser'><h3><a href='/{n}'>{html.escape(each)}</a></h3>"
        f"<p>{html.escape(_beginning(text))}</p></div>"
        for n, (each, text) in enumerate(teasers)
    )
    above = f"<aside class='related'>{related}</aside>" if draw.random() < 0.3 else ""
    escaped = html.escape(title)
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escaped}</title>
<style>.x{{color:red}}</style><script>var teaser = "We met."</script></head><body>
<header><nav><ul>{links}</ul></nav></header>{above}
<main><article><h1>{escaped}</h1><p class="share">Share this page</p>
{shown}</article></main><aside class="related"><h2>Related statements</h2>{related}</aside>
<footer><nav><ul>{links}</ul></nav><p>Imprint and privacy</p></footer></body></html>"""


def linked_quotes(
    pages: Mapping[str, bytes], count: int, *, seed: int = 0
) -> tuple[list[LinkedQuote], list[str]]:
    """``count`` quotes of the pages with their links, and the names of pages that are refused.

    The pages are read as ``verbatim add`` reads them. From each about as many are taken.
    """
    draw = random.Random(seed)
    found: list[list[LinkedQuote]] = []
    refused = []
    with Extractor() as extractor:
        for name, data in pages.items():
            try:
                document, deviations = read_page(extractor, name, data)
            except UnreadableSource as error:
                refused.append(f"{name}: {error}")
                continue
            quotes = [
                LinkedQuote(name, each.text, _directive(document, each.span, deviations))
                for each in document.passages
            ]
            draw.shuffle(quotes)
            found.append(quotes)
    taken: list[LinkedQuote] = []
    while len(taken) < count and any(found):
        for quotes in found:
            if quotes and len(taken) < count:
                taken.append(quotes.pop())
    return taken, refused


def read_page(
    extractor: Extractor, name: str, data: bytes
) -> tuple[Document, tuple[Deviation, ...]]:
    """The document in a page, and what it lacks of the page, as ``verbatim add`` finds them."""
    extract = extractor.extract(data, name=name)
    document = document_from_text(
        extract.text,
        document_id=name,
        title=extract.title,
        url=URL,
        language=extract.language or "en",
    )
    return document, extract.deviations


def _directive(document: Document, span: Span, deviations: tuple[Deviation, ...]) -> str:
    link = fragment_link(document, span, page=PageText(document.text, deviations))
    return link.partition(":~:text=")[2]


def _statement(path: Path) -> tuple[str, str]:
    fields, body = split_front_matter(path.read_text(encoding="utf-8"), decided=True)
    return str(fields.get("title") or path.stem), body


def _beginning(body: str) -> str:
    """The first paragraph that has a sentence, cut as teasers are."""
    for paragraph in body.split("\n\n"):
        words = paragraph.split()
        if len(words) > 12 and "*" not in paragraph:
            return " ".join(words[:40])
    return "Read more"
