"""Compares bearer tokens, in a time that does not depend on them."""

import hashlib
import hmac
from collections.abc import Iterable

from bot.websettings import WebToken


class Tokens:
    """The tokens that the settings name. Their digests are compared, each one with each call."""

    def __init__(self, tokens: Iterable[WebToken]) -> None:
        self._known = [(_digest(token.secret), token) for token in tokens]

    def find(self, given: str) -> WebToken | None:
        """Return the token that was given; None for one that is not known."""
        digest = _digest(given)
        found = None
        for known, token in self._known:
            if hmac.compare_digest(known, digest):
                found = token
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
