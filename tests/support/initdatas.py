"""The initData of Mini Apps, signed as Telegram signs it, by its published recipe."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

TOKEN = "123456789:TEST-TOKEN_of-a-bot-that-does-not-exist"


def signed(fields: dict[str, str], token: str = TOKEN) -> str:
    """The fields and their hash as one string."""
    secret = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    chain = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    digest = hmac.new(secret, chain.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": digest})


def fields_of(person: int, at_s: float, **more: str) -> dict[str, str]:
    """The fields that a Mini App gets whose button a person pressed."""
    user = {"id": person, "first_name": "Ada & Bob=é", "language_code": "en"}
    return {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": json.dumps(user, ensure_ascii=False),
        "auth_date": str(int(at_s)),
        "signature": "not-checked_by-this-recipe",
        **more,
    }


def init_data_of(person: int, at_s: float, token: str = TOKEN) -> str:
    """The initData of a person, of that second."""
    return signed(fields_of(person, at_s), token)
