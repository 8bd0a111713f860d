"""Writes the numbers of ordered lists as a browser shows them."""

from typing import Any

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MOST_ROMAN = 3999
_LETTERS = 26
_MOST_DIGITS = 9


def numbered_points(ordered: Any) -> list[tuple[Any, str]]:
    """Returns the points of an ``<ol>``, each with its number and full stop, such as "7." or "b.".

    A list whose own style shows no numbers gives none.
    """
    if "none" in (ordered.get("style") or "").replace(" ", "").partition("list-style")[2][:20]:
        return []
    points = [child for child in ordered if child.tag == "li"]
    step = -1 if ordered.get("reversed") is not None else 1
    first = _integer(ordered.get("start"))
    number = (len(points) if step < 0 else 1) if first is None else first
    found = []
    for point in points:
        value = _integer(point.get("value"))
        number = number if value is None else value
        found.append((point, f"{written(number, point.get('type') or ordered.get('type'))}."))
        number += step
    return found


def written(number: int, kind: str | None) -> str:
    """Returns a number as a list of the type "1", "a", "A", "i" or "I" shows it."""
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
