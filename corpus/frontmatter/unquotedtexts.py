"""Puts quotation marks around texts in front matter that YAML cannot read without them."""

import json
import re

from corpus.errors import UnreadableSource
from corpus.frontmatter.yamlfields import yaml_fields

_FIELD = re.compile(
    r"((?:title|subtitle|publisher|site_name|place|location|description|summary|excerpt|abstract"
    r"|series|event|author|speaker)[ \t]*+:[ \t]++)(.*)",
    re.I | re.S,
)
"""Fields whose value is a plain text. None of them says who may read a document."""

_BEFORE_A_COMMENT = re.compile(r"[ \t]#")
_NO_TEXT = re.compile(r"[*&!]\S*+|\[[^\]]*+|\{[^}]*+")
"""A name that stands for something else, and the beginning of a list or of fields."""

_MOST_FIELDS = 50


def with_texts_quoted(front: str) -> str | None:
    """Return front matter that YAML cannot read, with quotation marks around the texts that stop
    it.

    In ``title: Joint statement: next steps`` that is all after the first colon. A comment stays a
    comment, and a line stays a line. None if no such text stands in it.
    """
    lines = front.split("\n")
    found: list[str] = []
    at = tried = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end][:1] in {" ", "\t"}:
            end += 1
        field = lines[at:end]
        if _FIELD.match(lines[at]) and tried < _MOST_FIELDS:
            tried += 1
            field = _quoted(field)
        found += field
        at = end
    whole = "\n".join(found)
    return None if whole == front else whole


def _quoted(field: list[str]) -> list[str]:
    """Return the lines of a field as they are if YAML can read them, otherwise with the text
    quoted.
    """
    try:
        yaml_fields("\n".join(field))
    except UnreadableSource:
        pass
    else:
        return field
    match = _FIELD.match(field[0])
    if match is None or _NO_TEXT.fullmatch(match[2].strip()):
        return field
    parts = [match[2], *field[1:]]
    comment = ""
    if found := _BEFORE_A_COMMENT.search(parts[-1]):
        comment, parts[-1] = parts[-1][found.start() :], parts[-1][: found.start()]
    if any(map(_BEFORE_A_COMMENT.search, parts)):
        return field
    texts = [json.dumps(part.strip(), ensure_ascii=False)[1:-1] for part in parts]
    texts[0] = f'{match[1]}"{texts[0]}'
    texts[-1] += f'"{comment}'
    return [texts[0], *(f"  {text}" for text in texts[1:])]
