"""Decides which claims of a source about its origin count.

A page can claim any address and publisher. The address that was really fetched counts: its page may
name another address of the same owner, and no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from corpus.errors import FetchFailed
from corpus.frontmatter.frontmatter import Provenance
from corpus.web.registrabledomain import registrable_domain
from corpus.web.webaddress import WebAddress, parse_web_address

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Believed:
    """The claims of a source that count.

    ``elsewhere`` means that it claims to be another site's: its publisher does not count then.
    ``notes`` are sentences for the person who adds it.
    """

    says: Provenance
    elsewhere: bool = False
    notes: tuple[str, ...] = ()


def believed(says: Provenance, *, claimed: Sequence[str], fetched: str | None) -> Believed:
    """Return the claims that count among those that a source ``says`` of itself.

    ``claimed`` are all web addresses that it calls its own, each absolute or relative to
    ``fetched``, the web address from which it came in the end; None stands for a local file.
    """
    if fetched is None:
        return Believed(replace(says, url=_address_of_file(says.url)))
    here = parse_web_address(fetched)
    found = [_resolved(here, each) for each in (says.url, *claimed) if each and each.strip()]
    elsewhere = next((there for there in found if isinstance(there, str)), None)
    preferred = _resolved(here, says.url) if says.url else None
    stands = isinstance(preferred, WebAddress) and _may_stand_for(preferred, here)
    says = replace(says, url=str(preferred if stands else here))
    if elsewhere is None:
        return Believed(says)
    note = (
        f"it says that it is {elsewhere[:_SHOWN_CHARACTERS]}, which does not count: it was "
        f"fetched from {here.host_and_port}."
    )
    return Believed(replace(says, publisher=None), elsewhere=True, notes=(note,))


def same_site(one: str, other: str) -> bool:
    """Return whether two web addresses are of one registrable domain; False if one is none."""
    try:
        return _same_owner(parse_web_address(one), parse_web_address(other))
    except FetchFailed:
        return False


def _resolved(here: WebAddress, claimed: str) -> WebAddress | str | None:
    """Return the address that a page claims, or its text if it is another site's or unclear.

    None if it is no web address at all.
    """
    try:
        found = urljoin(str(here), claimed.strip())
        scheme = urlsplit(found).scheme
    except ValueError:
        return claimed
    if scheme not in {"http", "https"}:
        return None
    try:
        there = parse_web_address(found)
    except FetchFailed:
        return found
    return there if _same_owner(here, there) else found


def _same_owner(one: WebAddress, other: WebAddress) -> bool:
    return registrable_domain(one.host) == registrable_domain(other.host)


def _may_stand_for(there: WebAddress, here: WebAddress) -> bool:
    """Return whether a link to ``there`` may replace one to ``here``, of the same owner.

    Anybody on a machine can answer at a port of their own; and no link steps down from https.
    """
    if here.is_secure and not there.is_secure:
        return False
    return (there.host, there.port) == (here.host, here.port) or (
        there.has_own_port and here.has_own_port
    )


def _address_of_file(claimed: str | None) -> str | None:
    """Return the web address that a file claims, in a form that shows its host; None if none."""
    try:
        return str(parse_web_address(claimed)) if claimed else None
    except FetchFailed:
        return None
