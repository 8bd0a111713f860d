"""Reading the styles, the notes and the bare text of a page takes no longer than the page is long."""

from collections.abc import Callable

import pytest
from growth import TOO_FAST, cpu_s, exponent, pumped

from corpus.extraction.text.markup import html_tree
from corpus.extraction.web.pageflow import prepare
from corpus.extraction.web.styles.pagestyles import PageStyles
from corpus.extraction.web.visibletext import show

PIECES = [
    "a ", ".a", "[x", "[x=", ":not(", ":not(a)", "a>", "@media (", "@media screen{", "{", "}", "/*",
    ".a{display:none}", "p{counter-reset:a}", "a,", "@import x;", "<!--", "content:", "p::before{content:\"",
]  # fmt: skip
BODIES: dict[str, Callable[[int], str]] = {
    "raised": lambda n: "<p>" + "word<sup>1</sup>" * n,
    "parted marks": lambda n: "<p>word" + "<sup>1</sup><sup>,</sup>" * n,
    "links": lambda n: "<p>" + "word<a href='#note1'>[1]</a>" * n,
    "superscripts": lambda n: "<p>" + "word¹ " * n,
    "breaks": lambda n: "<div>" + "A sentence of five words.<br>&nbsp;<br>" * n,
    "bare text": lambda n: "<div>" + "A sentence of five words.<div>b</div>" * n,
    "times": lambda n: "<p>on " + "<time>May</time> " * n,
    "seen again": lambda n: (
        "<div style='visibility:hidden'>" + "a<b style='visibility:visible'>b</b>" * n
    ),
    "points": lambda n: "<ol>" + "<div><li>a</li></div>" * n,
    "formulas": lambda n: "<p>" + "<math><msup><mn>1</mn><mn>2</mn></msup></math>" * n,
    "places": lambda n: f"<p>word<a href='#{'note' * n}!'>[1]</a>",
}


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_for_a_style_sheet_grows_with_its_length_and_not_faster(piece: str) -> None:
    def run(n: int) -> None:
        PageStyles(html_tree(f"<style>{pumped(piece, n)}</style><p>a".encode()))

    assert exponent(run, first=2_000, most=64_000) <= TOO_FAST


@pytest.mark.parametrize("name", BODIES)
def test_the_time_for_a_body_grows_with_its_length_and_not_faster(name: str) -> None:
    def run(n: int) -> None:
        tree = html_tree(BODIES[name](n).encode())
        show(tree)
        prepare(tree.find("body"))

    assert exponent(run, first=200, most=4_000) <= TOO_FAST


def test_many_rules_for_many_elements_are_bounded() -> None:
    rules = "".join(f".a:not(.b{n}){{display:block}}" for n in range(3_000))
    source = f"<style>{rules}</style>" + "<p class=a>word</p>" * 5_000
    assert cpu_s(lambda: show(html_tree(source.encode()))) < 10
