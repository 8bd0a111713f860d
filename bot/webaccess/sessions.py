"""Writes and reads the cookie of a person whom Telegram vouched for; the server keeps nothing."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable

from bot.webaccess.initdata import LONGEST_AGE_S, VouchedPerson

COOKIE = "__Host-verbatim"
"""A browser takes a cookie of that prefix only from this very host, and over TLS."""

SESSION_S = 3600.0
_KEY = b"verbatim web session 1"
_CONTENT = struct.Struct(">QQ")
_MOST_CHARACTERS = 200


class Sessions:
    """Signs who a person is, and until when, with a key made of the bot's token.

    A session ends an hour after Telegram vouched for the person. Another token ends all of them.
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        self._key = hmac.digest(token.encode(), _KEY, hashlib.sha256)
        self._clock = clock

    def set_cookie(self, person: VouchedPerson) -> str:
        """Return the value of the header Set-Cookie that begins a session.

        Telegram Web shows a Mini App in a frame of its own page: only a cookie of ``SameSite=None``
        comes back there. ``Partitioned`` keeps it to pages in that frame.
        """
        now_s = self._clock()
        ends_s = int(min(now_s + SESSION_S, person.at_s + LONGEST_AGE_S))
        content = _CONTENT.pack(person.id, ends_s)
        value = base64.urlsafe_b64encode(content + self._signature(content)).decode()
        return (
            f"{COOKIE}={value}; Path=/; Max-Age={max(0, ends_s - int(now_s))}; Secure; HttpOnly; "
            "SameSite=None; Partitioned"
        )

    def person_in(self, value: str) -> int | None:
        """Return the id of the person of a cookie's value; None if no session goes on by it."""
        if len(value) > _MOST_CHARACTERS:
            return None
        try:
            whole = base64.b64decode(value.encode("ascii"), altchars=b"-_", validate=True)
        except ValueError:
            return None
        content, signature = whole[: _CONTENT.size], whole[_CONTENT.size :]
        if not hmac.compare_digest(signature, self._signature(content)):
            return None
        person, ends_s = _CONTENT.unpack(content)
        return int(person) if self._clock() < ends_s else None

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)
