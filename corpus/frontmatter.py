"""Front matter: what a text file says of itself, in YAML between two ``---`` lines.

The only module that imports ``yaml``.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import UnreadableSource
from corpus.storedtext import normalise

"""The base loader, in C where it was built: ten times faster over thousands of files."""
_FRONT_MATTER = re.compile(
    r"\s*^---[^\S\n]*\n(?P<yaml>(?:.*?\n)??)---[^\S\n]*(?:\n|$)", re.S | re.M
)
_RULE = re.compile(r"\s*-{3,}\s*")
_NAMES_ACCESS = re.compile(r"\s*[\"']?\s*access\s*[\"']?\s*:.*", re.I)
_HEAD_LINES = 30
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
_LOST_ACCESS = (
    'it seems to name groups of readers, and must not be public by a slip: write "access: name", '
    "in small letters and with a blank after the colon, between two lines of three dashes, the "
    "first of them the first line of the file. Where it is no more than a word of the text, give "
    "the file a front matter, of a title say."
)
CLAIMS = frozenset({"publisher", "url", "access"})
"""The fields of which is kept whether the source alone says them."""

_CANONICAL = {"published": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What is known of a document beside its text; None where nothing is.

    ``access`` are the groups of readers that it is for. ``fetched`` is the web address that it
    really came from. ``said_by_source``: see ``Document``.
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
        """The same, and where it says nothing what the other says."""
        names = [field.name for field in fields(self)]
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in names}
        return Provenance(**{n: b if a is None else a for n, (a, b) in pairs.items()})


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields of a text's front matter, values as they are spelt, and the text after it.

    Raises:
        UnreadableSource: if it is no "key: value" lines, or seems to tell who may read the text
            in lines that are no front matter; the message names no file.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        if _seems_to_name_access(text):
            raise UnreadableSource(_LOST_ACCESS)
        return {}, text
    if len(match["yaml"]) > _MAX_CHARACTERS:
        raise UnreadableSource(f"front matter of over {_MAX_CHARACTERS:,} characters.")
    import yaml  # slow to import, and a question reads no front matter

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        # the base loader makes texts of all values: "NO" is a place and "12:30" a title
        found = yaml.load(match["yaml"], Loader=loader)  # noqa: S506 (makes no objects)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnreadableSource(f"front matter is not valid YAML ({reason}).") from error
    if isinstance(found, str) and found.strip():
        if _seems_to_name_access(text):
            raise UnreadableSource(_LOST_ACCESS)
        return {}, text  # a text that begins with a rule
    if not found:
        found = {}
    if not isinstance(found, dict):
        raise UnreadableSource('front matter must be "key: value" lines.')
    if _names_access_within({key: value for key, value in found.items() if key != "access"}):
        raise UnreadableSource(_LOST_ACCESS)
    return {str(key): value for key, value in found.items()}, text[match.end() :]


def _seems_to_name_access(text: str) -> bool:
    """Whether a line in the head of a text names "access" as a field does: in the first block of
    lines, in one with a rule, or in those after a rule that more lines follow than it closes.
    """
    lines = text[:_MAX_CHARACTERS].lstrip("\ufeff \t\r\n").splitlines()[:_HEAD_LINES]
    blocks = [
        list(b) for filled, b in itertools.groupby(lines, lambda x: bool(x.strip())) if filled
    ]
    begun = False
    for at, block in enumerate(blocks):
        rules = [n for n, line in enumerate(block) if _RULE.fullmatch(line)]
        if (at == 0 or rules or begun) and any(map(_NAMES_ACCESS.fullmatch, block)):
            return True
        if rules:
            begun = len(rules) == 1 and rules[0] < len(block) - 1
    return False


def _names_access_within(found: object) -> bool:
    """Whether a field within another one, or one that is misspelt, names "access"."""
    if isinstance(found, list):
        return any(map(_names_access_within, found))
    if not isinstance(found, dict):
        return False
    return any(
        str(key).strip().casefold() == "access" or _names_access_within(value)
        for key, value in found.items()
    )


def provenance_of(front_matter: Mapping[str, Any]) -> Provenance:
    """What the fields of a front matter say; other fields than the known ones are ignored.

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
    """The groups that a front matter names, None where it says nothing of them.

    What cannot be read is an error: a statement must not become public by a slip.
    """
    if value is None:
        return None
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise ValueError("access must be the name of a group of readers, or a list of such names.")
    return frozenset(checked_group(str(name)) for name in names)


def _fetched(value: object) -> str | None:
    """The address that a front matter names; other front matters have a time there, say."""
    try:
        return checked_url(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _said_by_source(value: object) -> frozenset[str] | None:
    names = value if isinstance(value, list) else [value]
    return frozenset(name for name in names if isinstance(name, str) and name in CLAIMS) or None


def with_front_matter(provenance: Provenance, more: Mapping[str, Any], body: str) -> str:
    """``body`` under a front matter of the provenance and of ``more`` fields, as given.

    ``split_front_matter`` gives back the same body, ``provenance_of`` the same provenance.
    """
    lines: dict[str, Any] = {}
    for field in fields(provenance):
        value = getattr(provenance, field.name)
        if value is not None:
            written = sorted(value) if isinstance(value, frozenset) else str(value)
            lines[_CANONICAL.get(field.name, field.name)] = written
    known = {key for keys in _ALSO_CALLED.values() for key in keys}
    lines.update({key: value for key, value in more.items() if key not in known})
    import yaml  # slow to import

    head = yaml.safe_dump(lines, sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n{head}---\n{body}"


def checked_date(text: str) -> date:
    """The day that ``text`` spells, as 2022-05-12, a time after it ignored.

    Raises:
        ValueError: if it spells none.
    """
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise ValueError(f"date must be like 2022-05-12, not {text[:40]!r}.") from error


def checked_url(text: str) -> str:
    """``text`` if it is an http(s) address.

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
    """``text`` if it has the form of a language code, such as "en".

    Raises:
        ValueError: if it has not.
    """
    if not _LANGUAGE.fullmatch(text):
        raise ValueError('language must be a code such as "en".')
    return text


def checked_group(text: str) -> str:
    """The name of a group of readers: lower-case letters, digits, "-", "_" and ".".

    Raises:
        ValueError: if it is none.
    """
    name = text.strip().casefold()
    if not _GROUP.fullmatch(name):
        raise ValueError(
            f'a group of readers is named by letters, digits, "-", "_" and ".", not {text[:40]!r}.'
        )
    return name
