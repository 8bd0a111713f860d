"""Writes formulas on one line: a raised part in superscript characters, a fraction with a stroke.

It reads MathML and the formulas of Word files, whose elements have other names.
"""

from collections.abc import Sequence
from typing import Any

from corpus.extraction.text.raisedsigns import subscript, superscript

_RAISED = frozenset(("msup", "sSup"))
_FRACTIONS = frozenset(("mfrac", "f"))
_ROOTS = frozenset(("msqrt", "mroot", "rad"))
_SILENT = frozenset("annotation annotation-xml rPr ctrlPr sSupPr fPr radPr mphantom deg".split())
_LOWERED = frozenset(("msub", "sSub"))
_RAISED_CHARACTERS = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
_PARTS = 2


def formula_text(element: Any) -> str:
    """Return the text of a formula's element."""
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "annotation"
    if name in _SILENT:
        return ""
    parts = [formula_text(child) for child in element]
    filled = [part for part in parts if part]
    text = _joined(element, parts)
    if name in _ROOTS:
        text = f"√{_grouped(''.join(filled))}"
    elif len(filled) == _PARTS and name in _FRACTIONS:
        text = f"{_grouped(filled[0])}/{_grouped(filled[1])}"
    elif len(filled) == _PARTS and name in _RAISED:
        text = filled[0] + _raised(filled[1])
    elif len(filled) == _PARTS and name in _LOWERED:
        text = filled[0] + _lowered(filled)
    return text


def _joined(element: Any, parts: Sequence[str]) -> str:
    text = (element.text or "").strip() if len(element) else (element.text or "")
    tails = [(child.tail or "").strip() for child in element]
    return text + "".join(part + tail for part, tail in zip(parts, tails, strict=True))


def _raised(text: str) -> str:
    signs = superscript(text)
    return signs if _RAISED_CHARACTERS.issuperset(signs) else f"^{_grouped(text)}"


def _lowered(parts: Sequence[str]) -> str:
    return subscript(parts[1]) if parts[1].isdigit() else f"_{_grouped(parts[1])}"


def _grouped(text: str) -> str:
    return text if text.isalnum() or len(text) == 1 else f"({text})"
