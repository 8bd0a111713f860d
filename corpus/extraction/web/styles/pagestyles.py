"""Computes the styles of a web page's elements, by the page's own rules and the elements' styles.

Style sheets elsewhere are not fetched. Rules count as they do on a screen of 1,280 pixels.
"""

import re
from collections.abc import Iterator
from typing import Any

from corpus.extraction.web.styles.selectors import Rules, Weight, selector_of

Style = dict[str, str]

_KNOWN = frozenset(
    "display visibility opacity font-size position left right top text-indent clip clip-path width "
    "height max-height overflow transform list-style list-style-type vertical-align "
    "text-decoration text-decoration-line counter-reset counter-increment counter-set content "
    "color".split()
)
_SCREEN_PIXELS = 1280
_PIXELS = {"px": 1.0, "em": 16.0, "rem": 16.0, "": 1.0, "cm": 37.8, "in": 96.0, "pt": 1.33}
_WIDTH = re.compile(
    r"\(\s*+(?:(?P<bound>min|max)-(?:device-)?width\s*+:|width\s*+(?P<sign>[<>])=?)\s*+"
    r"(?P<number>\d{1,6}(?:\.\d{1,4}+)?)(?P<unit>[a-z]*+)\s*+\)"
)
_MOST_CHARACTERS = 500_000
_MOST_SELECTORS = 2_000
_MOST_TRIES = 300_000
_GROUPS = ("@media", "@supports", "@layer")
_BRACKETS = re.compile("[{};]")


class PageStyles:
    """Computes the styles of elements; a style has the known properties, in lower case.

    A page with very many selectors for very many elements is read as one without rules from some
    element on.
    """

    def __init__(self, tree: Any) -> None:
        """Read the style sheets in a page."""
        self._rules: Rules[tuple[int, bool, Style]] = Rules()
        self._before: Rules[tuple[int, bool, Style]] = Rules()
        number = 0
        for sheet in tree.iter("style"):
            if not _applies(sheet.get("media") or "") or _is_inert(sheet):
                continue
            for selectors, declarations in _rules_of((sheet.text or "")[:_MOST_CHARACTERS]):
                usual, important = declared(declarations)
                for text in selectors.split(",") if usual or important else ():
                    selector = selector_of(text)
                    if selector is None or number >= _MOST_SELECTORS:
                        continue
                    number += 1
                    rules = self._before if selector.before else self._rules
                    if usual:
                        rules.add(selector, (number, False, usual))
                    if important:
                        rules.add(selector, (number, True, important))
        self.has_rules = number > 0

    def of(self, element: Any) -> Style:
        """Return the style of an element."""
        own = element.get("style")
        if not own and not self.has_rules:
            return {}
        usual, important = declared(own) if own else ({}, {})
        found = self._found(self._rules, element)
        return {**found[0], **usual, **found[1], **important}

    def before(self, element: Any) -> Style:
        """Return the style of the generated content before the text of an element."""
        usual, important = self._found(self._before, element)
        return {**usual, **important}

    def _found(self, rules: Rules[tuple[int, bool, Style]], element: Any) -> tuple[Style, Style]:
        if not self.has_rules or rules.tries > _MOST_TRIES:
            return {}, {}
        fitting: list[tuple[Weight, int, bool, Style]] = [
            (selector.weight, *value) for selector, value in rules.of(element)
        ]
        fitting.sort(key=lambda each: each[:2])
        usual: Style = {}
        important: Style = {}
        for _weight, _number, is_important, style in fitting:
            (important if is_important else usual).update(style)
        return usual, important


def declared(text: str) -> tuple[Style, Style]:
    """Return the known properties that declarations set, with the important ones apart."""
    usual: Style = {}
    important: Style = {}
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if not colon or name not in _KNOWN:
            continue
        value = value.strip() if name == "content" else " ".join(value.lower().split())
        bare = value.partition("!")[0].strip() if name != "content" else value
        (important if "!important" in value.replace("! ", "!") else usual)[name] = bare
    return usual, important


def _is_inert(sheet: Any) -> bool:
    return any(each.tag in {"noscript", "template"} for each in sheet.iterancestors())


def _rules_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each rule that applies on a screen."""
    text = _without_comments(text).replace("<!--", " ").replace("-->", " ")
    begin = 0
    open_blocks: list[tuple[str, str, int]] = []  # "group", "rule" or "other", what opens it, where
    for match in _BRACKETS.finditer(text):
        bracket, at = match[0], match.start()
        inside = open_blocks[-1][0] if open_blocks else "group"
        if bracket == "{":
            opening = text[begin:at].strip()
            kind = _kind_of_block(opening) if inside == "group" else "other"
            open_blocks.append((kind, opening, at + 1))
        elif bracket == "}" and open_blocks:
            kind, opening, start = open_blocks.pop()
            if kind == "rule":
                yield opening, text[start:at]
        elif inside == "rule":
            continue
        begin = at + 1


def _kind_of_block(opening: str) -> str:
    lower = " ".join(opening.lower().split())
    if not lower.startswith("@"):
        return "rule"
    if not lower.startswith(_GROUPS):
        return "other"
    if lower.startswith("@media"):
        return "group" if _applies(lower.removeprefix("@media")) else "other"
    return "other" if lower.startswith("@supports not") else "group"


def _applies(media: str) -> bool:
    """Return whether one of the conditions of a style sheet holds on a wide screen."""
    queries = media.lower().split(",")
    return any(all(map(_holds, query.split(" and "))) for query in queries)


def _holds(condition: str) -> bool:
    condition = condition.strip().removeprefix("only ").strip()
    if condition in {"", "all", "screen", "not print", "not speech"}:
        return True
    width = _WIDTH.fullmatch(condition)
    if width is None:
        return False
    pixels = float(width["number"]) * _PIXELS.get(width["unit"], 1.0)
    at_least = width["bound"] == "min" or width["sign"] == ">"
    return pixels <= _SCREEN_PIXELS if at_least else pixels >= _SCREEN_PIXELS


def _without_comments(text: str) -> str:
    first, *others = text.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)
