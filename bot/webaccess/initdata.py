"""Checks the data by which Telegram vouches for the person who opened a Mini App."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

LONGEST_AGE_S = 3600.0
"""Older data is refused: somebody else may have found it."""
_CLOCKS_DIFFER_S = 10.0
_MOST_CHARACTERS = 8_192
_MOST_FIELDS = 32
_MOST_PERSON = 2**52
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class InitDataRefused(Exception):
    """Data that does not vouch for anybody now."""


@dataclass(frozen=True, slots=True)
class VouchedPerson:
    """A person for whom Telegram vouches, and the second since the epoch when it did."""

    id: int
    at_s: int


def vouched_person(init_data: str, *, token: str, now_s: float) -> VouchedPerson:
    """Return the person in the initData of a Mini App of the bot with that token.

    Telegram signs the data with the token. Data with a field twice, without one that is needed, of
    more than ``LONGEST_AGE_S`` or of the future is refused as forged data is.

    Raises:
        InitDataRefused: if it vouches for nobody now.
    """
    if len(init_data) > _MOST_CHARACTERS:
        raise InitDataRefused("too long")
    try:
        fields = parse_qsl(
            init_data,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
        given = dict(fields)
        if len(given) < len(fields):
            raise InitDataRefused("a field stands twice")
        digest = given.pop("hash", "")
        signed = "\n".join(f"{name}={given[name]}" for name in sorted(given)).encode()
    except ValueError as error:
        raise InitDataRefused("malformed") from error
    if not _DIGEST.fullmatch(digest) or not _is_signed(signed, digest, token):
        raise InitDataRefused("forged")
    at_s = _second(given.get("auth_date", ""), now_s)
    return VouchedPerson(_person(given.get("user", "")), at_s)


def _is_signed(signed: bytes, digest: str, token: str) -> bool:
    secret = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    return hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha256).hex(), digest)


def _second(text: str, now_s: float) -> int:
    if not _SECONDS.fullmatch(text):
        raise InitDataRefused("no date")
    at_s = int(text)
    if not now_s - LONGEST_AGE_S <= at_s <= now_s + _CLOCKS_DIFFER_S:
        raise InitDataRefused("too old, or of the future")
    return at_s


def _person(text: str) -> int:
    try:
        user = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InitDataRefused("no person") from error
    found = user.get("id") if isinstance(user, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < _MOST_PERSON:
        raise InitDataRefused("no person")
    return found
