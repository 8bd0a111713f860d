"""Reads the main text of a web page, without navigation, cookie notices and footers.

trafilatura finds the main text. This module decides how its elements become blocks, and
``corpus.extraction.web.pagemetadata`` reads the page's facts about itself.
"""

import codecs
import re
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Extract
from corpus.extraction.omissions import without_marks
from corpus.extraction.text import plaintext
from corpus.extraction.text.markup import empty_body, html_tree
from corpus.extraction.web.pageblocks import blocks_of, in_its_words
from corpus.extraction.web.pageflow import prepare
from corpus.extraction.web.pagemetadata import page_facts
from corpus.extraction.web.pageremains import left_out, pieces_of
from corpus.extraction.web.visibletext import show

_PRESCAN_BYTES = 4096
_CHARSET = re.compile(r"charset\s*+=\s*+(?:[\"']\s*+)?([\w:.-]+)", re.I)
_META_CHARSET = re.compile(
    rb"<meta(?:(?!<meta)[^>])*?charset\s*+=\s*+(?:[\"']\s*+)?([\w:.-]+)", re.I
)
_XML_ENCODING = re.compile(rb"<\?xml(?:(?!<\?xml)[^>])*?encoding\s*+=\s*+[\"']([\w:.-]+)", re.I)
_CODECS = {  # by the WHATWG encoding standard, if Python's codec of that name differs
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "utf-16": "utf-8",  # a page whose declaration can be read as ASCII is not in UTF-16
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}
_NOT_TEXT = "|".join(
    (
        "//script[not(@type='application/ld+json')]",
        "//style",
        "//nav",
        "//template",
        "//iframe",
        "//address[.//iframe]",  # text about a film that a frame would show
        "//*[@role='navigation' or @role='contentinfo' or @role='search' or @role='dialog']",
        "//*[self::header or self::footer or @role='banner']"
        "[not(ancestor::article or ancestor::main or .//h1 or .//article or .//main)]",
        "//*[@aria-hidden='true'][not(.//h1 or .//article)]"
        "[not(ancestor::p or ancestor::li or ancestor::td or ancestor::th or ancestor::dd)]",
    )
)
_CONSENT = re.compile(
    r"cookie|consent|gdpr|dsgvo|onetrust|usercentrics|borlabs|privacy-?(?:banner|notice)"
    r"|newsletter|skip-?(?:link|to)|breadcrumb|social-?(?:share|media|bar|links)|share-?buttons?",
    re.I,
)
_NOTICE_SHARE = 0.3  # an element with more of a page's text is no notice, whatever its class
_SHORT_PAGE = 1000
_LEAST_PARTS = 3
_NEARLY_ALL = 0.95


def load() -> None:
    """Import the libraries, so that a fork of this process has them."""
    import trafilatura  # noqa: F401

    libraries.load(("encodings",))


def read_web_page(data: bytes, *, name: str = "", media_type: str | None = None) -> Extract:
    """Return the main text of a page and its facts about itself.

    Paragraphs are blocks. A heading is a line such as "## Security". A list is one block, with a
    line "- …" for each of its points. A table is one block, with a line for each row and " | "
    between cells. ``name`` is the page's address, if it has one: a canonical address may be
    relative to it.

    Raises:
        UnreadableSource: if it holds no text.
    """
    found = plaintext.decoded(data, declared=declared_encoding(data, media_type))
    source = without_marks(found.text.replace("\x00", "")).encode("utf-8", errors="replace")
    tree = html_tree(source)
    facts = page_facts(tree, address=name)
    marks = show(tree)
    body = tree.find("body")
    pieces = [] if body is None else list(pieces_of(body))
    _prune(tree)
    blocks = list(blocks_of(_main_part(tree)))
    if not blocks:
        raise UnreadableSource(
            "no text: the page fills itself when a browser runs it. "
            "Save the text that you see as .txt."
        )
    stored, hidden = marks.placed("\n\n".join(blocks) + "\n")
    repaired = [at for at, character in enumerate(stored) if character == "\ufffd"]
    deviations = [*found.deviations(repaired), *hidden, *left_out(pieces, stored)]
    return Extract(
        text=stored,
        deviations=tuple(sorted(deviations, key=lambda deviation: deviation.position)),
        title=facts.title,
        publisher=facts.publisher,
        published=facts.published,
        place=facts.place,
        url=facts.url,
        also_at=facts.also_at,
        language=facts.language,
        notes=found.notes,
    )


def declared_encoding(data: bytes, media_type: str | None) -> str | None:
    """Return the codec that the web server, or otherwise the page, names; None if it is unknown."""
    head = data[:_PRESCAN_BYTES]
    labels = []
    if media_type and (match := _CHARSET.search(media_type)):
        labels.append(match[1])
    for pattern in (_META_CHARSET, _XML_ENCODING):
        if found := pattern.search(head):
            labels.append(found[1].decode("ascii", errors="replace"))
    for label in labels:
        try:
            codec = codecs.lookup(label)
        except (LookupError, ValueError):
            continue
        if codec._is_text_encoding:  # "hex" is a codec, too
            return _CODECS.get(codec.name, codec.name)
    return None


def _prune(tree: Any) -> None:
    """Take out everything that is no text of the page: navigation, notices, hidden elements."""
    for element in tree.xpath(_NOT_TEXT):
        _drop(element)
    whole = max(1, len(tree.text_content()))
    for element in tree.xpath("//body//*[@class or @id]"):
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if (
            _CONSENT.search(names)
            and element.tag not in {"main", "article"}
            and len(element.text_content()) <= _NOTICE_SHARE * whole
        ):
            _drop(element)


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _main_part(tree: Any) -> Any:
    """Return the element in which trafilatura has gathered the main text; an empty one if none.

    A short page is taken whole, because trafilatura joins its headings and paragraphs.
    """
    import trafilatura

    body = tree.find("body")
    if body is not None and len(body.text_content()) <= _SHORT_PAGE:
        return in_its_words(body)
    if body is not None:
        prepare(body)
    found = trafilatura.bare_extraction(
        tree, include_comments=False, include_formatting=True, with_metadata=False
    )
    if found is None or isinstance(found, dict):
        return empty_body()
    if body is not None and _lost_its_structure(found.body, body):
        return in_its_words(_smallest_with(found.body, body))
    return found.body


def _lost_its_structure(found: Any, body: Any) -> bool:
    """Return whether points and cells of a page came out as paragraphs."""
    if any(True for _ in found.iter("list", "table", "row")):
        return False
    texts = {_plain("".join(each.itertext())) for each in found.iter("p")}
    parts = [_plain(each.text_content()) for each in body.iter("li", "td", "th")]
    return sum(part in texts for part in parts if part) >= _LEAST_PARTS


def _smallest_with(found: Any, body: Any) -> Any:
    """Return the smallest element of a page with nearly all words of the text that was found."""
    wanted = len(_plain("".join(found.itertext())))
    element = body
    while True:
        inner = [
            child
            for child in element
            if isinstance(child.tag, str)
            and len(_plain(child.text_content())) >= _NEARLY_ALL * wanted
        ]
        if len(inner) != 1 or inner[0].tag in {"p", "table", "ul", "ol", "dl"}:
            return element
        element = inner[0]


def _plain(text: str) -> str:
    return " ".join(text.split())
