"""Finds the elements of a web page that are not shown.

Only the page itself is read: a style sheet elsewhere is not fetched. The class names of common
frameworks are known.
"""

import re
from collections.abc import Iterator
from typing import Any

from corpus.extraction.web.styles.pagestyles import PageStyles, Style

_NEVER_SHOWN = frozenset(
    "noscript template datalist noframes noembed audio video canvas rp".split()
)
_NEVER_SHOWN_IN_DRAWINGS = frozenset(("title", "desc", "metadata", "defs"))
_HIDDEN_NAME = re.compile(
    r"(?:sr-?only(?:-text)?|visually-?hidden|hidden-visually|screen-?readers?(?:-?(?:text|only))?"
    r"|element-(?:invisible|hidden)|wb-inv(?:isible)?|show-for-sr|assistive-text|text-assistive"
    r"|a11y-hidden|accessib(?:le|ly)-?hid(?:e|den)|off-?screen|clip-text|screen-only"
    r"|(?:only-print|print-only|show-for-print|visible-print(?:-(?:block|inline|inline-block))?))"
)
_HIDDEN_ALONE = frozenset("d-none hidden hide invisible is-hidden is-invisible".split())
_HIDDEN_ALONE |= frozenset("u-hidden uk-hidden uk-invisible visually-hidden-focusable".split())
_SHOWN_PREFIX = re.compile(r"(?:^|[-_])(?:not|no|un|undo)[-_]*+$")
_SHOWN_ON_SCREENS = re.compile(
    r"d-(?:sm|md|lg|xl)-(?:block|flex|grid|inline\S*|table\S*|contents)"
    r"|(?:sm|md|lg|xl):(?:block|flex|grid|inline\S*|table\S*|contents|visible|not-sr-only)"
    r"|(?:visible|show-for)-(?:sm|md|lg|small|medium|large|desktop)\S*|not-sr-only"
    r"|sr-only-(?:sm|md|lg)|(?:u-)?hidden@[lx]\S*"
)
_ZERO = re.compile(r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:px|pt|em|rem|%|vw|vh)?")
_ONE_PIXEL = re.compile(r"(?:[01](?:\.0*)?|\.0+)(?:px)?")
_FAR_OFF = re.compile(r"-(?:\d{4,}+(?:\.\d*+)?[a-z%]*+|\d{3}(?:\.\d*+)?(?:em|rem|vw|%))")
_CLIPPED = re.compile(
    r"rect\(\s*+(?:0|1px).*|inset\(\s*+(?:50|100)%.*|circle\(\s*+0(?:px|%)?\s*+(?:\)|at).*"
)
_NO_SCALE = re.compile(r"scale(?:3d|x|y)?\(\s*+0(?:\.0*)?\s*+[,)].*")
_WHOLE = frozenset(("html", "body"))  # if a style hides them, a script shows them
_SHELL = frozenset("nav header footer script style".split())
_MAIN = frozenset("h1 main article".split())
_LITTLE = 200  # characters: a page with no more beside a hidden main part shows that by a script


def hidden_elements(tree: Any, styles: PageStyles | None = None) -> Iterator[Any]:
    """Yield the outermost elements of a page that a browser does not show, in document order.

    Closed ``<details>`` count as shown, since people open them. So does the main part of a page
    that shows next to nothing else: a script shows it. If an element is shown within a hidden one,
    each piece of text around it becomes an element.
    """
    found = list(_hidden(tree, styles or PageStyles(tree)))
    if any(_holds_main(each) for each in found) and _shown_characters(tree, found) < _LITTLE:
        found = [each for each in found if not _holds_main(each)]
    yield from found


def _hidden(tree: Any, styles: PageStyles) -> Iterator[Any]:
    stack: list[tuple[Any, bool]] = [(tree, False)]
    while stack:
        element, within = stack.pop()
        if not isinstance(element.tag, str) or element.tag in {"script", "style"}:
            continue
        style = styles.of(element)
        if _is_gone(element, style):
            yield element
            continue
        unseen = element.tag not in _WHOLE and _is_unseen(style, within=within)
        if unseen and not _has_seen_part(element, styles):
            yield element
        elif unseen:
            _wrap_own_text(element)
            stack.extend((child, True) for child in reversed(element))
        else:
            stack.extend((child, False) for child in reversed(element))


def _is_gone(element: Any, style: Style) -> bool:
    """Return whether an element and everything in it takes no place or is invisible."""
    if element.tag in _WHOLE:
        return False
    if element.tag in _NEVER_SHOWN or (element.tag == "dialog" and element.get("open") is None):
        return True
    if element.tag in _NEVER_SHOWN_IN_DRAWINGS:
        return any(outer.tag == "svg" for outer in element.iterancestors())
    display = style.get("display")
    hidden = element.get("hidden") not in {None, "until-found"}
    if display == "none" or (hidden and display is None) or _is_out_of_sight(style):
        return True
    ruled = any(name in style for name in ("display", "visibility", "opacity"))
    return not ruled and _has_hiding_class(element)


def _is_out_of_sight(style: Style) -> bool:
    if not style:
        return False
    placed = style.get("position") in {"absolute", "fixed"}
    far = ("left", "top", "text-indent", "right") if placed else ("left", "top", "text-indent")
    clips = style.get("overflow") in {"hidden", "clip"}
    sizes = (style.get("width", ""), style.get("height", ""), style.get("max-height", ""))
    return bool(
        _ZERO.fullmatch(style.get("opacity", ""))
        or style.get("color") == "transparent"
        or _NO_SCALE.match(style.get("transform", ""))
        or any(_FAR_OFF.fullmatch(style.get(name, "")) for name in far)
        or any(_CLIPPED.fullmatch(style.get(name, "")) for name in ("clip-path", "clip"))
        or (
            clips
            and (any(map(_ZERO.fullmatch, sizes)) or all(map(_ONE_PIXEL.fullmatch, sizes[:2])))
        )
    )


def _has_hiding_class(element: Any) -> bool:
    names = (element.get("class") or "").split()
    return any(map(_is_hiding_class, names)) and not any(map(_SHOWN_ON_SCREENS.fullmatch, names))


def _is_hiding_class(name: str) -> bool:
    if name.lower() in _HIDDEN_ALONE:
        return True
    plain = _plain(name)
    match = _HIDDEN_NAME.search(plain)
    while match is not None:
        before = plain[: match.start()]
        starts = not before or before[-1] in "-_"
        if starts and match.end() == len(plain):
            return not _SHOWN_PREFIX.search(before)
        match = _HIDDEN_NAME.search(plain, match.start() + 1)
    return False


def _plain(name: str) -> str:
    """Return a class name in lower case, with hyphens between words that capitals or underscores
    separate.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)
    return parted.lower().replace("_", "-")


def _is_unseen(style: Style, *, within: bool) -> bool:
    """Return whether an element's own text is invisible, which elements in it may take back."""
    visibility, size = style.get("visibility"), style.get("font-size")
    if visibility in {"hidden", "collapse"} or (size is not None and _ZERO.fullmatch(size)):
        return True
    return within and not _is_seen_again(style)


def _is_seen_again(style: Style) -> bool:
    size = style.get("font-size")
    absolute = size is not None and (size.endswith("rem") or not size.endswith(("%", "em")))
    return style.get("visibility") == "visible" or absolute


def _has_seen_part(element: Any, styles: PageStyles) -> bool:
    return any(
        isinstance(inner.tag, str) and _is_seen_again(styles.of(inner))
        for inner in element.iterdescendants()
    )


def _wrap_own_text(element: Any) -> None:
    """Make an element of each piece of text that stands directly in an element."""
    pieces = [(None, element.text), *((child, child.tail) for child in element)]
    for child, text in pieces:
        if not (text or "").strip():
            continue
        piece = element.makeelement("span", hidden="")
        piece.text = text
        if child is None:
            element.text = None
            element.insert(0, piece)
        else:
            child.tail = None
            child.addnext(piece)


def _holds_main(element: Any) -> bool:
    return any(inner.tag in _MAIN for inner in element.iter())


def _shown_characters(tree: Any, hidden: list[Any]) -> int:
    """Return the characters of a page outside of hidden elements, of navigation, heads and feet."""
    skipped = set(hidden)
    total = 0
    body = tree.find("body")
    stack = [] if body is None else [body]
    while stack:
        element = stack.pop()
        if element in skipped or not isinstance(element.tag, str) or element.tag in _SHELL:
            continue
        total += len((element.text or "").strip())
        total += sum(len((child.tail or "").strip()) for child in element)
        stack.extend(element)
    return total
