"""Tells which elements of a web page its styles hide.

Only the page itself is read: a style sheet elsewhere is not fetched. For those of common frameworks
the names of their classes are known.
"""

import re
from collections.abc import Iterator
from typing import Any

_CLASSES = re.compile(
    r"(?:sr-?only|screen-?reader(?:-?text|-?only)?|visually-?hidden|element-invisible"
    r"|hidden-visually|wb-inv(?:isible)?|show-for-sr|assistive-text|a11y-hidden|off-?screen"
    r"|d-none|is-hidden|cdk-visually-hidden|clip-text|text-assistive)",
    re.I,
)
_PREFIXES = (
    "",
    "govuk-",
    "usa-",
    "u-",
    "ecl-u-",
    "nhsuk-u-",
    "moj-",
    "is-",
    "fr-",
    "bx--",
    "slds-",
)
_SHOWN_CLASSES = re.compile(r"focusable", re.I)
_HIDDEN_DISPLAY = re.compile(r"(?:^|;)\s*+display\s*+:\s*+none\b", re.I)
_HIDDEN_VISIBILITY = re.compile(r"(?:^|;)\s*+visibility\s*+:\s*+(?:hidden|collapse)\b", re.I)
_NO_SIZE = re.compile(
    r"(?:^|;)\s*+(?:font-size|opacity)\s*+:\s*+0(?:\.0*+)?(?:px|pt|em|%)?\s*+(?:;|!|$)", re.I
)
_OFF_SCREEN = re.compile(
    r"(?:^|;)\s*+(?:(?:left|top|right|text-indent)\s*+:\s*+-\d{4,}+|clip\s*+:\s*+rect\(\s*+(?:0|1px)"
    r"|clip-path\s*+:\s*+inset\(\s*+(?:50|100)%)",
    re.I,
)
_SHOWN_VISIBILITY = re.compile(r"(?:^|;)\s*+visibility\s*+:\s*+visible\b", re.I)
_SIMPLE = re.compile(r"(?P<tag>[a-z][a-z0-9]*+)?(?P<more>(?:[.#][\w-]++)++)?", re.I)
_MOST_STYLE_CHARACTERS = 500_000
_MOST_SELECTORS = 2_000


def hidden_elements(tree: Any) -> Iterator[Any]:
    """Yields the outermost elements of a page that a browser does not show, in document order.

    Closed ``<details>`` are no such elements: a reader opens them.
    """
    by_rule = _hiding_selectors(tree)
    stack = [tree]
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str):
            continue
        if _is_hidden(element, by_rule):
            yield element
        else:
            stack.extend(reversed(list(element)))


def _is_hidden(element: Any, by_rule: "_Selectors") -> bool:
    if element.tag in {"noscript", "template", "datalist", "dialog"}:
        return element.tag != "dialog" or element.get("open") is None
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    style = element.get("style")
    if style and _hides(style):
        return not any(_SHOWN_VISIBILITY.search(each) for each in element.xpath(".//@style"))
    names = (element.get("class") or "").split()
    if any(map(_is_hiding_class, names)) and not any(map(_SHOWN_CLASSES.search, names)):
        return True
    return by_rule.matches(element, names)


def _is_hiding_class(name: str) -> bool:
    lower = name.lower()
    return any(
        lower.startswith(prefix) and _CLASSES.fullmatch(lower[len(prefix) :])
        for prefix in _PREFIXES
    )


def _hides(style: str) -> bool:
    """Whether the declarations of a style hide an element."""
    return any(
        pattern.search(style)
        for pattern in (_HIDDEN_DISPLAY, _HIDDEN_VISIBILITY, _NO_SIZE, _OFF_SCREEN)
    )


class _Selectors:
    """Selectors such as ``.note``, ``#draft`` or ``p.draft`` whose rules hide elements."""

    def __init__(self) -> None:
        self._found: set[tuple[str, frozenset[str], str]] = set()

    def add(self, selector: str) -> None:
        """Adds a selector of one part; others are passed over."""
        match = _SIMPLE.fullmatch(selector)
        if match is None or not match["more"] or len(self._found) >= _MOST_SELECTORS:
            return
        names = re.findall(r"[.#][\w-]++", match["more"])
        classes = frozenset(name[1:] for name in names if name[0] == ".")
        identity = "".join(name[1:] for name in names if name[0] == "#")
        self._found.add(((match["tag"] or "").lower(), classes, identity))

    def discard(self, selector: str) -> None:
        """Takes back a selector that a later rule shows again."""
        others = _Selectors()
        others.add(selector)
        self._found -= others._found

    def matches(self, element: Any, names: list[str]) -> bool:
        """Whether one of the selectors fits an element whose classes are ``names``."""
        if not self._found or not (names or element.get("id")):
            return False
        classes = set(names)
        return any(
            (not tag or tag == element.tag)
            and wanted <= classes
            and (not identity or identity == element.get("id"))
            for tag, wanted, identity in self._found
        )


def _hiding_selectors(tree: Any) -> _Selectors:
    """Returns the selectors of the page's own rules that hide, but for those within ``@media``."""
    found = _Selectors()
    for sheet in tree.iter("style"):
        text = _without_comments((sheet.text or "")[:_MOST_STYLE_CHARACTERS])
        for rule in _without_at_rules(text).split("}"):
            selectors, _, declarations = rule.partition("{")
            hides = _hides(declarations)
            for selector in selectors.split(","):
                if hides:
                    found.add(selector.strip())
                elif "display" in declarations or "visibility" in declarations:
                    found.discard(selector.strip())
    return found


def _without_comments(text: str) -> str:
    first, *others = text.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)


def _without_at_rules(text: str) -> str:
    """Returns a style sheet without the rules inside ``@media`` and the like."""
    kept: list[str] = []
    depth, at, begun = 0, 0, 0
    inside = False
    for at, character in enumerate(text):
        if character == "@" and depth == 0 and not inside:
            kept.append(text[begun:at])
            inside = True
        elif character == "{":
            depth += 1
        elif character == "}":
            depth = max(0, depth - 1)
            if inside and depth == 0:
                inside, begun = False, at + 1
        elif character == ";" and inside and depth == 0:
            inside, begun = False, at + 1
    if not inside:
        kept.append(text[begun:])
    return "".join(kept)
