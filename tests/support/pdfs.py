"""PDFs made by hand: text at given places, in Helvetica."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842


@dataclass(frozen=True)
class At:
    """Text whose baseline begins at a point, in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 11
    bold: bool = False


@dataclass(frozen=True)
class Mixed:
    """A line of parts; those that begin with "^" are raised, and those with "_" lowered.

    ``by_rise`` raises by the text's rise, as typesetters do; else each part is placed by itself.
    """

    x: float
    y: float
    parts: tuple[str, ...]
    size: float = 11
    small: float = 7
    rise: float = 4
    by_rise: bool = True


def mixed(text: str, *, x: float = 72, y: float = 700, size: float = 11, **style: float) -> Mixed:
    """A line in which "85{^1} members" has a raised 1."""
    parts = tuple(part for part in re.split(r"[{}]", text) if part)
    return Mixed(x, y, parts, size, **style)  # type: ignore[arg-type]


def column(
    *lines: str, x: float = 72, top: float = 740, pitch: float = 14, size: float = 11
) -> list[At]:
    """Lines under each other; an empty line leaves the room of one."""
    return [At(x, top - n * pitch, line, size) for n, line in enumerate(lines) if line]


def pdf(
    *pages: Sequence[At | Mixed],
    info: str = "",
    rotate: int = 0,
    stream: bytes | None = None,
    extra: bytes = b"",
) -> bytes:
    """A PDF of these pages.

    ``stream`` stands in for the content of every page; ``extra`` is drawn on each of them.
    """
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Rotate {rotate} "
            f"/Contents {6 + 2 * number} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
            "".encode()
        )
        content = (
            stream if stream is not None else zlib.compress(b"\n".join([*map(_drawn, page), extra]))
        )
        objects.append(
            f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
            + content
            + b"\nendstream"
        )
    objects.append(f"<< {info} >>".encode())
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode()
    )
    return bytes(out) + f"startxref\n{start}\n%%EOF\n".encode()


def _drawn(at: At | Mixed) -> bytes:
    if isinstance(at, Mixed):
        return _drawn_parts(at)
    font = b"F2" if at.bold else b"F1"
    return b"BT /%s %.2f Tf %.2f %.2f Td (%s) Tj ET" % (
        font,
        at.size,
        at.x,
        at.y,
        _escaped(at.text),
    )


def _drawn_parts(line: Mixed) -> bytes:
    drawn = [b"BT %.2f %.2f Td" % (line.x, line.y)]
    x = 0.0
    for part in line.parts:
        rise = {"^": line.rise, "_": -line.rise / 2}.get(part[0], 0.0)
        text = part[1:] if rise else part
        size = line.small if rise else line.size
        if line.by_rise:
            drawn.append(b"%.2f Ts /F1 %.2f Tf (%s) Tj" % (rise, size, _escaped(text)))
        else:
            drawn.append(
                b"1 0 0 1 %.2f %.2f Tm /F1 %.2f Tf (%s) Tj"
                % (line.x + x, line.y + rise, size, _escaped(text))
            )
            x += width_of(text, size)
    return b" ".join([*drawn, b"ET"])


def _escaped(text: str) -> bytes:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")


def width_of(text: str, size: float) -> float:
    """The width of a text in Helvetica, in points, near enough to place what follows it."""
    return sum(_WIDTHS.get(character, 556) for character in text) * size / 1000


_WIDTHS = {
    **dict.fromkeys(" ,./!;:I", 278),
    **dict.fromkeys("ijl'", 222),
    **dict.fromkeys("ft", 278),
    **dict.fromkeys("r()-", 333),
    **dict.fromkeys("ckszvxy", 500),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("wCDHNRU", 722),
    **dict.fromkeys("ABEKPSVXY", 667),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("GOQ", 778),
    "W": 944,
    "J": 500,
    "L": 556,
    "*": 389,
}
