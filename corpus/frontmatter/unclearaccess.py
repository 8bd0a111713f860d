"""Finds words in front matter that could say who may read a text and are not understood."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from corpus.errors import UnreadableSource
from corpus.frontmatter.accesslines import right_among_fields, right_within_text
from corpus.frontmatter.accesswords import could_mean_a_right, is_licence, names_access
from corpus.frontmatter.yamlfields import YamlFields

_FREE_TEXT = frozenset(
    """tags tag categories category keywords keyword subject subjects topic topics description
    summary excerpt abstract subtitle series event author authors speaker source original""".split()
)
"""Fields that are no rights, and whose values are none."""
_CLOSED = frozenset(
    """restricted confidential secret topsecret private internal classified nonpublic hidden
    protected privileged unlisted confidentiel vertraulich geheim privado confidencial""".split()
)
_MOST_SHOWN = 40


def lost_right(read: YamlFields, *, known: Collection[str]) -> str | None:
    """Find the first word in a front matter that could say who may read the text, beside "access".

    If that field is there, only words that claim to be the same field count. ``known`` are the
    fields that are understood.
    """
    found: Mapping[str, Any] = read.value
    says = "access" in found
    if "access" in read.repeated:
        return "access"
    claims = names_access if says else could_mean_a_right
    for key, value in _all_fields(found):
        if key == "access" and value is found.get("access"):
            continue
        if claims(key) and not is_licence(key, value):
            return key
        if says or key in known or key in _FREE_TEXT or not isinstance(value, str):
            continue
        words = value[:_MOST_SHOWN].casefold().replace("-", "").replace("_", "").split()
        if words and len(words) <= 2 and set(words) & _CLOSED:  # noqa: PLR2004 ("staff only")
            return f"{key}: {value}"
    if says:
        return None
    return right_among_fields(read.comments) or right_within_text(
        itertools.chain(read.lines, _items(found))
    )


def _all_fields(found: object) -> Iterator[tuple[str, object]]:
    """Yield the fields of a front matter at every level, each with its value."""
    if isinstance(found, list):
        for each in found:
            yield from _all_fields(each)
    elif isinstance(found, dict):
        for key, value in found.items():
            yield key, value
            yield from _all_fields(value)


def _items(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in lists of a front matter that are not known to be something else."""
    for key, value in found.items():
        if key not in _FREE_TEXT and isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))


def refuse(line: str | None) -> None:
    """Raise an error if a line could say who may read the text."""
    if line is None:
        return
    shown = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    raise UnreadableSource(
        f'"{shown[:_MOST_SHOWN]}" seems to name groups that may read the text, which must not '
        'become public by a slip. For these groups write "access: name", in small letters and with '
        "a blank after the colon, between two lines of three dashes at the beginning of the file, "
        "and no other such field. If everybody may read the text, write "
        '"access: public" there.'
    )
