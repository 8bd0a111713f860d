"""Reads Markdown as its rendered page shows it, in the blocks of a web page."""

from typing import Any

from corpus.documents.storedformat import is_stored_text
from corpus.extraction import libraries
from corpus.extraction.extract import Deviation, DeviationName, Extract
from corpus.extraction.markdown.emphasisheadings import mark_headings
from corpus.extraction.omissions import LeftOut, without_marks
from corpus.extraction.text import plaintext
from corpus.extraction.text.markup import html_tree
from corpus.extraction.web.pageblocks import blocks_of, in_its_words
from corpus.extraction.web.styles.listnumbers import numbered_points
from corpus.extraction.web.visibletext import show
from corpus.frontmatter.frontmatter import split_front_matter
from corpus.normalisation import normalise

_SAMPLE = "# A\n\n**B** [c](d) &amp; <u>e</u>\n\n1. f[^1]\n\n[^1]: g\n\n|h|i|\n|-|-|\n|j|k|\n"
_NO_FRONT_MATTER = "---\n---\n"
_SILENT = ("script", "style", "template", "iframe", "svg", "math", "textarea", "select")


def load() -> None:
    """Import the libraries and render once, so that a fork of this process has them."""
    _rendered(_SAMPLE)


def read_markdown(data: bytes, *, decided: bool = False) -> Extract:
    """Return the text of a Markdown file under its front matter.

    A text that says it is no Markdown any more stays as it is: see ``is_stored_text``. ``decided``
    means that somebody else says who may read it.

    Raises:
        UnreadableSource: if it is no text, or its front matter is malformed.
    """
    found = plaintext.decoded(data)
    text = normalise(found.text)
    front_matter, body = split_front_matter(text, decided=decided)
    if is_stored_text(front_matter):
        return plaintext.read_plain_text(data)
    head = text[: len(text) - len(body)]
    shown, left_out = rendered(body)
    if not head and shown.startswith("---"):
        head = _NO_FRONT_MATTER  # text that now looks like front matter was no front matter
    whole = head + shown
    repaired = [at for at, character in enumerate(whole) if character == "\ufffd"]
    moved = [
        Deviation(each.kind, each.name, each.text, each.position + len(head)) for each in left_out
    ]
    return Extract(
        text=whole,
        notes=found.notes,
        deviations=tuple(
            sorted([*found.deviations(repaired), *moved], key=lambda deviation: deviation.position)
        ),
    )


def rendered(text: str) -> tuple[str, tuple[Deviation, ...]]:
    """Return the text that a browser shows of a Markdown text in the stored form, and the rest.

    Paragraphs, headings, lists and tables are as ``read_web_page`` gives them; the text is empty if
    nothing has a letter or digit.

    Raises:
        UnreadableSource: if it is nested too deeply to be read whole.
    """
    libraries.require("markdown")
    return _rendered(text)


def _rendered(text: str) -> tuple[str, tuple[Deviation, ...]]:
    from corpus.extraction.markdown.markdownparser import html_of

    left_out = LeftOut()
    source = html_of(without_marks(text), left_out).encode("utf-8", errors="replace")
    if not source.strip():
        return "", ()
    tree = html_tree(b"<html><body>%s</body></html>" % source)
    _silence(tree, left_out)
    _note_numbers(tree, left_out)
    show(tree, left_out)
    body = tree.find("body")
    if body is None:
        return "", ()
    mark_headings(body)
    blocks = list(blocks_of(in_its_words(body)))
    shown, deviations = left_out.placed("\n\n".join(blocks) + "\n" if blocks else "")
    return normalise(shown), deviations


def _silence(tree: Any, left_out: LeftOut) -> None:
    """Take out the parts that a browser does not show as text."""
    for element in list(tree.iter(*_SILENT)):
        if element.getparent() is None:
            continue
        words = left_out.mark(DeviationName.MARKUP, "".join(element.itertext()))
        element.clear(keep_tail=True)
        element.tag, element.text = "span", words


def _note_numbers(tree: Any, left_out: LeftOut) -> None:
    """Note the numbers that a list has in the source, if a browser counts otherwise."""
    for ordered in tree.iter("ol"):
        for point, number in numbered_points(ordered):
            written = point.get("data-number")
            if written is not None and f"{written}." != number:
                mark = left_out.mark(DeviationName.LIST_NUMBER, written)
                point.text = mark + (point.text or "")
