"""Reads emphasis as its authors meant it, where Markdown's strict rules would show asterisks.

Editors that turn a page into Markdown write "**Response: **It" or "forum*.* The" for bold and
slanted text. Asterisks that stand alone, such as the marks of notes, stay.
"""

import re

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_SPACES = frozenset(" \t\n")
_DOUBLE = 2
_SLANTED_SIGNS = re.compile(r"(\*{1,3})([^\w*\\`<\[&\n]{1,4})\1(?!\*)")

_REST_OF_LINE = re.compile(r"[ \t]{0,8}(?:\n|\Z)")


def emphasis(state: StateInline, silent: bool) -> bool:
    """Take a run of asterisks or underscores, and note whether it can begin or end emphasis."""
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    if _slanted_signs(state):
        return True
    scanned = state.scanDelims(state.pos, marker == "*")
    opens, closes = scanned.can_open, scanned.can_close
    if marker == "*":
        opens, closes = _meant(state, scanned.length, opens=opens, closes=closes)
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=opens,
                close=closes,
            )
        )
    state.pos += scanned.length
    return True


def drop_left_over(state: StateInline) -> None:
    """Take out the asterisks of runs that began or ended nothing, unless one stands alone."""
    for meta in (state.delimiters, *(m["delimiters"] for m in state.tokens_meta if m)):
        for delimiter in meta:
            token = state.tokens[delimiter.token]
            if delimiter.length >= _DOUBLE and token.type == "text" and token.content == "*":
                token.content = ""


def _slanted_signs(state: StateInline) -> bool:
    """Take emphasised signs within a text, as in "forum*.* The"."""
    at = state.pos
    if at == 0 or not state.src[at - 1].isalnum():
        return False
    match = _SLANTED_SIGNS.match(state.src, at, state.posMax)
    if match is None:
        return False
    state.pending += match[2]
    state.pos = match.end()
    return True


def _meant(state: StateInline, length: int, *, opens: bool, closes: bool) -> tuple[bool, bool]:
    """Return whether a run of asterisks was meant to open or to close, whatever the rules say."""
    end = state.pos + length
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < len(state.src) else " "
    if length >= _DOUBLE:
        return (
            after not in _SPACES or before in _SPACES,
            before not in _SPACES or after in _SPACES,
        )
    if before not in _SPACES and before.isspace():
        closes = True
    if after not in _SPACES and after.isspace():
        opens = True
    if before.isalnum() and not after.isalnum() and not after.isspace():
        opens = True
    if state.src.startswith("*") and _REST_OF_LINE.match(state.src, end):
        closes = True  # the end of a paragraph that began with one
    if state.pos == 0 and state.src.endswith("*"):
        opens = True
    return opens, closes
