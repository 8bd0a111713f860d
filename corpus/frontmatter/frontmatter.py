"""Reads and writes front matter: YAML between two ``---`` lines in which a text file describes
itself.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import UnreadableSource
from corpus.frontmatter.accesslines import right_among_fields, right_at_head
from corpus.frontmatter.unclearaccess import lost_right, refuse
from corpus.frontmatter.unquotedtexts import with_texts_quoted
from corpus.frontmatter.yamlfields import YamlFields, yaml_fields, yaml_lines
from corpus.normalisation import normalise

_MAX_CHARACTERS = 64_000
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ][\d:.+ Z-]*)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
_ALSO_CALLED = {
    "title": ("title",),
    "publisher": ("publisher", "site_name"),
    "published": ("date", "published", "published_time"),
    "place": ("place", "location"),
    "url": ("url", "canonical_url", "source_url"),
    "language": ("language", "lang"),
    "access": ("access",),
    "fetched": ("fetched",),
    "said_by_source": ("said_by_source",),
}
_KNOWN = frozenset(key for keys in _ALSO_CALLED.values() for key in keys)
PUBLIC = "public"
"""The group of everybody: a document for it is not restricted."""
CLAIMS = frozenset({"publisher", "url", "access"})
"""The fields for which it is noted whether the source alone states them."""

_CANONICAL = {"published": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The facts known about a document beside its text; None if nothing is known.

    ``access`` are the groups that it is for. ``fetched`` is the web address that it really came
    from. ``said_by_source``: see ``Document``.
    """

    title: str | None = None
    publisher: str | None = None
    published: date | None = None
    place: str | None = None
    url: str | None = None
    language: str | None = None
    access: frozenset[str] | None = None
    fetched: str | None = None
    said_by_source: frozenset[str] | None = None

    def or_else(self, other: "Provenance") -> "Provenance":
        """Return the same provenance, with missing facts from the other one."""
        names = [field.name for field in fields(self)]
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in names}
        return Provenance(**{n: b if a is None else a for n, (a, b) in pairs.items()})


NOTHING_KNOWN = Provenance()


def split_front_matter(text: str, *, decided: bool = False) -> tuple[dict[str, Any], str]:
    """Return the fields of a text's front matter, with their spelling, and the text after it.

    If the front matter says who may read the text, or ``decided`` means that somebody else decides
    it, the lines after it are text, whatever they say.

    Raises:
        UnreadableSource: if it is no "key: value" lines, or something in it or just after it
            could tell who may read the text and is not understood; the message names no file.
    """
    front, body = _parts(text)
    if front is None:
        if not decided:
            refuse(right_at_head(text))
        return {}, text
    if len(front) > _MAX_CHARACTERS:
        raise UnreadableSource(f"front matter of over {_MAX_CHARACTERS:,} characters.")
    read = _fields(front)
    found = read.value
    if isinstance(found, str) and found.strip():
        if not decided:
            refuse(right_among_fields(front.split("\n")) or right_at_head(text))
        return {}, text  # a text that begins with a rule
    if not found:
        found = {}
    if not isinstance(found, dict):
        refuse(right_among_fields(front.split("\n")))
        raise UnreadableSource('front matter must be "key: value" lines.')
    refuse(lost_right(replace(read, value=found), known=_KNOWN))
    if "access" not in found and not decided:
        refuse(right_at_head(body))
    return found, body


def _fields(front: str) -> YamlFields:
    """Return the fields of front matter; a title may have a colon without quotation marks."""
    try:
        return yaml_fields(front)
    except UnreadableSource:
        meant = with_texts_quoted(front)
        if meant is None:
            raise
        return yaml_fields(meant)


def _parts(text: str) -> tuple[str | None, str]:
    """Return the text between the first two lines of three dashes, and the text after them.

    Nothing but blank lines may stand before the first one; None if there are no such lines.
    """
    start = len(text) - len(text.lstrip())
    start = text.rfind("\n", 0, start) + 1
    if not _is_rule(text, start) or (begin := text.find("\n", start) + 1) == 0:
        return None, text
    at = begin
    while not _is_rule(text, at):
        at = text.find("\n", at) + 1
        if at == 0:
            return None, text
    end = text.find("\n", at)
    return text[begin:at], text[end + 1 :] if end >= 0 else ""


def front_lines(text: str, *, but: Collection[str]) -> str | None:
    """Return the lines of a text's front matter as they are written, without the fields ``but``.

    Each such field is taken for one line. None if there is no front matter.
    """
    front, _ = _parts(normalise(text))
    if front is None:
        return None
    lines = front.splitlines(keepends=True)
    return "".join(line for line in lines if line.partition(":")[0].rstrip() not in but)


def _is_rule(text: str, at: int) -> bool:
    """Return whether the line that begins there is three dashes, and blanks."""
    if not text.startswith("---", at):
        return False
    end = text.find("\n", at)
    return not text[at + 3 : None if end < 0 else end].strip()


def provenance_of(front_matter: Mapping[str, Any]) -> Provenance:
    """Return the statements of a front matter's known fields; other fields are ignored.

    Raises:
        UnreadableSource: if a known field has a value of another kind; the message names no file.
    """

    def text(name: str) -> str | None:
        for key in _ALSO_CALLED[name]:
            value = front_matter.get(key)
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                raise UnreadableSource(f"front matter: {key} must be text.")
            if found := " ".join(normalise(value).split()):
                return found
        return None

    published, url, language = text("published"), text("url"), text("language")
    try:
        return Provenance(
            title=text("title"),
            publisher=text("publisher"),
            published=None if published is None else checked_date(published),
            place=text("place"),
            url=None if url is None else checked_url(url),
            language=None if language is None else checked_language(language),
            access=_access(front_matter.get("access")),
            fetched=_fetched(front_matter.get("fetched")),
            said_by_source=_said_by_source(front_matter.get("said_by_source")),
        )
    except ValueError as error:
        raise UnreadableSource(f"front matter: {error}") from error


def _access(value: object) -> frozenset[str] | None:
    """Return the groups that a front matter names, None if it says nothing of them.

    Unreadable words are an error: a slip must not make a statement public.
    """
    if value is None:
        return None
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise ValueError("access must be the name of a group, or a list of such names.")
    return checked_access(map(str, names))


def checked_access(names: Iterable[str]) -> frozenset[str]:
    """Return the groups with those names; ``PUBLIC`` stands alone.

    Raises:
        ValueError: if one is no name of a group, or "public" is one of several.
    """
    groups = frozenset(map(checked_group, names))
    if PUBLIC in groups and len(groups) > 1:
        raise ValueError(
            f'"access: {PUBLIC}" is for everybody: name groups or "{PUBLIC}", not both.'
        )
    return groups


def allowed_groups(
    said: frozenset[str] | None, default: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the groups that a document is for, none if it is for everybody.

    They are those that its front matter ``said``, or the ``default`` if it says nothing.
    """
    return default if said is None else said - {PUBLIC}


def _fetched(value: object) -> str | None:
    """Return the address that a front matter names; a front matter of another origin may have a
    time there.
    """
    try:
        return checked_url(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _said_by_source(value: object) -> frozenset[str] | None:
    names = value if isinstance(value, list) else [value]
    return frozenset(name for name in names if isinstance(name, str) and name in CLAIMS) or None


def with_front_matter(provenance: Provenance, more: Mapping[str, Any], body: str) -> str:
    """Return ``body`` under a front matter of the provenance and of ``more`` fields, as given.

    ``split_front_matter`` gives back the same body. It refuses one whose first lines could say who
    may read it, unless that is ``decided``. ``provenance_of`` gives back the same provenance.
    """
    lines: dict[str, Any] = {}
    for field in fields(provenance):
        value = getattr(provenance, field.name)
        if value is not None:
            written = sorted(value) if isinstance(value, frozenset) else str(value)
            lines[_CANONICAL.get(field.name, field.name)] = written
    lines.update({key: value for key, value in more.items() if key not in _KNOWN})
    return f"---\n{yaml_lines(lines)}---\n{body}"


def checked_date(text: str) -> date:
    """Return the day that ``text`` spells, such as 2022-05-12; a time after it is ignored.

    Raises:
        ValueError: if it spells none.
    """
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise ValueError(f"date must be like 2022-05-12, not {text[:40]!r}.") from error


def checked_url(text: str) -> str:
    """Return ``text`` if it is an http(s) address.

    Raises:
        ValueError: if it is none.
    """
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("url must be an http(s) address.")
    return text


def checked_language(text: str) -> str:
    """Return ``text`` if it has the form of a language code, such as "en".

    Raises:
        ValueError: if it has not.
    """
    if not _LANGUAGE.fullmatch(text):
        raise ValueError('language must be a code such as "en".')
    return text


def checked_group(text: str) -> str:
    """Return the name of a group: lower-case letters, digits, "-", "_" and ".".

    Raises:
        ValueError: if it is none.
    """
    name = text.strip().casefold()
    if not _GROUP.fullmatch(name):
        raise ValueError(
            f'the name of a group has letters, digits, "-", "_" and ".", unlike {text[:40]!r}.'
        )
    return name
