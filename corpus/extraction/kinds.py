"""Recognises the kind of a source by its contents, the file's suffix and the media type."""

import re
from enum import Enum
from pathlib import PurePosixPath

from corpus.documents.storedformat import MARKDOWN_SUFFIXES
from corpus.errors import UnreadableSource


class Kind(Enum):
    """A kind of source that can be read; its value names it in messages."""

    PDF = "PDF"
    DOCX = "Word file (.docx)"
    ODT = "OpenDocument text (.odt)"
    HTML = "web page"
    MAIL = "e-mail"
    TEXT = "plain text"
    MARKDOWN = "Markdown"


_KIND_OF_SUFFIX = {
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".odt": Kind.ODT,
    ".ott": Kind.ODT,
    ".eml": Kind.MAIL,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    **dict.fromkeys(MARKDOWN_SUFFIXES, Kind.MARKDOWN),
}
SUFFIXES = tuple(_KIND_OF_SUFFIX)
"""The suffixes of files that are read; a file without a suffix is read by its contents."""

TEXT_SUFFIXES = (".txt", ".text", *MARKDOWN_SUFFIXES)
"""The suffixes of texts, which only need decoding."""

_SUFFIX_OF_KIND = {Kind.PDF: ".pdf", Kind.DOCX: ".docx", Kind.HTML: ".html", Kind.TEXT: ".txt"}
_SUFFIX_OF_KIND |= {Kind.ODT: ".odt", Kind.MAIL: ".eml"}
_NAMES = {Kind.PDF: "a PDF", Kind.DOCX: "a Word file", Kind.HTML: "a web page"}
_NAMES |= {Kind.ODT: "an OpenDocument text", Kind.MAIL: "an e-mail"}
_NAMES |= {Kind.TEXT: "text", Kind.MARKDOWN: "text"}
_TEXTS = frozenset((Kind.TEXT, Kind.MARKDOWN))
_KIND_OF_MEDIA_TYPE = {
    "application/pdf": Kind.PDF,
    "application/x-pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
    "application/vnd.oasis.opendocument.text": Kind.ODT,
    "message/rfc822": Kind.MAIL,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "text/plain": Kind.TEXT,
    "text/markdown": Kind.MARKDOWN,
    "text/x-markdown": Kind.MARKDOWN,
}
_SAYS_NOTHING = {"", "application/octet-stream", "binary/octet-stream", "application/zip"}

_ENCRYPTED = "encrypted: it needs a password. Save it without one"
_OLD_WORD = "an old Word file (.doc). Save it as .docx"
_RTF = "a rich text file (.rtf). Save it as .docx"
_OPEN_DOCUMENT = "an OpenDocument file that is no text. Save it as .pdf"
_OLD_MAIL = "an Outlook e-mail (.msg). Save it as .eml or .txt"
_MAILBOX = "a mailbox of several e-mails. Save each of them as .eml"
_IMAGE = "an image. Run a text recognition (OCR) over it and add the PDF"
_ARCHIVE = "an archive. Unpack it and add the files in it"
_TABLE = "a spreadsheet. Save the text to quote as .docx or .txt"
_SLIDES = "a presentation. Save it as .pdf"
_BOOK = "an e-book. Save it as .pdf"
_WEB_ARCHIVE = "a web archive. Save the page as .html"
_FILM = "a film or a recording. Add its transcript"
_REFUSED_SUFFIXES = {
    **dict.fromkeys((".doc", ".dot"), _OLD_WORD),
    **dict.fromkeys((".docm", ".dotm", ".dotx"), "a Word file with macros. Save it as .docx"),
    ".rtf": _RTF,
    **dict.fromkeys((".odp", ".ods", ".odg"), _OPEN_DOCUMENT),
    ".msg": _OLD_MAIL,
    ".mbox": _MAILBOX,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp", ".bmp"), _IMAGE),
    **dict.fromkeys((".heic", ".svg"), _IMAGE),
    **dict.fromkeys((".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".xz", ".bz2"), _ARCHIVE),
    **dict.fromkeys((".xls", ".xlsx", ".csv", ".tsv"), _TABLE),
    **dict.fromkeys((".ppt", ".pptx"), _SLIDES),
    **dict.fromkeys((".epub", ".mobi"), _BOOK),
    **dict.fromkeys((".mp3", ".mp4", ".wav", ".mov", ".avi"), _FILM),
    **dict.fromkeys((".mht", ".mhtml"), _WEB_ARCHIVE),
}
_SIGNATURES = (
    (b"{\\rtf", _RTF),
    (b"\x89PNG\r\n", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!\x1a", _ARCHIVE),
    (b"\xfd7zXZ", _ARCHIVE),
    (b"BZh9", _ARCHIVE),
    (b"ID3", _FILM),
    (b"%!PS", "PostScript. Save it as .pdf"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_HEADS: tuple[tuple[bytes, Kind | str], ...] = (
    (b"mimetypeapplication/vnd.oasis.opendocument.text", Kind.ODT),
    (b"mimetypeapplication/vnd.oasis.opendocument", _OPEN_DOCUMENT),
    (b"mimetypeapplication/epub", _BOOK),
)
_ZIP_PARTS: tuple[tuple[bytes, Kind | str], ...] = (
    (b"word/", Kind.DOCX),
    (b"xl/workbook", _TABLE),
    (b"ppt/presentation", _SLIDES),
)
_HEAD_BYTES = 4096
_PDF_HEADER_WITHIN = 1024  # programs look for a PDF's header in this many bytes
_SPACE = b" \t\r\n\f"
# Parts that may stand before the first tag. Each ends at its first end mark and is never tried
# again at another: that a comment might end later too doubled the time with every comment.
_BEFORE_HTML = rb"(?:(?><!--.*?-->)|(?><\?xml.*?\?>)|\s)*+"
_BEFORE_SVG = rb"(?:(?><!--.*?-->)|(?><\?xml.*?\?>)|(?><!doctype\s+svg.*?>)|\s)*+"
_HTML = re.compile(_BEFORE_HTML + rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.S)
_SVG = re.compile(_BEFORE_SVG + rb"<svg[\s>]", re.S)
_MAIL_HEADERS = re.compile(
    rb"^(?:mime-version|message-id|received|return-path|delivered-to|dkim-signature):", re.M | re.I
)


def kind_of(data: bytes, *, name: str, media_type: str | None = None) -> Kind:
    """Return the kind of the source ``data``.

    The suffix of ``name`` is a file's claim, and contents of another kind are refused. A
    ``media_type``, which a web server gave, is the claim instead of the suffix; contents that are
    plainly a PDF, a Word file or a web page then count for more than a claim of text.

    Raises:
        UnreadableSource: if it is empty, or of no kind that can be read; the message is the
            reason.
    """
    if not data.strip(_SPACE + b"\x00"):
        raise UnreadableSource("empty. Put text in it, or leave it out.")
    found = _contents(data)
    if media_type is not None:
        return _served(found, media_type=_essence(media_type), name=name, data=data)
    return _named(found, name=name, data=data)


def claimed_kind(name: str, media_type: str | None = None) -> Kind | None:
    """Return the kind that a source claims by its name or media type; None if it claims none."""
    named = _KIND_OF_SUFFIX.get(_suffix_of(name))
    if media_type is not None:
        claim = _KIND_OF_MEDIA_TYPE.get(_essence(media_type))
        if claim is not None and not (claim is Kind.TEXT and named is Kind.MARKDOWN):
            return claim
    return named


def unread_suffix(name: str) -> str:
    """Return a sentence that says why a file of that name is not even tried, and what to do."""
    suffix = _suffix_of(name)
    if suffix in _REFUSED_SUFFIXES:
        return f"{_REFUSED_SUFFIXES[suffix]}."
    if suffix and not _is_part_of_title(suffix):
        return _not_read(suffix)
    return "its name has no known ending, such as .txt. Rename it and add it again."


def _not_read(suffix: str) -> str:
    return f"files named {suffix[:12]} are not read. Save it as .txt, .md, .html, .pdf or .docx."


def _named(found: Kind | str | None, *, name: str, data: bytes) -> Kind:
    suffix = _suffix_of(name)
    claim = _KIND_OF_SUFFIX.get(suffix)
    if claim is not None:
        return _checked(claim, found, data)
    if isinstance(found, str):
        raise UnreadableSource(f"{found}.")
    if found is Kind.MAIL and suffix in _REFUSED_SUFFIXES:
        raise UnreadableSource(f"{_REFUSED_SUFFIXES[suffix]}.")
    if found is not None and suffix:
        raise UnreadableSource(f"{_NAMES[found]}. Rename it to {_SUFFIX_OF_KIND[found]}.")
    if suffix in _REFUSED_SUFFIXES:
        raise UnreadableSource(f"{_REFUSED_SUFFIXES[suffix]}.")
    if found is not None:
        return found
    if suffix and not _is_part_of_title(suffix):
        raise UnreadableSource(_not_read(suffix))
    return Kind.TEXT


def _is_part_of_title(suffix: str) -> bool:
    """Return whether the text after the last full stop is no suffix, as in "Statement of 12.05"."""
    return not suffix[1:].isalnum() or suffix[1:].isdigit()


def _served(found: Kind | str | None, *, media_type: str, name: str, data: bytes) -> Kind:
    claim = _KIND_OF_MEDIA_TYPE.get(media_type)
    if claim is None and media_type in _SAYS_NOTHING:
        return _named(found, name=name if found is None else "", data=data)
    if claim is None:
        what = found if isinstance(found, str) else "of a kind that is not read"
        raise UnreadableSource(f"served as {media_type[:60]}: {what}.")
    if claim in {*_TEXTS, Kind.HTML} and isinstance(found, Kind) and found is not Kind.MAIL:
        return found
    if claim is Kind.TEXT and _KIND_OF_SUFFIX.get(_suffix_of(name)) is Kind.MARKDOWN:
        claim = Kind.MARKDOWN  # servers of files call it plain text
    return _checked(claim, found, data)


def _checked(claim: Kind, found: Kind | str | None, data: bytes) -> Kind:
    """Return the claimed kind, if the contents can be of it."""
    if found is claim:
        return claim
    if found is Kind.MAIL and claim in _TEXTS:
        return claim  # a letter that was kept as text, headers and all
    if isinstance(found, str):
        if found is _ENCRYPTED:
            raise UnreadableSource(f"{found}.")
        raise UnreadableSource(f"not {_NAMES[claim]}: it is {found}.")
    if found is not None:
        raise UnreadableSource(
            f"not {_NAMES[claim]}: it is {_NAMES[found]}. Rename it to {_SUFFIX_OF_KIND[found]}."
        )
    head = data[:_HEAD_BYTES]
    if claim is Kind.HTML and (b"\x00" not in head or _as_ascii(head).lstrip().startswith(b"<")):
        return claim  # a page may begin with any tag, or with none
    if claim in _TEXTS or claim is Kind.MAIL:
        return claim
    raise UnreadableSource(
        f"not {_NAMES[claim]}, although its name says so. Get a good copy of it."
    )


def _contents(data: bytes) -> Kind | str | None:
    """Return the kind by contents, or another kind that it plainly is, or None if it could be
    text.
    """
    head = data[:_HEAD_BYTES]
    if b"%PDF-" in head[:_PDF_HEADER_WITHIN]:
        return Kind.PDF
    if head.startswith(_OLE):
        return _ole(data)
    if head.startswith(_ZIP):
        return _zip(data)
    return _by_signature(head) or _by_markup(head)


def _by_signature(head: bytes) -> str | None:
    """Return the kind of a file by its first bytes."""
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            return what
    if head[4:8] == b"ftyp":
        return _IMAGE if head[8:12] in {b"heic", b"heix", b"mif1", b"avif"} else _FILM
    return _IMAGE if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def _by_markup(head: bytes) -> Kind | str | None:
    """Return the kind of a file of letters by its beginning."""
    text = _as_ascii(head).lower()
    if _HTML.match(text):
        return Kind.HTML
    if _SVG.match(text):
        return _IMAGE
    mail_headers = _MAIL_HEADERS.findall(text.partition(b"\n\n")[0])
    return Kind.MAIL if len(mail_headers) > 1 else None


def _as_ascii(head: bytes) -> bytes:
    """Return the head without marks of UTF-8 or UTF-16, with line feeds as line ends.

    Zero bytes are the halves of characters of UTF-16, which may come without a mark.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:]
    head = head.replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def _ole(data: bytes) -> str:
    """Return the kind of an OLE compound file, by the names in its directory."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _ENCRYPTED
    for stream, what in (
        ("WordDocument", _OLD_WORD),
        ("Workbook", _TABLE),
        ("PowerPoint Document", _SLIDES),
        ("__substg1.0_", _OLD_MAIL),
    ):
        if stream.encode("utf-16-le") in data:
            return what
    return "an old Office file. Save it as .docx"


def _zip(data: bytes) -> Kind | str:
    """Return the kind of a zip file by the uncompressed names in it, even if its end is missing."""
    head = data[:200]
    for mark, found in _ZIP_HEADS:
        if mark in head:
            return found
    for part, found in _ZIP_PARTS:
        if part in data:
            return found
    return Kind.ODT if b"META-INF/manifest.xml" in data and b"content.xml" in data else _ARCHIVE


def _suffix_of(name: str) -> str:
    return PurePosixPath(name.partition("?")[0] if "://" in name else name).suffix.lower()


def _essence(media_type: str) -> str:
    """Return a media type without its parameters: "text/html"."""
    return media_type.partition(";")[0].strip().lower()
