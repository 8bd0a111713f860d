"""Running heads, foot lines and page numbers leave a PDF's text; no sentence ever does."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, column, pdf

from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.pdf.pdftext import read_pdf

WORDS = (
    "council region members agreed report support assistance districts bridges schools review "
    "session public outside advisers funds targets delivery rivers borders families decision "
    "spring autumn meeting statement adoption secretariat neighbours households stations"
).split()
TOP, FOOT = 770.0, 540.0
PITCH = 14.0


def sentence(chance: random.Random, *, words: int) -> str:
    drawn = " ".join(chance.choices(WORDS, k=words))
    return f"The {drawn} of the year {chance.randint(1950, 2090)} matter."


def wrapped(text: str, *, characters: int = 84) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > characters:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def laid_out(
    paragraphs: Sequence[str], *, breaks: set[int], gap: float = PITCH
) -> tuple[list[list[At]], int]:
    """Paragraphs on pages; a new page begins where the last is full and before ``breaks``."""
    pages: list[list[At]] = [[]]
    y = TOP
    for number, paragraph in enumerate(paragraphs):
        if number in breaks and pages[-1]:
            pages.append([])
            y = TOP
        for line in wrapped(paragraph):
            if y < FOOT:
                pages.append([])
                y = TOP
            pages[-1].append(At(72, y, line))
            y -= PITCH
        y -= gap
    return pages, len(pages)


def read(*pages: Sequence[At]) -> Extract:
    return read_pdf(pdf(*pages))


def paragraphs_of(found: Extract) -> list[str]:
    return found.text.strip().split("\n\n")


def left_out(found: Extract) -> list[str]:
    return [part.text for part in found.deviations]


PARAGRAPHS = [
    "The Board adopts the following targets, which are binding on all districts and which will be "
    "reviewed each year at the spring session.",
    "Each district reports on its work every year, and the Board reviews the report in public "
    "session with the help of outside advisers and of the press.",
    "The Board asks the secretariat to publish the reports, to make them known to all members, "
    "and to keep them at hand for as long as the plan is in force.",
    "The Board will meet again in the spring of the next year, when it will decide on the bridges.",
]


def in_two(text: str) -> tuple[list[str], list[str]]:
    lines = wrapped(text)
    half = next(n for n in (2, 3, 4) if not lines[n - 1].endswith("."))
    return lines[:half], lines[half:]


def pages_with(
    head: Callable[[int], list[At]], *, pages: int = 4
) -> tuple[list[list[At]], list[str]]:
    """Pages whose last paragraph goes on over the page's end, each with what ``head`` gives."""
    texts = [" ".join(PARAGRAPHS[(n + m) % 4] for m in range(4)) for n in range(pages)]
    halves = [in_two(text) for text in texts]
    laid = []
    for n in range(pages):
        above = halves[n - 1][1] if n else []
        lines = [*above, *([""] if above else []), *PARAGRAPHS_BETWEEN[n % 2], ""]
        below = halves[n][0] if n + 1 < pages else wrapped(texts[n])
        laid.append([*head(n + 1), *column(*lines, *below, top=TOP)])
    between = [" ".join(PARAGRAPHS_BETWEEN[n % 2]) for n in range(pages)]
    return laid, [text for pair in zip(between, texts, strict=True) for text in pair]


PARAGRAPHS_BETWEEN = (
    ["The members thanked the neighbouring states for keeping their borders open."],
    ["The members recalled the decision of last year to fund schools in the district."],
)


@pytest.mark.parametrize(
    "head",
    [
        lambda n: [At(430, 800, "S/RES/9254 (2024)", 10)],
        lambda n: [At(72 if n % 2 else 430, 800, "Plan for the Delta", 9)],
        lambda n: [At(72, 800, "Plan for the Delta" if n % 2 else "The Board of the Delta", 9)],
        lambda n: [
            At(72, 800, "Targets" if n < 3 else "Final provisions", 9),
            At(500, 800, str(n)),
        ],
        lambda n: [At(72, 40, f"24-55123 (E) {n}/4" if n == 1 else f"24-55123 {n}/4", 8)],
        lambda n: [
            At(72, 40, "24-55123 (E)" if n == 1 else "24-55123", 8),
            At(500, 40, f"{n}/4", 8),
        ],
        lambda n: [At(500, 40, f"{n}/4", 8), At(72, 40, f"{n}/4", 8)][n % 2 :],
        lambda n: [At(290, 40, str(n))],
        lambda n: [At(290, 40, f"- {n} -")],
        lambda n: [At(290, 40, "i ii iii iv".split()[n - 1])],
        lambda n: [At(72, 40, f"Page {n} of 4"), At(72, 810, "Plan for the Delta | 2024", 8)],
        lambda n: [At(72, 810, "United Nations", 9), At(72, 798, "Council of the Delta", 9)],
        lambda n: [] if n == 1 else [At(72, 800, f"Plan for the Delta   {n}", 9)],
        lambda n: [At(72, 806, "CONFIDENTIAL"), At(72, 30, f"{n + 117}", 9)],
        lambda n: [At(72, 40, f"www.example.org/plan   {n}", 8)],
        lambda n: [At(72, 806, f"{'Aims Funds Means Ends'.split()[n - 1]}   {n}", 9)],
        lambda n: [At(72, 806, "Aims Funds Means Ends".split()[n - 1], 9)],
        lambda n: [At(72, 40, f"24-5512{n}", 8), At(500, 40, "*2455123*" if n == 1 else "", 8)],
    ],
)
def test_running_lines_go_and_cut_no_paragraph(head: Callable[[int], list[At]]) -> None:
    pages, texts = pages_with(head)
    found = read(*pages)
    assert paragraphs_of(found) == texts
    drawn = " ".join(at.text for n in range(1, 5) for at in head(n) if at.text)
    assert " ".join(sorted(" ".join(left_out(found)).split())) == " ".join(sorted(drawn.split()))


@pytest.mark.parametrize(
    "first",
    [
        "By {} at least {} per cent of households shall be connected to the new dyke line.",
        "In {} the Board spends {} million on the bridges of the region and on its schools;",
        "Target of {}: {} per cent of all households are connected to the line by then.",
        "In {} the Board asks at least {} per cent of the households of the district to join",
    ],
)
@pytest.mark.parametrize("apart", [PITCH, 2 * PITCH])
def test_first_lines_that_differ_in_figures_are_kept(first: str, apart: float) -> None:
    texts = [first.format(2028 + n, 40 + 7 * n) for n in range(4)]
    pages = []
    for text in texts:
        top = At(72, TOP, text)
        rest = [*wrapped(PARAGRAPHS[1]), "", *wrapped(PARAGRAPHS[2])]
        pages.append([top, *column(*rest, top=TOP - apart)])
    found = read(*pages)
    for text in texts:
        assert text in found.text
    assert left_out(found) == []


def test_a_year_on_top_of_each_page_is_kept() -> None:
    pages = [
        [At(72, TOP, str(2026 + n)), *column(*wrapped(text), top=TOP - 2 * PITCH)]
        for n, text in enumerate(PARAGRAPHS)
    ]
    found = read(*pages)
    assert paragraphs_of(found)[::2] == ["2026", "2027", "2028", "2029"]


def test_the_title_above_a_second_page_alone_is_a_running_head() -> None:
    long = " ".join(PARAGRAPHS)
    above, below = in_two(long)
    found = read(
        [At(72, TOP, "Plan for the Delta", 18), *column(*above, top=730)],
        [At(72, 806, "Plan for the Delta", 9), *column(*below, top=TOP)],
    )
    assert paragraphs_of(found) == ["## Plan for the Delta", long]
    assert left_out(found) == ["Plan for the Delta"]


def test_a_heading_on_top_of_each_page_is_kept() -> None:
    pages = [
        [At(72, TOP, f"Article {n}", 14, bold=True), *column(*wrapped(PARAGRAPHS[n % 4]), top=740)]
        for n in range(1, 5)
    ]
    assert [text for text in paragraphs_of(read(*pages)) if text.startswith("##")] == [
        "## Article 1",
        "## Article 2",
        "## Article 3",
        "## Article 4",
    ]


def test_a_sentence_that_opens_every_page_is_kept() -> None:
    opening = "The Board reviews the report of each district in public session."
    pages = [
        [At(72, TOP, opening), *column(*wrapped(text), top=TOP - 2 * PITCH)] for text in PARAGRAPHS
    ]
    assert paragraphs_of(read(*pages)).count(opening) == len(PARAGRAPHS)


def test_what_runs_is_recorded_with_its_name_at_its_place() -> None:
    pages = [
        [
            At(72, 806, "Plan for the Delta", 9),
            *column(*wrapped(text), top=TOP),
            At(72, 40, "24-55123", 8),
            At(290, 30, str(n)),
        ]
        for n, text in enumerate(PARAGRAPHS, 1)
    ]
    found = read(*pages)
    names = [part.name for part in found.deviations]
    assert names.count(DeviationName.RUNNING_HEAD) == len(PARAGRAPHS)
    assert names.count(DeviationName.FOOT_LINE) == len(PARAGRAPHS)
    assert names.count(DeviationName.PAGE_NUMBER) == len(PARAGRAPHS)
    heads = [p.position for p in found.deviations if p.name is DeviationName.RUNNING_HEAD]
    assert heads == [found.text.index(text) for text in PARAGRAPHS]
    feet = [p.position for p in found.deviations if p.name is DeviationName.FOOT_LINE]
    assert feet == [found.text.index(text) + len(text) for text in PARAGRAPHS]


def test_copies_of_a_page_lose_nothing() -> None:
    page = [
        At(72, 760, "May 5, 2023"),
        *column(*wrapped(PARAGRAPHS[0]), top=720),
        At(72, 650, "Best regards,"),
        At(72, 622, "Mallori"),
    ]
    found = read(page, page)
    assert found.text.count("May 5, 2023") == found.text.count("Mallori") == 2


def test_sideways_text_with_sentences_is_read_and_a_line_along_the_edge_is_told() -> None:
    edge = "Reviewed every two years"
    data = pdf(column(*wrapped(PARAGRAPHS[0])), extra=_sideways([edge], x=30))
    assert left_out(read_pdf(data)) == [edge]
    lines = [*wrapped(PARAGRAPHS[1]), *wrapped(PARAGRAPHS[2])]
    data = pdf(column(*wrapped(PARAGRAPHS[0])), extra=_sideways(lines, x=400))
    assert " ".join(lines) in " ".join(read_pdf(data).text.split())


def _sideways(lines: Sequence[str], *, x: float) -> bytes:
    return b"\n".join(
        b"BT /F1 11 Tf 0 1 -1 0 %.2f 100 Tm (%s) Tj ET" % (x + 14 * n, line.encode())
        for n, line in enumerate(lines)
    )


STYLES: dict[str, Callable[[int, int], list[tuple[str, str]]]] = {
    "none": lambda n, pages: [],
    "title": lambda n, pages: [("l", "Plan for the Delta Region")],
    "symbol": lambda n, pages: [("r", "S/RES/9254 (2024)")],
    "odd and even": lambda n, pages: [
        ("l", "Plan for the Delta Region") if n % 2 else ("r", "Board of the Delta")
    ],
    "not on page one": lambda n, pages: [("l", "Plan for the Delta")] if n > 1 else [],
    "title and number": lambda n, pages: [("l", "Plan for the Delta Region"), ("r", str(n))],
    "number and title": lambda n, pages: [("l", f"{n} Plan for the Delta Region")],
    "count": lambda n, pages: [("r", f"{n}/{pages}")],
    "page": lambda n, pages: [("c", f"Page {n} of {pages}")],
    "dashes": lambda n, pages: [("c", f"- {n} -")],
    "job": lambda n, pages: [
        ("l", "24-55123 (E)" if n == 1 else "24-55123"),
        ("r", f"{n}/{pages}"),
    ],
    "job in one": lambda n, pages: [
        ("l", f"24-55123 (E) {n}/{pages}" if n == 1 else f"24-55123 {n}/{pages}")
    ],
    "section and number": lambda n, pages: [("l", f"{chr(64 + n)}. Targets"), ("r", str(n))],
    "sections": lambda n, pages: [("r", ("Targets", "Funds", "Provisions")[(n - 1) // 2 % 3])],
}
PLACES = {"l": 72.0, "c": 280.0, "r": 420.0}


@settings(max_examples=60, deadline=None)
@given(
    chance=st.randoms(use_true_random=False),
    count=st.integers(3, 8),
    head=st.sampled_from(sorted(STYLES)),
    foot=st.sampled_from(sorted(STYLES)),
    size=st.sampled_from([8.0, 9.0, 10.0, 11.0]),
    last=st.booleans(),
    alike=st.booleans(),
)
def test_no_sentence_is_lost_and_no_running_line_is_text(
    chance: random.Random, count: int, head: str, foot: str, size: float, last: bool, alike: bool
) -> None:
    texts = [
        " ".join(sentence(chance, words=chance.randint(4, 12)) for _ in range(chance.randint(1, 5)))
        for _ in range(count * 4)
    ]
    if alike:  # the first paragraphs of pages differ in figures alone
        texts[::4] = [
            f"By {2028 + 3 * n} at least {40 + n} per cent of households shall be connected."
            for n in range(count)
        ]
    pages, number = laid_out(texts, breaks={4 * n for n in range(count)} if alike else set())
    for n, page in enumerate(pages, 1):
        lines = [
            *(At(PLACES[side], 805, text, size) for side, text in STYLES[head](n, number)),
            *(At(PLACES[side], 40, text, size) for side, text in STYLES[foot](n, number)),
        ]
        page[:] = [*page, *lines] if last else [*lines, *page]
    found = read(*pages)
    read_text = " ".join(found.text.split())
    for text in texts:
        for part in text.split(". "):
            assert part in read_text
    told = " ".join(left_out(found))
    for style in (head, foot):
        for n in range(1, number + 1):
            if number < 3 or (style == "sections" and number < 4):
                continue
            for _, text in STYLES[style](n, number):
                if not text.isdigit():
                    assert text not in read_text
                assert text in told
    drawn = {text for style in (head, foot) for n in (1, 2) for _, text in STYLES[style](n, number)}
    body = [part for part in paragraphs_of(found) if number > 2 or part not in drawn]
    assert " ".join(body) == " ".join(texts)  # none is cut in two, even by what is there once
