"""Seals updates with the bot's token, so that the disk names nobody."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.chat.events import PlaceKind, TextMessage

_NONCE_BYTES = 16
_SEALED = "sealed"
_CHANNEL_BOT = 136817688
"""The account by which Telegram shows a message in a channel's name."""


class Seal:
    """Seals updates with the bot's token, which does not lie on the same disk."""

    def __init__(self, token: str) -> None:
        self._key = hmac.digest(token.encode("utf-8"), b"verbatim sealed update", "sha256")

    def closed(self, raw: Mapping[str, Any]) -> str:
        """Return the sealed payload of an update, different each time."""
        content = json.dumps(raw, ensure_ascii=True).encode("ascii")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        hidden = self._mixed(nonce, content)
        sealed = nonce + hidden + self._sign(nonce + hidden)
        return json.dumps({_SEALED: base64.b64encode(sealed).decode("ascii")})

    def opened(self, raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the update in a payload, sealed or not; None if this token cannot open it."""
        text = raw.get(_SEALED)
        if not isinstance(text, str):
            return raw
        try:
            sealed = base64.b64decode(text, validate=True)
        except ValueError:
            return None
        nonce, hidden = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES : -hashlib.sha256().digest_size]
        signature = sealed[_NONCE_BYTES + len(hidden) :]
        if not hmac.compare_digest(signature, self._sign(nonce + hidden)):
            return None
        content = json.loads(self._mixed(nonce, hidden))
        return content if isinstance(content, Mapping) else None

    def _sign(self, what: bytes) -> bytes:
        return hmac.digest(self._key, b"signature" + what, "sha256")

    def _mixed(self, nonce: bytes, content: bytes) -> bytes:
        """Return the content mixed with the stream of the key and the nonce. Mixing twice gives the
        content again.
        """
        return bytes(a ^ b for a, b in zip(content, self._stream(nonce), strict=False))

    def _stream(self, nonce: bytes) -> Iterator[int]:
        number = 0
        while True:
            yield from hmac.digest(self._key, b"stream" + nonce + number.to_bytes(8), "sha256")
            number += 1


def command_again(
    update_id: int, event: TextMessage, *, done_before: Sequence[str]
) -> dict[str, Any]:
    """Return an update that repeats a command, with only what it needs to be done and answered.

    ``done_before`` names the work done about it, as ``TextMessage.done_before``.
    """
    person, place = event.person, event.place
    sender: dict[str, Any] = {"id": person.id, "is_bot": False, "first_name": ""}
    message: dict[str, Any] = {
        "message_id": event.message_id,
        "date": 0,
        "chat": {
            "id": place.chat_id,
            "type": "private" if place.kind is PlaceKind.PRIVATE else "supergroup",
        },
        "text": f"/{event.command}",
        "entities": [{"type": "bot_command", "offset": 0, "length": len(event.command or "") + 1}],
    }
    if person.language_code is not None:
        sender["language_code"] = person.language_code
    if person.is_chat:
        message["sender_chat"] = {"id": person.id, "type": "channel", "title": ""}
        sender = {"id": _CHANNEL_BOT, "is_bot": True, "first_name": ""}
    if place.thread_id is not None:
        message |= {"message_thread_id": place.thread_id, "is_topic_message": True}
    return {
        "update_id": update_id,
        "message": {**message, "from": sender},
        "done_before": list(done_before),
    }
