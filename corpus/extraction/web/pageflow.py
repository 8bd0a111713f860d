"""Puts a page's text into paragraphs, so that trafilatura loses no words.

trafilatura drops text outside paragraphs, elements such as ``<time>``, and spans whose classes look
like those of navigation: a sentence would lose words in its middle.
"""

from collections.abc import Iterator
from typing import Any

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data dfn em font i ins kbd label mark nobr output q "
    "rb rt ruby s samp small span strong sub sup time tt u var wbr".split()
)
_LOST_INLINE = frozenset("label output time rt ins".split())
_FLOW = ("p", "li", "td", "th", "dd", "dt", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
_CONTAINERS = ("div", "section", "article", "main", "body", "center", "form", "fieldset")
_KEPT = frozenset(("href", "lang", "dir"))
_SAY_HIDDEN = frozenset(("aria-hidden", "hidden", "style"))  # everything left is shown
_LEAST_WORDS = 4
_LEAST_CHARACTERS = 40


def prepare(body: Any) -> None:
    """Change the body of a page, which is shown as it is."""
    for form in list(body.iter("form", "fieldset")):
        if any(len(p.text_content().strip()) >= _LEAST_CHARACTERS for p in form.iter("p")):
            form.tag = "div"
    for footer in body.xpath(".//blockquote//footer"):
        footer.tag = "div"
    for container in list(body.iter(*_CONTAINERS)):
        _wrap_bare_text(container)
    for element in body.iter():
        for name in _SAY_HIDDEN:
            element.attrib.pop(name, None)
    for paragraph in body.iter(*_FLOW):
        for inner in paragraph.iterdescendants():
            if inner.tag in _INLINE:
                _make_plain(inner)


def _make_plain(element: Any) -> None:
    for name in set(element.attrib) - _KEPT:
        del element.attrib[name]
    if element.tag in _LOST_INLINE and _is_within_words(element):
        element.tag = "span"


def _is_within_words(element: Any) -> bool:
    """Return whether other words or elements stand beside an element."""
    beside = element.getprevious() is not None or element.getnext() is not None
    return beside or bool((element.tail or "").strip() or (element.getparent().text or "").strip())


def _wrap_bare_text(container: Any) -> None:
    """Put sentences that stand directly in a container into paragraphs; two breaks separate
    them.
    """
    for child in list(container):
        if not _is_inline(child) and (child.tail or "").strip():
            behind = container.makeelement("span")
            behind.text, child.tail = child.tail, None
            child.addnext(behind)
    for run in list(_runs(container)):
        if not _is_prose(run):
            continue
        first = run[0]
        paragraph = container.makeelement("p")
        if isinstance(first, str):
            paragraph.text = container.text
            container.text = None
            container.insert(0, paragraph)
            elements = run[1:]
        else:
            first.addprevious(paragraph)
            if paragraph.tail:  # addprevious leaves no text behind it, but to be sure
                paragraph.tail = None
            elements = run
        for element in elements:
            paragraph.append(element)  # with its tail


def _runs(container: Any) -> Iterator[list[Any]]:
    """Yield neighbouring text and elements within lines; the first may be the text."""
    run: list[Any] = [container.text] if (container.text or "").strip() else []
    breaks = 0
    for child in container:
        if not _is_inline(child):
            if run:
                yield run
            run = []
            continue
        if child.tag == "br":
            breaks += 1
            if breaks > 1 and run:
                yield run
                run = []
            if run:
                run.append(child)
            if (child.tail or "").strip():
                breaks = 0
                if not run:
                    run = [child]
            continue
        breaks = 0
        run.append(child)
    if run:
        yield run


def _is_inline(element: Any) -> bool:
    """Return whether an element and all in it stand within lines."""
    return all(not isinstance(inner.tag, str) or inner.tag in _INLINE for inner in element.iter())


def _is_prose(run: list[Any]) -> bool:
    words = 0
    for each in run:
        if isinstance(each, str):
            words += len(each.split())
        else:
            words += len((each.tail or "").split())
            words += 0 if each.tag == "a" else len("".join(each.itertext()).split())
    return words >= _LEAST_WORDS
