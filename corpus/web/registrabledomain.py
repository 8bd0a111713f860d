"""Finds the part of a host's name that one owner registers: ``example.co.uk`` of
``www.example.co.uk``.

It uses the Public Suffix List in its package, private suffixes included: two tenants of
``github.io`` are two owners. Nothing is fetched.

The only module that imports ``publicsuffixlist``.
"""

from functools import cache
from typing import TYPE_CHECKING

from corpus.web.publicaddresses import address_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def registrable_domain(host: str) -> str:
    """Return the registrable domain of a host in ASCII, in lower case.

    A host that has none stands for itself: an IP address, a public suffix, a name without a dot.
    """
    name = host.lower().removesuffix(".")
    if address_of(name) is not None:
        return name
    return _list().privatesuffix(name) or name


@cache
def _list() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList  # reads a file of 340 KB

    return PublicSuffixList()
