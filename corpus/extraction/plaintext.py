"""Bytes → text, whatever encoding they are in; the encoding that had to be guessed is told."""

import codecs
import importlib
import pkgutil
import re
from contextlib import suppress

from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Extract

_MARKS = (  # the longer mark first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESS_FROM_BYTES = 200_000
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02
_UNDEFINED_IN_CP1252 = dict.fromkeys((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_BINARY = "binary: it holds no text. Save it as .txt, .md, .html, .pdf or .docx."


def load() -> None:
    """Imports the library and every codec, so that a fork of this process has them.

    A fork may open no file, and a codec is a module that Python imports when it is first named.
    """
    import encodings

    import charset_normalizer  # noqa: F401

    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):  # those of Windows
            importlib.import_module(f"encodings.{module.name}")


def load_marked_encodings() -> None:
    """Imports the codecs of texts that say by a mark which one they are in."""
    for _, encoding in _MARKS:
        codecs.lookup(encoding)
    codecs.lookup("utf-8-sig")


def read_plain_text(data: bytes) -> Extract:
    """The text of a text file; front matter stays in it.

    Raises:
        UnreadableSource: if it is not text, or in no known encoding.
    """
    text, note = decoded(data)
    return Extract(text=text, notes=(note,) if note else ())


def decoded(data: bytes, *, declared: str | None = None) -> tuple[str, str | None]:
    """The text in ``data``, and a note for its reader where the encoding had to be guessed.

    A byte order mark wins, then ``declared`` (a Python codec's name), then UTF-8; a file in none
    of them is read in the encoding that its bytes suggest.

    Raises:
        UnreadableSource: if it is not text.
    """
    mark = mark_of(data)
    if mark is not None:
        length, marked = mark
        return _checked(data[length:].decode(marked, errors="replace")), None
    if b"\x00" in data:
        raise UnreadableSource(_BINARY)
    for encoding in (declared, "utf-8"):
        if encoding is None:
            continue
        try:
            return _checked(decode_strictly(data, encoding)), None
        except UnicodeDecodeError:
            continue
    guessed = _guess(data)
    text = decode_strictly(data, guessed)
    return _checked(text), f"read as {guessed}: save it as UTF-8 if letters look wrong"


def mark_of(data: bytes) -> tuple[int, str] | None:
    """The length of the byte order mark that ``data`` begins with, and its encoding."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return len(mark), encoding
    return None


def decode_strictly(data: bytes, encoding: str) -> str:
    """Every byte decoded; the five that cp1252 leaves undefined are dropped, as they show nothing.

    Raises:
        UnicodeDecodeError: if a byte is wrong in ``encoding``.
    """
    if encoding == "cp1252":
        data = data.translate(None, bytes(_UNDEFINED_IN_CP1252))
    return data.decode(encoding)


def _guess(data: bytes) -> str:
    """The encoding that the bytes suggest; cp1252 wherever it may be that.

    Without it, short texts in French or Spanish are taken for a Central European or a Macintosh
    encoding, in which the same bytes are other accents.
    """
    libraries.require("encodings")
    from charset_normalizer import from_bytes

    matches = from_bytes(data[:_GUESS_FROM_BYTES])
    best = matches.best()
    if best is None:
        raise UnreadableSource("in an unknown encoding. Save it as UTF-8.")
    if any("cp1252" in (match.encoding, *match.could_be_from_charset) for match in matches):
        return "cp1252"
    try:
        decode_strictly(data, best.encoding)
    except UnicodeDecodeError:
        raise UnreadableSource("in an unknown encoding. Save it as UTF-8.") from None
    return best.encoding


def _checked(text: str) -> str:
    if len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise UnreadableSource(_BINARY)
    return text
