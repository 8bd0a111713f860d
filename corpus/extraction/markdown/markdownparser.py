"""Parses Markdown as GitHub does, and keeps invisible parts as tokens of their own.

The rules are CommonMark's, with tables, struck text and footnotes. Indented text is no code,
because a statement holds none.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, hr, list_block, reference, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from corpus.errors import UnreadableSource
from corpus.extraction.extract import DeviationName
from corpus.extraction.markdown.markdownemphasis import drop_left_over, emphasis
from corpus.extraction.omissions import LeftOut

_DEEPEST = 100
_LEFT_OUT = "left_out"
_NOTE_BEGIN, _NOTE_END = "footnote_open", "footnote_close"
_LABEL = "note_label"
_INDENT = 4
_NOTE_MARK = re.compile(r"\[\^([^\[\]\s]{1,80})\]")
_LEVEL = re.compile(r"[=-]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]*_]*$")
_ODD_ADDRESS = re.compile(r"\((?:https?://|mailto:|/|#)[^\s<>]*\)")
_FEW_LINES = 5
_TOO_DEEP = "nested too deeply to be read whole. Save the text that you see as .txt."


class _Parser(MarkdownIt):
    """A parser that accepts every address as it is written, since nobody can follow a link in a
    text.
    """

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 (the library's name)
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def html_of(text: str, left_out: LeftOut) -> str:
    """Return the HTML of a Markdown text in the stored form, with notes at its end.

    Parts that a browser does not show are noted in ``left_out``, and their marks stand in the HTML.

    Raises:
        UnreadableSource: if it is nested so deeply that the parser would drop some of it.
    """
    parser = _parser()
    env: dict[str, Any] = {_LEFT_OUT: left_out}
    tokens = parser.parse(text, env)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise UnreadableSource(_TOO_DEEP)
    return str(parser.renderer.render(_notes_last(tokens), parser.options, env))


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"]).disable("code")
    block, inline = parser.block.ruler, parser.inline.ruler
    block.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference"]})
    block.at("reference", _reference)
    block.at("table", _table, {"alt": ["paragraph", "reference"]})
    block.at("list", _points, {"alt": ["paragraph", "reference", "blockquote"]})
    block.at("hr", _rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    inline.before("link", "footnote_mark", _note_mark)
    inline.at("link", _link)
    inline.at("image", _image)
    inline.at("emphasis", emphasis)
    parser.inline.ruler2.after("emphasis", "left_over", drop_left_over)
    rules: dict[str, Callable[..., str]] = {
        _LEFT_OUT: _render_left_out,
        _LABEL: _render_label,
        "html_inline": _render_html,
        "html_block": _render_html,
        "heading_open": _render_heading,
        "heading_close": _render_heading,
        "list_item_open": _render_point,
        "fence": _render_fence,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_TAG_BEGINS = re.compile(r"<[A-Za-z/!?]")


def _leave_out(state: StateInline, text: str, name: DeviationName = DeviationName.MARKUP) -> None:
    token = state.push(_LEFT_OUT, "", 0)
    token.content, token.meta = text, {"name": name}


def _note_mark(state: StateInline, silent: bool) -> bool:
    """Return the mark of a footnote, such as "[^1]"."""
    match = _NOTE_MARK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        _leave_out(state, match.group(), DeviationName.NOTE)
    state.pos = match.end()
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """Return a link: its text stays, and its address is left out."""
    start = state.pos
    if start > _last_address(state.src) and not state.env.get("references"):
        return False  # nothing after it can be a link, and looking for one takes time
    if not link(state, silent):
        return _link_with_odd_address(state, silent)
    if not silent:
        end = state.pos
        label_end = state.md.helpers.parseLinkLabel(state, start, True)
        state.pos = end
        _leave_out(state, state.src[label_end + 1 : end])
    return True


def _link_with_odd_address(state: StateInline, silent: bool) -> bool:
    """Return a link whose address has a bracket too many, which the strict rules would show."""
    start, most = state.pos, state.posMax
    if state.src[start] != "[" or not start < _last_address(state.src) < most:
        return False
    label_end = state.md.helpers.parseLinkLabel(state, start, True)
    state.pos = start
    match = _ODD_ADDRESS.match(state.src, label_end + 1, most) if label_end > start else None
    if match is None:
        return False
    if not silent:
        state.pos, state.posMax = start + 1, label_end
        state.md.inline.tokenize(state)
        state.posMax = most
        _leave_out(state, match.group())
    state.pos = match.end()
    return True


@lru_cache(maxsize=4)
def _last_address(text: str) -> int:
    """Return the position at which an address last begins; each bracket of a text asks for it."""
    return text.rfind("](")


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Return a line across; asterisks over a line that ends with the same number begin emphasis
    instead.
    """
    marks = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
    if 0 < len(marks) <= len("***") and not marks.strip("*"):
        last = start
        while last + 1 < end and not state.isEmpty(last + 1) and last - start < _FEW_LINES:
            last += 1
        below = state.src[state.bMarks[last] : state.eMarks[last]].strip()
        if last > start and below.endswith(marks) and below.strip("*"):
            return False
    return hr(state, start, end, silent)


def _points(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Return a list; an asterisk alone over a line of text begins emphasis instead."""
    marks = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
    if marks == "*" and start + 1 < end and not state.isEmpty(start + 1):
        indented = state.sCount[start + 1] > state.sCount[start]
        if not indented:
            return False
    return list_block(state, start, end, silent)


def _image(state: StateInline, silent: bool) -> bool:
    """Return an image, which is no text."""
    start = state.pos
    if not image(state, silent):
        return False
    if not silent:
        state.tokens.pop()
        _leave_out(state, state.src[start : state.pos])
    return True


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Return the definition of a link's address, which a browser does not show."""
    if not reference(state, start, end, silent):
        return False
    if not silent:
        token = state.push(_LEFT_OUT, "", 0)
        token.content = state.getLines(start, state.line, state.blkIndent, False)
        token.meta = {"name": DeviationName.MARKUP}
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Return a table; cells beyond the last column of its head are not shown."""
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if silent:
        return True
    columns, row, kept = 0, 0, state.tokens[first:]
    del state.tokens[first:]
    for place, token in enumerate(kept):
        columns += token.type == "th_open"
        if token.type == "tr_open" and token.map:
            row = token.map[0]
        if token.type == "td_close" and kept[place + 1].type == "tr_close":
            line = state.src[state.bMarks[row] + state.tShift[row] : state.eMarks[row]].strip()
            cells = escapedSplit(line)
            beyond = cells[columns + (bool(cells) and cells[0] == "") :]
            more = Token(_LEFT_OUT, "", 0, content=" | ".join(beyond).strip(), level=token.level)
            more.meta = {"name": DeviationName.MARKUP}
            state.tokens.append(more)
        state.tokens.append(token)
    return True


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Return the text of a footnote, such as "[^1]: See there.", and the indented
    lines below it.
    """
    begin = state.bMarks[start] + state.tShift[start]
    match = _NOTE_MARK.match(state.src, begin, state.eMarks[start])
    if match is None or state.src[match.end() : match.end() + 1] != ":":
        return False
    if silent:
        return True
    at = match.end() + 1
    before = state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType
    initial = offset = state.sCount[start] + at - begin
    text_at = at
    while text_at < state.eMarks[start] and state.src[text_at] in " \t":
        offset += 1 if state.src[text_at] == " " else _INDENT - offset % _INDENT
        text_at += 1
    token = state.push(_NOTE_BEGIN, "", 1)
    token.meta = {"label": match[1]}
    state.tShift[start], state.sCount[start] = text_at - at, offset - initial
    state.bMarks[start] = at
    state.blkIndent += _INDENT
    state.parentType = "footnote"
    if state.sCount[start] < state.blkIndent:
        state.sCount[start] += state.blkIndent
    state.md.block.tokenize(state, start, end)
    state.blkIndent -= _INDENT
    state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType = before
    state.push(_NOTE_END, "", -1)
    return True


def _notes_last(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with those of notes at the end; each note begins with its mark."""
    text: list[Token] = []
    notes: list[Token] = []
    depth, label = 0, ""
    for token in tokens:
        if token.type == _NOTE_BEGIN:
            if label:
                notes.append(_label(f"[{label}]"))
            depth, label = depth + 1, str(token.meta["label"])
        elif token.type == _NOTE_END:
            if label:
                notes.append(_label(f"[{label}]"))
            depth, label = depth - 1, ""
        elif depth == 0:
            text.append(token)
        else:
            if label and token.type == "inline":
                mark = Token("text", "", 0, content=f"[{label}] ")
                token.children, label = [mark, *(token.children or [])], ""
            notes.append(token)
    return text + notes


def _label(text: str) -> Token:
    return Token(_LABEL, "", 0, content=text)


def _mark(env: dict[str, Any], text: str, name: DeviationName = DeviationName.MARKUP) -> str:
    if not any(c.isalnum() for c in text):
        return "" if name is DeviationName.MARKUP else str(env[_LEFT_OUT].mark(name, text))
    return str(env[_LEFT_OUT].mark(name, text))


def _render_left_out(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]
) -> str:
    return _mark(env, tokens[at].content, tokens[at].meta["name"])


def _render_label(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: dict[str, Any]
) -> str:
    return f"<p>{escapeHtml(tokens[at].content)}</p>\n"


def _render_html(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]
) -> str:
    """Return raw HTML as it is, with the mark of each tag beside the tag.

    Comments are left out, and so is a tag that nothing closes.
    """
    content, parts, end = tokens[at].content, list[str](), 0
    while (start := content.find("<", end)) >= 0:
        parts.append(content[end:start])
        comment = content.startswith("<!--", start)
        close = content.find("-->" if comment else ">", start)
        if close < 0:
            end = start
            break
        end = close + (len("-->") if comment else 1)
        tag = content[start:end]
        mark = _mark(env, tag)
        if not comment:  # a mark stands outside of the element
            mark = f"{tag}{mark}" if tag.startswith("</") else f"{mark}{tag}"
        parts.append(mark)
    rest = content[end:]
    if _TAG_BEGINS.match(rest):  # it would swallow the text behind it
        rest = _mark(env, rest)
    return "".join((*parts, rest))


def _render_heading(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: dict[str, Any]
) -> str:
    """Return a heading; a sentence above a line of dashes stays a paragraph."""
    token = tokens[at]
    opens = token.nesting == 1
    words = tokens[at + 1 if opens else at - 1].content.strip()
    underlined = _LEVEL.fullmatch(token.markup) is not None
    sentence = _SENTENCE_END.search(words) is not None
    tag = "p" if underlined and sentence else token.tag
    return f"<{tag}>" if opens else f"</{tag}>\n"


def _render_point(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: dict[str, Any]
) -> str:
    return f'<li data-number="{tokens[at].info}">' if tokens[at].info else "<li>"


def _render_fence(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]
) -> str:
    token = tokens[at]
    return f"{_mark(env, token.info)}<pre><code>{escapeHtml(token.content)}</code></pre>\n"
