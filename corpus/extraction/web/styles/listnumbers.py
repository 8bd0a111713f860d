"""Writes the numbers of ordered lists as a browser shows them."""

from typing import Any

from corpus.extraction.web.styles.pagestyles import PageStyles

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_TYPES = frozenset("1aAiI")
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
KIND_OF_STYLE = {
    **dict.fromkeys(("none", "disc", "circle", "square"), ""),
    **dict.fromkeys(("lower-alpha", "lower-latin"), "a"),
    **dict.fromkeys(("upper-alpha", "upper-latin"), "A"),
    **{"lower-roman": "i", "upper-roman": "I", "lower-greek": "α", "decimal": "1"},
    "decimal-leading-zero": "01",
}
_KIND_OF_CLASS = {  # of canada.ca, Bootstrap, Tailwind, USWDS and GOV.UK
    "lst-lwr-alph": "a",
    "lst-upr-alph": "A",
    "lst-lwr-rmn": "i",
    "lst-upr-rmn": "I",
    "lst-num": "1",
    "list-decimal": "1",
    **dict.fromkeys(
        ("lst-none", "list-unstyled", "list-inline", "list-none", "usa-list--unstyled"), None
    ),
}
_MOST_ROMAN = 3999
_LETTERS = 26
_MOST_DIGITS = 9


def numbered_points(items: Any, styles: PageStyles | None = None) -> list[tuple[Any, str]]:
    """Return the points of a list, each with the number that a browser shows, such as "7." or "b.".

    Points with a bullet or without any sign are not among them.
    """
    kind = _kind_of_list(items, styles)
    points = [child for child in items if child.tag == "li"]
    step = -1 if items.get("reversed") is not None else 1
    first = _integer(items.get("start")) if items.tag == "ol" else None
    number = (len(points) if step < 0 else 1) if first is None else first
    found = []
    for point in points:
        value = _integer(point.get("value")) if items.tag == "ol" else None
        number = number if value is None else value
        shown = _kind_of_point(point, kind, styles)
        if shown is not None:
            found.append((point, f"{written(number, shown)}."))
        number += step
    return found


def _kind_of_list(items: Any, styles: PageStyles | None) -> str | None:
    """Return the kind of a list's numbers, such as "1" or "a"; None for bullets or no sign."""
    styled = _styled_kind(items, styles)
    if styled is not None:
        return styled or None
    for name in (items.get("class") or "").split():
        if name in _KIND_OF_CLASS:
            return _KIND_OF_CLASS[name]
    if items.tag != "ol":
        return None
    kind = items.get("type")
    return kind if kind in _TYPES else "1"


def _kind_of_point(point: Any, kind: str | None, styles: PageStyles | None) -> str | None:
    styled = _styled_kind(point, styles)
    if styled is not None:
        return styled or None
    own = point.get("type")
    return own if own in _TYPES else kind


def _styled_kind(element: Any, styles: PageStyles | None) -> str | None:
    """Return the kind that a style sets; "" for bullets and none, None if it sets nothing."""
    style = {} if styles is None else styles.of(element)
    for name in ("list-style-type", "list-style"):
        for word in style.get(name, "").split():
            if word in KIND_OF_STYLE:
                return KIND_OF_STYLE[word]
    return None


def written(number: int, kind: str | None) -> str:
    """Return a number as a list of the type "1", "01", "a", "A", "α", "i" or "I" shows it."""
    if kind == "01":
        return f"{number:02}"
    if kind == "α" and 0 < number <= len(_GREEK):
        return _GREEK[number - 1]
    if kind in {"i", "I"} and 0 < number <= _MOST_ROMAN:
        roman = _roman(number)
        return roman if kind == "i" else roman.upper()
    if kind in {"a", "A"} and number > 0:
        letters = _letters(number)
        return letters if kind == "a" else letters.upper()
    return str(number)


def _roman(number: int) -> str:
    found = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        found += letters * times
    return found


def _letters(number: int) -> str:
    found = ""
    while number > 0:
        number, letter = divmod(number - 1, _LETTERS)
        found = chr(ord("a") + letter) + found
    return found


def _integer(value: str | None) -> int | None:
    digits = (value or "").strip()
    unsigned = digits.removeprefix("-").removeprefix("+")
    plain = unsigned.isascii() and unsigned.isdigit() and len(unsigned) <= _MOST_DIGITS
    return int(digits) if plain else None
