"""Reads a web page's facts about itself from meta tags, JSON-LD, its links and its first
heading.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

_DAY = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?:$|[T\s])")
_COMPACT_DAY = re.compile(r"\s*(\d{4})(\d{2})(\d{2})\s*$")
_SLASHED_DAY = re.compile(r"\s*(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:$|[T\s])")
_TITLE_TAGS = ("og:title", "dcterms.title", "dc.title", "citation_title", "twitter:title")
_PUBLISHER_TAGS = ("og:site_name", "dcterms.publisher", "dc.publisher", "citation_publisher")
_PUBLISHED_TAGS = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.date",
    "dc.date",
    "citation_publication_date",
    "citation_date",
    "publish-date",
    "publish_date",
    "pubdate",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dcterms.created",
    "dc.date.created",
    "date",
)
_PLACE_TAGS = ("geo.placename",)
_LANGUAGE_TAGS = ("content-language", "dcterms.language", "dc.language", "og:locale")
# separators between a title and the name of its site
_PARTED_BEFORE = re.compile(r"(?:\s[|·•–—/-]|[:»])\s$")
_PARTED_AFTER = re.compile(r"(?:\s[|·•–—/-]|\s?(?:::?|»))\s")
_LONGEST_TITLE = 1_000
_ADDRESS_TAGS = ("og:url", "twitter:url", "parsely-link", "syndication-source", "original-source")
_MOST_ADDRESSES = 50
_MAX_JSON = 500_000
_MAX_OBJECTS = 2000


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The facts that a page states of itself; None if it states nothing.

    ``url`` is its canonical address. ``also_at`` are all addresses that it calls its own or its
    publisher's, each absolute or relative to the place where the page was found.
    """

    title: str | None
    publisher: str | None
    published: date | None
    place: str | None
    url: str | None
    language: str | None
    also_at: tuple[str, ...]


def page_facts(tree: Any, *, address: str = "") -> PageFacts:
    """Return the facts that the page of an lxml ``tree`` states.

    A date counts only if it is marked as the day of publication; none is guessed from the text or
    the address. ``address`` is the page's address, for links relative to it.
    """
    tags = _meta_tags(tree)
    linked = _linked_data(tree)
    publisher = _first(tags, _PUBLISHER_TAGS) or _text_at(linked, "publisher", "name")
    canonical, more = _addresses(tree, tags, linked, address)
    return PageFacts(
        title=_title(tree, tags, linked, publisher),
        publisher=publisher,
        published=_published(tree, tags, linked),
        place=_first(tags, _PLACE_TAGS) or _text_at(linked, "contentLocation", "name"),
        url=next(filter(_is_web_address, canonical), None),
        language=_language(tree, tags, linked),
        also_at=tuple([*canonical, *more][:_MOST_ADDRESSES]),
    )


def _meta_tags(tree: Any) -> dict[str, str]:
    """Return the first content of each meta tag, by its name in lower case."""
    tags: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = _clean(element.get("content"))
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and (name := element.get(attribute)):
                tags.setdefault(name.strip().lower(), content)
    return tags


def _linked_data(tree: Any) -> list[dict[str, Any]]:
    """Return the JSON-LD objects of a page, those about an article first."""
    found: list[dict[str, Any]] = []
    for script in tree.xpath("//script[@type='application/ld+json']"):
        source = script.text_content()
        if len(source) > _MAX_JSON:
            continue
        try:
            found.extend(_objects(json.loads(source, strict=False)))
        except (ValueError, RecursionError):
            continue
    found = found[:_MAX_OBJECTS]
    return sorted(found, key=lambda o: "headline" not in o and "datePublished" not in o)


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for member in value:
            yield from _objects(member)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"))
        yield from _objects(value.get("mainEntity"))


def _text_at(linked: list[dict[str, Any]], key: str, *inner: str) -> str | None:
    """Return the first text at a key of the JSON-LD objects, or at keys within its value."""
    for thing in linked:
        value: Any = thing.get(key)
        for name in inner:
            value = value[0] if isinstance(value, list) and value else value
            value = value.get(name) if isinstance(value, dict) else value
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and (text := _clean(value)):
            return text
    return None


def _first(tags: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((tags[name] for name in names if name in tags), None)


def _clean(value: str | None) -> str:
    """Return a value as one line; some pages encode entities twice."""
    return " ".join(unescape(value or "").split())


def _title(
    tree: Any, tags: dict[str, str], linked: list[dict[str, Any]], publisher: str | None
) -> str | None:
    """Return the page's title without the name of the site around it.

    The first heading wins over a longer title that contains it beside a site's name.
    """
    headings = list(filter(None, map(_heading, tree.iter("h1"))))
    element = tree.find(".//head/title")
    in_head = _clean(element.text_content()) if element is not None else ""
    stated = _first(tags, _TITLE_TAGS) or _text_at(linked, "headline") or in_head
    if not stated or stated.casefold() == (publisher or "").casefold():
        stated = in_head or stated
    for heading in headings:
        if len(heading) < len(stated) <= _LONGEST_TITLE and _is_a_part(heading, stated):
            return heading
    if publisher:
        stated = _without_end(stated, publisher) or stated
    if stated:
        return stated
    return headings[0] if headings else None


def _is_a_part(heading: str, title: str) -> bool:
    """Return whether the heading is the title, up to a separator such as " | " or ": "."""
    start = title.find(heading)
    while start >= 0:
        before, after = title[:start], title[start + len(heading) :]
        if (not before or _PARTED_BEFORE.search(before[-3:])) and (
            not after or _PARTED_AFTER.match(after)
        ):
            return True
        start = title.find(heading, start + 1)
    return False


def _without_end(title: str, publisher: str) -> str:
    """Return the title without " - PUBLISHER" at its end."""
    if not title.endswith(publisher):
        return title
    before = title.removesuffix(publisher).rstrip()
    title_alone = before.rstrip("|·•–—:-")
    return title if title_alone == before else title_alone.rstrip()


def _heading(element: Any) -> str:
    """Return a heading without the date that some pages put into it."""
    return _clean(" ".join(map(str, element.xpath(".//text()[not(ancestor::time)]"))))


def _published(tree: Any, tags: dict[str, str], linked: list[dict[str, Any]]) -> date | None:
    stated = [tags[name] for name in _PUBLISHED_TAGS if name in tags]
    stated.append(_text_at(linked, "datePublished") or "")
    for element in tree.xpath(
        "//time[@pubdate or @itemprop='datePublished' or ancestor::h1]/@datetime"
        "|//*[@itemprop='datePublished']/@content"
    ):
        stated.append(str(element))
    return next(filter(None, map(_day, stated)), None)


def _day(value: str) -> date | None:
    """Return the day in a date that is written year first, or None."""
    for pattern in (_DAY, _COMPACT_DAY, _SLASHED_DAY):
        if match := pattern.match(value):
            try:
                return date(*map(int, match.groups()))
            except ValueError:
                return None
    return None


def _addresses(
    tree: Any, tags: dict[str, str], linked: list[dict[str, Any]], address: str
) -> tuple[list[str], list[str]]:
    """Return the canonical addresses that a page states, and the others that it calls its own.

    Those in JSON-LD belong to an article and its publisher.
    """
    canonical: list[Any] = [
        link.get("href")
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    canonical.append(tags.get("og:url"))
    more: list[Any] = [tags.get(name) for name in _ADDRESS_TAGS]
    for thing in linked:
        if "headline" in thing or "datePublished" in thing or "publisher" in thing:
            values = (thing.get("url"), thing.get("mainEntityOfPage"), thing.get("publisher"))
            for value in values:
                for each in value if isinstance(value, list) else [value]:
                    more += [each.get("url"), each.get("@id")] if isinstance(each, dict) else [each]
    base = next((each.get("href") for each in tree.iter("base") if each.get("href")), "")
    base = _joined(address, base)

    def whole(values: list[Any]) -> list[str]:
        texts = [value.strip() for value in values if isinstance(value, str)]
        return [_joined(base, text) for text in texts if text]

    return whole(canonical), whole(more)


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link


def _is_web_address(address: str) -> bool:
    """Return whether it is a web address, absolute or relative."""
    try:
        return urlsplit(address).scheme in {"", "http", "https"}
    except ValueError:
        return False


def _language(tree: Any, tags: dict[str, str], linked: list[dict[str, Any]]) -> str | None:
    root = tree.getroottree().getroot()
    for value in (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        _first(tags, _LANGUAGE_TAGS),
        _text_at(linked, "inLanguage"),
    ):
        if value and value.strip():
            return str(value).split(",")[0].strip().replace("_", "-")
    return None
