"""Decodes bytes in any encoding into text, and notes guesses and wrong bytes."""

import codecs
import importlib
import pkgutil
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName, Extract
from corpus.extraction.text.languageletters import is_in_latin_letters, likeliest

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
_COMMON = " \n\r,.;:،؛。、，"
_LOOKED_AT = 100_000
_FEW = 2
_WRONG_PLACE = re.compile("\ufffd{1,3}+")
_CUT_CHARACTER = re.compile(rb"[\xc0-\xf7][\x80-\xbf]")
_MOST_WRONG = 1000
_FEW_BYTES = 4
_TEXT_PER_BYTE = 10
_LIKELY_ALONE = frozenset(
    "\u00a0€£§©®°«»‚„“”‘’–—…•àâäáãåæçèéêëìíîïñòóôöõøœùúûüßÀÂÄÁÅÆÇÈÉÊËÎÍÓÔÖØŒÙÚÛÜÑ½¼²³ºª".encode(
        "cp1252"
    )
)
_LATIN = ("cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1257", "mac_roman")
_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac_cyrillic")
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_MOST_NULS = 0.02
_PRINTED = bytes((9, 10, 13, *range(0x20, 0x7F)))
_ASCII = bytes(range(0x80))
_LATIN_SHARE = 0.6
_LEAST_CERTAIN = 3
_BINARY = "binary: it holds no text. Save it as .txt, .md, .html, .pdf or .docx."


def load() -> None:
    """Import the library and every codec, so that a fork of this process has them.

    A fork may open no file, and a codec is a module that Python imports when it is first named.
    """
    import encodings

    import charset_normalizer  # noqa: F401

    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):  # the encodings of Windows
            importlib.import_module(f"encodings.{module.name}")


def load_marked_encodings() -> None:
    """Import the codecs of texts that mark their encoding."""
    for _, encoding in _MARKS:
        codecs.lookup(encoding)
    codecs.lookup("utf-8-sig")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its encoding if that was guessed, and its wrong bytes.

    ``guessed`` is None if nothing was guessed. ``wrong`` has (offset in the text, bytes) of each
    place where "�" stands for bytes that the encoding does not have.
    """

    text: str
    guessed: str | None = None
    wrong: tuple[tuple[int, bytes], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for the person who added it, if the encoding had to be guessed."""
        if self.guessed is None:
            return ()
        return (f"read as {self.guessed}: save it as UTF-8 if letters look wrong",)

    def deviations(self, places: Sequence[int] | None = None) -> tuple[Deviation, ...]:
        """Return the guess and the wrong bytes; ``places`` are the offsets of the latter, if
        others.
        """
        found = []
        if self.guessed is not None:
            found.append(Deviation(DeviationKind.GUESSED, DeviationName.ENCODING, self.guessed, 0))
        for number, (own, data) in enumerate(self.wrong):
            position = own
            if places is not None:
                position = places[min(number, len(places) - 1)] if places else 0
            name = DeviationName.BYTE
            found.append(Deviation(DeviationKind.REPAIRED, name, data.hex(" "), position))
        return tuple(found)


def read_plain_text(data: bytes) -> Extract:
    """Return the text of a text file; front matter stays in it.

    Raises:
        UnreadableSource: if it is not text, or in no known encoding.
    """
    found = decoded(data)
    return Extract(text=found.text, notes=found.notes, deviations=found.deviations())


def decoded(data: bytes, *, declared: str | None = None) -> Decoded:
    """Return the text in ``data``.

    A byte order mark wins, then ``declared`` (a Python codec's name), then UTF-8. A file in none of
    them is read in the encoding that its bytes suggest. A text that is plainly UTF-8 is read as
    such whatever is declared, and that is noted as a guess. UTF-8 with a few wrong bytes stays
    UTF-8, with "�" for each of them and for each stray zero byte.

    Raises:
        UnreadableSource: if it is not text.
    """
    mark = mark_of(data)
    if mark is not None:
        length, marked = mark
        return Decoded(_checked(data[length:].decode(marked, errors="replace")))
    if b"\x00" in data:
        return _with_stray_nuls(data, declared) if _nuls_are_stray(data) else _wide(data)
    return _in_bytes(data, declared=declared)


def _in_bytes(data: bytes, *, declared: str | None) -> Decoded:
    """Return the text in an encoding whose characters are not all of two bytes or more."""
    says_utf8 = declared in {"utf-8", "utf_8", "utf-8-sig"}
    text = _strictly(data, "utf-8")
    if text is not None and (says_utf8 or declared is None or _is_plainly_utf8(data, text)):
        if declared is None and any(escape in data for escape in _JAPANESE_ESCAPES):
            libraries.require("encodings")
            japanese = _strictly(data, "iso2022_jp")
            if japanese is not None:
                return Decoded(_checked(japanese), "iso2022_jp")
        contradicts = not (says_utf8 or declared is None or text.isascii())
        return Decoded(_checked(text), "utf-8" if contradicts else None)
    if declared is not None and not says_utf8:
        found = _strictly(data, declared)
        if found is not None:
            return Decoded(_checked(found))
    damaged = _damaged_utf8(data, declared=says_utf8)
    if damaged is not None:
        _checked(damaged.text)
        return damaged
    guessed = _guess(data)
    return Decoded(_checked(decode_strictly(data, guessed)), guessed)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return decode_strictly(data, encoding)
    except UnicodeDecodeError:
        return None


def _is_plainly_utf8(data: bytes, text: str) -> bool:
    """Return whether characters of several bytes are no chance: no other encoding has only whole
    ones.
    """
    return len(data) - len(text) >= _LEAST_CERTAIN


def _nuls_are_stray(data: bytes) -> bool:
    """Return whether zero bytes are damage, not the halves of characters of two bytes."""
    bare = data.replace(b"\x00", b"")
    nuls = len(data) - len(bare)
    if nuls > _MOST_NULS * len(data) and not (
        nuls <= _FEW_BYTES and nuls * _TEXT_PER_BYTE <= len(data)
    ):
        return False
    others = len(bare.translate(None, _PRINTED))
    if others <= (1 - _LATIN_SHARE) * len(bare):
        return True
    text = _strictly(bare, "utf-8")
    return text is not None and len(_CONTROLS.findall(text)) <= _MOST_CONTROLS * len(text)


def _with_stray_nuls(data: bytes, declared: str | None) -> Decoded:
    """Return the text with the replacement mark for each zero byte, which counts as wrong."""
    found = _in_bytes(data, declared=declared)
    nuls = [(at, b"\x00") for at, character in enumerate(found.text) if character == "\x00"]
    text = found.text.replace("\x00", "\ufffd")
    return Decoded(text, found.guessed, tuple(sorted([*found.wrong, *nuls])))


def _wide(data: bytes) -> Decoded:
    """Return UTF-16 or UTF-32 text without a byte order mark: the reading with words and spaces.

    Raises:
        UnreadableSource: if it reads as text in none of them.
    """
    best, most = None, 0
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        width = 2 if "16" in encoding else 4
        try:
            text = data[: len(data) // width * width].decode(encoding)
        except UnicodeDecodeError:
            continue
        common = sum(text.count(c) for c in _COMMON)
        odd = sum(1 for c in text[:_LOOKED_AT] if not (c.isprintable() or c.isspace()))
        if common > most and odd <= _MOST_CONTROLS * min(len(text), _LOOKED_AT):
            best, most = Decoded(text, encoding), common
    if best is None:
        raise UnreadableSource(_BINARY)
    _checked(best.text)
    return best


def _damaged_utf8(data: bytes, *, declared: bool) -> Decoded | None:
    """Return the text if it is plainly UTF-8 with some wrong bytes, otherwise None.

    It is if at least as many characters beyond ASCII are whole as places are wrong, which no other
    encoding causes; if it is declared and one or two places are wrong; or if the few bytes beyond
    ASCII cannot stand alone in a text of an older encoding.
    """
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd") - data.count("\ufffd".encode())
    whole = sum(1 for c in text if c > "\x7f") - wrong
    damaged = len(_WRONG_PLACE.findall(text))
    enough = whole >= (damaged if damaged <= _FEW else wrong)
    if not (enough or (declared and wrong <= _FEW) or _is_damaged_ascii(data)):
        return None
    if wrong > _MOST_WRONG:
        return None
    parts: list[str] = []
    places: list[tuple[int, bytes]] = []
    rest, length = memoryview(data), 0
    while True:
        try:
            parts.append(codecs.utf_8_decode(rest, "strict", True)[0])
            break
        except UnicodeDecodeError as error:
            part = codecs.utf_8_decode(rest[: error.start], "strict", True)[0]
            parts += [part, "\ufffd"]
            places.append((length + len(part), bytes(rest[error.start : error.end])))
            length += len(part) + 1
            rest = rest[error.end :]
    return Decoded("".join(parts), None, tuple(places))


def _is_damaged_ascii(data: bytes) -> bool:
    """Return whether the bytes beyond ASCII are so few and so strange that they are damage."""
    beyond = data.translate(None, _ASCII)
    strange = not _LIKELY_ALONE.issuperset(beyond) or _CUT_CHARACTER.search(data) is not None
    return _are_few(beyond, data) and strange


def _are_few(beyond: Sequence[int], data: bytes) -> bool:
    return len(beyond) <= _FEW_BYTES and len(beyond) * _TEXT_PER_BYTE <= len(data)


def mark_of(data: bytes) -> tuple[int, str] | None:
    """Return the length of the byte order mark that ``data`` begins with, and its encoding."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return len(mark), encoding
    return None


def decode_strictly(data: bytes, encoding: str) -> str:
    """Return the text of every byte; the five that cp1252 leaves undefined are dropped, as they
    show nothing.

    Raises:
        UnicodeDecodeError: if a byte is wrong in ``encoding``.
    """
    if encoding == "cp1252":
        data = data.translate(None, bytes(_UNDEFINED_IN_CP1252))
    return data.decode(encoding)


def _guess(data: bytes) -> str:
    """Return the encoding that the bytes suggest; cp1252 wherever it may be that.

    Without this preference, short texts in French or Spanish are taken for a Central European or a
    Macintosh encoding, in which the same bytes are other accents.
    """
    libraries.require("encodings")
    from charset_normalizer import from_bytes

    beyond = data.translate(None, _ASCII)
    if _are_few(beyond, data) and b"\r" not in data.replace(b"\r\n", b""):
        return "cp1252"
    found = _fitting(data, _LATIN) if is_in_latin_letters(data) else None
    if found is not None:
        return found
    matches = from_bytes(data[:_GUESS_FROM_BYTES])
    if any("cp1252" in (match.encoding, *match.could_be_from_charset) for match in matches):
        return "cp1252"
    for match in matches:
        text = _strictly(data, match.encoding)
        if text is not None and not _PRIVATE.search(text):
            return match.encoding
    found = _fitting(data, _CYRILLIC)
    if found is None:
        raise UnreadableSource("in an unknown encoding. Save it as UTF-8.")
    return found


def _fitting(data: bytes, encodings: Sequence[str]) -> str | None:
    """Return the encoding in which the letters fit a language; None if they do in none."""
    readings = [
        (encoding, text[:_GUESS_FROM_BYTES])
        for encoding in encodings
        if (text := _strictly(data, encoding)) is not None
    ]
    return likeliest(readings)


def _checked(text: str) -> str:
    if len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise UnreadableSource(_BINARY)
    return text
