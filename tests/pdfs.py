"""PDFs made by hand: text at given places, in Helvetica."""

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


def column(
    *lines: str, x: float = 72, top: float = 740, pitch: float = 14, size: float = 11
) -> list[At]:
    """Lines under each other; an empty line leaves the room of one."""
    return [At(x, top - n * pitch, line, size) for n, line in enumerate(lines) if line]


def pdf(
    *pages: Sequence[At], info: str = "", rotate: int = 0, stream: bytes | None = None
) -> bytes:
    """A PDF of these pages; ``stream`` stands in for the content of every page."""
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
        content = stream if stream is not None else zlib.compress(b"\n".join(map(_drawn, page)))
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


def _drawn(at: At) -> bytes:
    text = at.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
    font = b"F2" if at.bold else b"F1"
    return b"BT /%s %.2f Tf %.2f %.2f Td (%s) Tj ET" % (font, at.size, at.x, at.y, text)
