"""Reads an e-mail (.eml) into its visible text, its subject and its date.

Its other headers prove nothing: anybody can write any sender into them.
"""

import email
import re
from collections.abc import Iterator
from datetime import date
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName, Extract
from corpus.extraction.omissions import without_marks
from corpus.extraction.text.plaintext import decoded
from corpus.extraction.web.webpage import declared_encoding, read_web_page

_MOST_PARTS = 200
_MOST_HEADER = 10_000
_HEADER_CHARACTERS = 2_000
_MULTIPART = re.compile(rb"multipart/|message/", re.I)
_CONTENT_HEADER = re.compile(rb"^content-[\w-]++:[^\r\n]*+(?:\r?\n?[ \t][^\r\n]*+)*+", re.I | re.M)
_ENCRYPTED = frozenset(
    ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
)
_PGP = "-----BEGIN PGP MESSAGE-----"
_BLANKS = re.compile(r"\s++")
_NAME_CHARACTERS = 200


def load() -> None:
    """Import the decoders of e-mails and of the pages in them, so that a fork of this process has
    them.
    """
    import email.base64mime
    import email.feedparser
    import email.parser
    import email.quoprimime

    libraries.load(("html", "encodings"))
    email.message_from_bytes(b"Content-Type: text/plain; charset=utf-8\n\na").get_payload()


def read_mail(data: bytes) -> Extract:
    """Return the text of an e-mail, its subject as the title and its date.

    Its plain text is read if it has one, otherwise its page. Attachments are left out, and noted as
    deviations; an attached e-mail is one of them. The sender is not taken.

    Raises:
        UnreadableSource: if it is no e-mail, is encrypted, has very many parts, or holds no text.
    """
    if len(_MULTIPART.findall(data)) > _MOST_PARTS:
        raise UnreadableSource(f"over {_MOST_PARTS} parts in it. Save its text as .txt.")
    if any(len(match[0]) > _MOST_HEADER for match in _CONTENT_HEADER.finditer(data)):
        raise UnreadableSource("damaged: a header of it is far too long. Save its text as .txt.")
    message = email.message_from_bytes(data)
    if not message.keys():
        raise UnreadableSource("not an e-mail, although its name says so. Get a good copy of it.")
    found = _Found()
    found.take(message)
    if not found.texts:
        raise UnreadableSource(_without_text(found))
    text, deviations = _joined(found.texts)
    attached = (
        Deviation(DeviationKind.LEFT_OUT, DeviationName.ATTACHMENT, name, len(text))
        for name in found.attached
    )
    return Extract(
        text=text,
        title=_header(message, "subject"),
        published=_day(message),
        notes=tuple(note for each in found.texts for note in each.notes),
        deviations=(*deviations, *attached),
    )


def _without_text(found: "_Found") -> str:
    if found.encrypted:
        return "encrypted: it needs a key. Save its text as .txt."
    if found.attached:
        return "no text in it, only attachments. Save these and add them."
    return "no text in it. Save the text to quote as .txt."


class _Found:
    """The texts of an e-mail, and the names of its other parts."""

    def __init__(self) -> None:
        self.texts: list[Extract] = []
        self.attached: list[str] = []
        self.encrypted = False

    def take(self, part: "Message[str, str]") -> None:
        """Take the texts and names of a part and of the parts in it."""
        kind = part.get_content_type()
        if kind in _ENCRYPTED:
            self.encrypted = True
        elif kind == "multipart/alternative" and part.is_multipart():
            self._take_one(list(_parts(part)))
        elif kind == "multipart/related" and part.is_multipart():
            every = list(_parts(part))
            for first in every[:1]:
                self.take(first)
            self.attached += [_name(other) for other in every[1:]]
        elif kind.startswith("multipart/") and part.is_multipart():
            for each in _parts(part):
                self.take(each)
        elif (text := _text(part, kind)) is not None:
            if _PGP in text.text[:_MOST_HEADER]:
                self.encrypted = True
            else:
                self.texts.append(text)
        elif not _is_blank_text(part, kind):
            self.attached.append(_name(part))

    def _take_one(self, parts: list["Message[str, str]"]) -> None:
        """Take the first of the parts that has plain text, or otherwise the first that has any."""
        for wanted in ("text/plain", ""):
            for part in parts:
                if not part.get_content_type().startswith(wanted):
                    continue
                one = _Found()
                one.take(part)
                if one.texts:
                    self.texts += one.texts
                    self.attached += one.attached
                    return
        for part in parts:
            self.take(part)


def _parts(part: "Message[str, str]") -> Iterator["Message[str, str]"]:
    for each in part.get_payload():
        if isinstance(each, Message):
            yield each


def _is_attached(part: "Message[str, str]") -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _is_blank_text(part: "Message[str, str]", kind: str) -> bool:
    return kind in {"text/plain", "text/html"} and not _is_attached(part)


def _text(part: "Message[str, str]", kind: str) -> Extract | None:
    """Return the text of a part that is shown; None for one that is attached or has no text."""
    if not _is_blank_text(part, kind) or part.is_multipart():
        return None
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or not content.strip():
        return None
    media_type = str(part.get("Content-Type", ""))
    if kind == "text/html":
        try:
            page = read_web_page(content, media_type=media_type)
        except UnreadableSource:
            return None
        return Extract(page.text, notes=page.notes, deviations=page.deviations)
    found = decoded(content, declared=declared_encoding(b"", media_type))
    text, deviations = found.text, found.deviations()
    if str(part.get_param("format", "")).lower() == "flowed" and not deviations:
        text = _unflowed(text, joined=str(part.get_param("delsp", "")).lower() == "yes")
    if not any(c.isalnum() for c in text):
        return None
    return Extract(text, notes=found.notes, deviations=deviations)


def _unflowed(text: str, *, joined: bool) -> str:
    """Join lines that end in a blank with the next ones; see RFC 3676."""
    pieces: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        own = line.removeprefix(" ")
        if own.endswith(" ") and own != "-- ":
            pieces.append(own[:-1] if joined else own)
        else:
            pieces += [own, "\n"]
    return "".join(pieces).removesuffix("\n")


def _joined(texts: list[Extract]) -> tuple[str, tuple[Deviation, ...]]:
    """Return the texts with a blank line between them, and their deviations at their new places."""
    whole: list[str] = []
    deviations: list[Deviation] = []
    length = 0
    for each in texts:
        for one in each.deviations:
            position = min(one.position, len(each.text)) + length
            deviations.append(Deviation(one.kind, one.name, one.text, position))
        whole.append(f"{each.text.rstrip()}\n")
        length += len(whole[-1]) + 1
    return "\n".join(whole), tuple(deviations)


def _name(part: "Message[str, str]") -> str:
    inner = next(_parts(part), part) if part.is_multipart() else part
    name = part.get_filename() or _header(inner, "subject") or part.get_content_type()
    return _BLANKS.sub(" ", without_marks(_decoded(name)[:_NAME_CHARACTERS])).strip()


def _header(part: "Message[str, str]", name: str) -> str | None:
    # as it was written: other than ASCII would be lost otherwise
    found = (value for each, value in part.raw_items() if each.lower() == name)
    line = _BLANKS.sub(" ", without_marks(_decoded(str(next(found, ""))))).strip()
    return line or None


def _decoded(value: str) -> str:
    """Return a header as it is shown; a header that breaks the rule to be ASCII is taken for
    UTF-8.
    """
    value = value[:_HEADER_CHARACTERS].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = decode_header(value)
    except ValueError:
        return value
    shown = []
    for piece, charset in pieces:
        if isinstance(piece, str):
            shown.append(piece)
            continue
        codec = declared_encoding(b"", f"x; charset={charset}") if charset else None
        shown.append(piece.decode(codec or "utf-8", "replace"))
    return "".join(shown)


def _day(message: "Message[str, str]") -> date | None:
    """Return the day on which it was sent, in its sender's time zone."""
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))[:_HEADER_CHARACTERS]).date()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
