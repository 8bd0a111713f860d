"""The time to render Markdown grows with its length and not faster, whatever it is made of."""

import contextlib
from collections.abc import Callable

import pytest
from growth import TOO_FAST, cpu_s, exponent, pumped

from corpus.errors import UnreadableSource
from corpus.extraction.markdown.markdowntext import rendered

PIECES = [
    "a ", "a\n", "a  \n", "a\\\n", "a\n\n", "\n", " ", "\t", "*", "_", "**", "__", "***a", "*a ", "*a* ", "**a** ", "_a_ ", "a*", "a**b",
    "*a_", "_a*b_", "**a*b**", "*a **b", "[", "]", "[a", "a]", "[]", "[a]", "[a](b) ", "[a](b", "[a](<b", "[a](b \"c", "[a][b] ", "[a][", "![",
    "![a](b) ", "![a", "](", "[a]: /b\n", "[a]: /b\n\n", "[a]:\n", "[a]: <b\n", "[a]: /b \"c\n", "[^a]", "[^a]: b\n", "[^a]: b\n\n", "`", "`a", "``a`", "`a` ",
    "```\n", "```\na\n```\n", "~~~\n", "~~", "~~a~~ ", "~", "<", "<a", "<a>", "<b>a</b> ", "</b>", "<!--", "<!-- a -->", "-->", "<?", "<![CDATA[", "<!a", "<a b=\"c\" ",
    "<http://a.b> ", "<a@b.c> ", "<u>", "<sup>1</sup>", "<sup>", "<br>", "<div>\n", "<table><tr><td>", "&", "&amp;", "&a", "&#1", "&#x41;", "&amp", "\\", "\\*", "\\a",
    "> ", "> a\n", ">\n", "> > ", "- ", "- a\n", "-\n", "- a\n\n", "* a\n", "+ a\n", "1. a\n", "1.\n", "1) a\n", "1. ", "- a\n  b\n", "- - ", "1. - ", "> - ", "---\n", "***\n", "a\n---\n", "===\n",
    "a\n===\n", "# a\n", "# a #\n", "#", "# ", "|", "|a", "| a | b |\n", "|-", "a | b\n", "a | b\n--|--\n", "| a |\n|---|\n", "|---|\n", ":-", "a|b\n-|-\nc|d\n", "http://a.b ", "www.a.b ", "a@b.c ",
    "“a” ", "\"a\" ", "a\u00a0**b**", "\u200b", "e\u0301", "漢", "漢*字*", "\u202e", "\r", "\x00", "    a\n", "a\n    b\n", "- [ ] a\n", "access: a\n",
]  # fmt: skip

OPENED: dict[str, Callable[[int], str]] = {
    "emphasis that is closed": lambda n: "*a **b " * (n // 14) + "c** d*" * (n // 14),
    "emphasis nested": lambda n: "*" * (n // 2) + "a" + "*" * (n // 2),
    "mixed emphasis": lambda n: "*_" * (n // 4) + "a" + "_*" * (n // 4),
    "brackets nested": lambda n: "[" * (n // 2) + "a" + "]" * (n // 2),
    "links nested": lambda n: "[" * (n // 6) + "a" + "](b)" * (n // 6),
    "images nested": lambda n: "![" * (n // 6) + "a" + "](b)" * (n // 6),
    "parentheses in an address": lambda n: f"[a]({'(' * (n // 2)}{')' * (n // 2)})",
    "runs of backticks of each length": lambda n: "".join(
        f"{'`' * k} " for k in range(1, int((2 * n) ** 0.5))
    ),
    "quotes nested": lambda n: "> " * (n // 2) + "a",
    "quotes deeper and deeper": lambda n: "".join(
        f"{'> ' * k}a\n" for k in range(1, int(n**0.5))
    ),
    "lists deeper and deeper": lambda n: "".join(
        f"{'  ' * k}- a\n" for k in range(int(n**0.5))
    ),
    "lists in one line": lambda n: "- " * (n // 2) + "a",
    "references that are used": lambda n: "[a] " * (n // 16) + "\n\n" + "[a]: /b\n" * (n // 16),
    "many references": lambda n: "".join(
        f"[r{k}]: /{k}\n" for k in range(n // 24)
    ) + "\n" + "".join(f"[r{k}] " for k in range(n // 24)),
    "notes that are used": lambda n: "".join(f"a[^{k}] " for k in range(n // 24)) + "\n\n" + "".join(
        f"[^{k}]: b\n\n" for k in range(n // 24)
    ),
    "a table of many columns": lambda n: f"|{'a|' * (n // 6)}\n|{'-|' * (n // 6)}\n|{'b|' * (n // 6)}\n",
    "a table of many columns and rows": lambda n: (
        f"|{'a|' * 100}\n|{'-|' * 100}\n" + f"|{'b|' * 100}\n" * (n // 200)
    ),
    "a table with one wide head and short rows": lambda n: (
        f"|{'a|' * int(n**0.5)}\n|{'-|' * int(n**0.5)}\n" + "|b\n" * (n // 4)
    ),
    "tags nested": lambda n: "<b>" * (n // 7) + "a" + "</b>" * (n // 7),
    "tags in html": lambda n: f"<div>{'<p>a' * (n // 4)}</div>",
    "headings in lists": lambda n: "- # a\n" * (n // 6),
    "code of one kind in another": lambda n: "```\n~~~\n" * (n // 8),
}  # fmt: skip


def render(text: str) -> None:
    with contextlib.suppress(UnreadableSource):
        rendered(text)


def grows(make: Callable[[int], str]) -> float:
    """The exponent of the growth; exponential growth is seen at small lengths."""
    for n in (40, 400, 2_000):
        assert cpu_s(render, make(n)) < 2
    return exponent(lambda n: render(make(n)), first=8_000, most=8_000)


@pytest.mark.parametrize("start", ["", "- > a", "| a | b |\n|---|---|\n"])
def test_the_time_for_repeated_markdown_grows_with_its_length_and_not_faster(start: str) -> None:
    found = {piece: grows(lambda n, p=piece: start + pumped(p, n)) for piece in PIECES}
    assert {piece: growth for piece, growth in found.items() if growth > TOO_FAST} == {}


@pytest.mark.parametrize("name", OPENED)
def test_the_time_for_nested_markdown_grows_with_its_length_and_not_faster(name: str) -> None:
    assert grows(OPENED[name]) <= TOO_FAST
