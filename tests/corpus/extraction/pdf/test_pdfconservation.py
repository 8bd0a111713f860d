"""Every letter of a PDF stands in its text or in the list of what was left out."""

import unicodedata
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from evaluationdata import EVALUATION
from pdfs import At, column, mixed, pdf

from corpus.extraction.extract import DeviationKind
from corpus.extraction.pdf.pdftext import read_pdf

MESSY = EVALUATION / "messy-files" / "pdf"
LONG = 1_000_000  # bytes
REFUSED = ("encrypted", "password", "non_text", "_git", "flat", "zz_made")
FILES = [
    path
    for path in (sorted(MESSY.glob("*.pdf")) if MESSY.is_dir() else [])
    if path.stat().st_size < LONG and not any(part in path.name for part in REFUSED)
]


def letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def drawn(data: bytes) -> Counter[str]:
    document = pypdfium2.PdfDocument(data)
    return letters("".join(page.get_textpage().get_text_range() for page in document))


def kept(data: bytes) -> Counter[str]:
    found = read_pdf(data)
    left_out = [p.text for p in found.deviations if p.kind is DeviationKind.LEFT_OUT]
    return letters("".join([found.text, *left_out]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_letter_of_a_real_file_is_lost_without_a_word(path: Path) -> None:
    data = path.read_bytes()
    assert kept(data) == drawn(data)


def test_no_letter_is_lost_without_a_word() -> None:
    pages = [
        [
            At(72, 806, "Plan for the Delta"),
            *column("The fund of the Board is kept open for the whole of the pro-", "gramme."),
            mixed("It counts 85{^1} members, 10{^6} people and 120 km{^2} of land.", y=650),
            At(72, 620, "* * *"),
            mixed("{^1} Including two observers.", y=90, size=8, small=5),
            At(72, 40, "24-55123 (E)" if n == 1 else "24-55123", 8),
            At(500, 40, f"{n}/3", 8),
        ]
        for n in (1, 2, 3)
    ]
    sideways = b"BT /F1 9 Tf 0 1 -1 0 30 100 Tm (Draft of May) Tj ET"
    data = pdf(*pages, extra=sideways)
    assert kept(data) == drawn(data)
