"""Matches the selectors of style sheets with the elements of a web page.

Tags, classes, identities, attributes, ``:not()``, the first and the last child, descendants and
children are known. A selector with anything else fits no element.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_PART = re.compile(
    r"(?P<tag>[a-z][\w-]*+|\*)|\.(?P<class>-?[_a-z][\w-]*+)|#(?P<id>[\w-]++)"
    r"|\[\s*+(?P<attribute>[\w-]++)\s*+(?:(?P<how>[~|^$*]?=)\s*+(?P<quote>[\"']?)"
    r"(?P<value>[^\"'\]]*+)(?P=quote)\s*+i?\s*+)?\]"
    r"|:not\(\s*+(?P<not>[^():]++)\)|:(?P<child>first-child|last-child|root)(?![\w(-])",
    re.I,
)
_COMBINATOR = re.compile(r"\s*+(>)\s*+|\s++")
_BEFORE = re.compile(r"::?before$", re.I)
_MOST_PARTS = 8
_MOST_STEPS = 300

Value = TypeVar("Value")
Weight = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Simple:
    """The conditions for one element."""

    tag: str
    classes: frozenset[str]
    identity: str
    attributes: tuple[tuple[str, str, str], ...]
    child: frozenset[str]
    excluded: tuple["_Simple", ...]

    def fits(self, element: Any) -> bool:
        if self.tag and self.tag != element.tag:
            return False
        if self.identity and self.identity != element.get("id"):
            return False
        if self.classes and not self.classes.issubset((element.get("class") or "").split()):
            return False
        if not all(_has(element, *each) for each in self.attributes):
            return False
        if not all(_is_child(element, kind) for kind in self.child):
            return False
        return not any(each.fits(element) for each in self.excluded)

    @property
    def weight(self) -> Weight:
        inner = [each.weight for each in self.excluded]
        return (
            bool(self.identity) + sum(each[0] for each in inner),
            len(self.classes)
            + len(self.attributes)
            + len(self.child)
            + sum(each[1] for each in inner),
            bool(self.tag) + sum(each[2] for each in inner),
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector of one element, or of the generated content before its text.

    ``parts`` are the conditions from the element outwards, each with whether the next is for its
    parent alone.
    """

    parts: tuple[tuple[_Simple, bool], ...]
    before: bool

    @property
    def weight(self) -> Weight:
        """The numbers of identities, of classes and of tags, by which rules are ordered."""
        weights = [part.weight for part, _ in self.parts]
        return (
            sum(each[0] for each in weights),
            sum(each[1] for each in weights),
            sum(each[2] for each in weights),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of which an element must have one to fit; ("*",) if it needs none."""
        first = self.parts[0][0]
        if first.identity:
            return (f"#{first.identity}",)
        if first.classes:
            return (f".{min(first.classes)}",)
        return (first.tag or "*",)

    def fits(self, element: Any) -> bool:
        """Return whether the selector selects the element."""
        return self._fits(element, 0, [_MOST_STEPS])

    def _fits(self, element: Any, at: int, steps: list[int]) -> bool:
        steps[0] -= 1
        simple, of_parent = self.parts[at]
        if steps[0] < 0 or not simple.fits(element):
            return False
        if at + 1 == len(self.parts):
            return True
        outer = element.getparent()
        while outer is not None:
            if self._fits(outer, at + 1, steps):
                return True
            if of_parent or steps[0] < 0:
                return False
            outer = outer.getparent()
        return False


class Rules(Generic[Value]):
    """Values by selector, found for an element without a look at every selector.

    ``tries`` counts the comparisons of a selector with an element.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, list[tuple[Selector, Value]]] = defaultdict(list)
        self.tries = 0

    def add(self, selector: Selector, value: Value) -> None:
        """Add the value for elements that fit a selector."""
        for key in selector.keys:
            self._by_key[key].append((selector, value))

    def of(self, element: Any) -> Iterator[tuple[Selector, Value]]:
        """Yield the selectors that an element fits, with their values."""
        if not self._by_key:
            return
        names = {f".{name}" for name in (element.get("class") or "").split()}
        for key in ("*", element.tag, f"#{element.get('id')}", *sorted(names)):
            for selector, value in self._by_key.get(key, ()):
                self.tries += 1
                if selector.fits(element):
                    yield selector, value


def selector_of(text: str) -> Selector | None:
    """Return the selector that a text such as "ol.plain > li" spells; None if it has
    unknown parts.
    """
    text = text.strip()
    bare = _BEFORE.sub("", text)
    parts: list[tuple[_Simple, bool]] = []
    at, of_parent = 0, False
    while at < len(bare) and len(parts) < _MOST_PARTS:
        end, simple = _simple_at(bare, at)
        if simple is None:
            return None
        parts.append((simple, of_parent))
        at = end
        if at < len(bare):
            combinator = _COMBINATOR.match(bare, at)
            if combinator is None:
                return None
            of_parent = combinator[1] is not None
            at = combinator.end()
    if at < len(bare) or not parts:
        return None
    return Selector(_from_inside(parts), bare != text)


def _from_inside(parts: list[tuple[_Simple, bool]]) -> tuple[tuple[_Simple, bool], ...]:
    """Return the parts in reverse order; each has the combinator that stood before it."""
    return tuple(reversed(parts))


def _simple_at(text: str, at: int) -> tuple[int, _Simple | None]:
    tag, identity = "", ""
    classes: set[str] = set()
    child: set[str] = set()
    attributes: list[tuple[str, str, str]] = []
    excluded: list[_Simple] = []
    begin = at
    while match := _PART.match(text, at):
        if match["tag"]:
            if at > begin:
                return at, None
            tag = "" if match["tag"] == "*" else match["tag"].lower()
        elif match["class"]:
            classes.add(match["class"])
        elif match["id"]:
            identity = match["id"]
        elif match["attribute"]:
            attributes.append(
                (match["attribute"].lower(), match["how"] or "", match["value"] or "")
            )
        elif match["not"]:
            inner = match["not"].strip()
            end, simple = _simple_at(inner, 0)
            if simple is None or end < len(inner):
                return at, None
            excluded.append(simple)
        else:
            child.add(match["child"].lower())
        at = match.end()
    if at == begin:
        return at, None
    return at, _Simple(
        tag, frozenset(classes), identity, tuple(attributes), frozenset(child), tuple(excluded)
    )


def _has(element: Any, name: str, how: str, value: str) -> bool:
    own = element.get(name)
    if own is None or not how:
        return own is not None
    words = own.split()
    fits = {
        "=": own == value,
        "~=": value in words,
        "|=": own == value or own.startswith(f"{value}-"),
        "^=": own.startswith(value),
        "$=": own.endswith(value),
        "*=": value in own,
    }
    return bool(fits[how]) and (bool(value) or how == "=")


def _is_child(element: Any, kind: str) -> bool:
    if kind == "root":
        return element.getparent() is None
    beside = element.getprevious() if kind == "first-child" else element.getnext()
    return beside is None
