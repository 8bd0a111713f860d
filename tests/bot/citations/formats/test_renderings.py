"""What others make of a copied quote: browsers, Markdown, LaTeX, reference managers, editors.

Each format is read here by a reader of its own, which knows nothing of the writer.
"""

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from strategies import awkward_texts

from bot.citations.citation import Citation
from bot.citations.formats.formats import FORMATS
from corpus.normalisation import normalise

texts = (
    st.one_of(
        awkward_texts,
        st.text(alphabet="\\`*_{}[]()#+-.!<>&~|^$%\"'=:;,/@ 1a\n\t", min_size=1, max_size=40),
        st.sampled_from(
            [
                "1. one\n2. two",
                "- a\n- b",
                "# x",
                "a\n===",
                "a\n---",
                "| a | b |\n|---|---|\n| 1 | 2 |",
            ]
        ),
    )
    .map(lambda text: normalise(text).strip())
    .filter(bool)
)
names = texts.map(lambda text: " ".join(text.split())).filter(bool)
LINK = "https://un.org/a_(b)?x=1&lt=2#:~:text=a%2Cb"


def citation(**more: Any) -> Citation:
    fields: dict[str, Any] = {
        "document": "2022-05-12-coalition",
        "title": "Joint Statement",
        "publisher": "Global Affairs Canada",
        "published": date(2022, 5, 12),
        "paragraph": 7,
        "label": "¶ 7",
        "start": 4000,
        "end": 5203,
        "url": "https://un.org/joint.html",
        "link": LINK,
        "digest": "c0ffee" * 11,
        **more,
    }
    return Citation(**fields)


REFERENCE = citation().reference


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(quote=texts)
def test_line_ends_are_the_only_signs_of_a_quote_that_may_change(name: str, quote: str) -> None:
    (cited,) = FORMATS[name].read(FORMATS[name](citation(), quote))
    assert (cited.quote or "").split() == quote.split()
    if name in {"text", "chicago", "apa", "csl"}:
        assert cited.quote == quote


def test_plain_text_has_the_quote_the_citation_its_address_and_its_reference() -> None:
    assert FORMATS["text"](citation(page=3, last_page=4), "The words.") == (
        "“The words.”\n\nJoint Statement, Global Affairs Canada, 2022-05-12, pp. 3–4, ¶ 7\n"
        f"https://un.org/joint.html\n{REFERENCE}"
    )


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        (
            {},
            "Global Affairs Canada, “Joint Statement,” May 12, 2022, para. 7, "
            "https://un.org/joint.html.",
        ),
        (
            {"title": "The “New” Way", "page": 3, "last_page": 3},
            "Global Affairs Canada, “The ‘New’ Way,” May 12, 2022, p. 3, para. 7, "
            "https://un.org/joint.html.",
        ),
        (
            {"publisher": None, "published": None, "url": None},
            "“Joint Statement,” n.d., para. 7.",
        ),
    ],
)
def test_chicago_has_a_note_under_the_quote(facts: dict[str, Any], note: str) -> None:
    copied = FORMATS["chicago"](citation(**facts), "The words.")
    assert copied == f"“The words.”\n\n{note}\n{REFERENCE}"


@pytest.mark.parametrize(
    ("facts", "in_text", "entry"),
    [
        (
            {},
            "(Global Affairs Canada, 2022, para. 7)",
            "Global Affairs Canada. (2022, May 12). Joint Statement. https://un.org/joint.html",
        ),
        (
            {"title": "Who met?", "publisher": "News Inc.", "page": 3, "last_page": 4},
            "(News Inc., 2022, pp. 3–4, para. 7)",
            "News Inc. (2022, May 12). Who met? https://un.org/joint.html",
        ),
        (
            {"publisher": None, "published": None, "url": None},
            "(“Joint Statement,” n.d., para. 7)",
            "Joint Statement. (n.d.).",
        ),
    ],
)
def test_apa_has_a_citation_in_the_text_and_an_entry(
    facts: dict[str, Any], in_text: str, entry: str
) -> None:
    copied = FORMATS["apa"](citation(**facts), "The words.")
    assert copied == f"“The words.” {in_text}\n\n{entry}\n{REFERENCE}"


class Shown(HTMLParser):
    """The texts of a page by the elements around them, and its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.addresses: list[str | None] = []
        self.elements: set[str] = set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "cite", "src"}]
        if tag == "br":
            self.texts.append((tuple(self.open), "\n"))
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def words(self, within: str, but: str = "") -> list[str]:
        found = (t for tags, t in self.texts if within in tags and but not in tags)
        return "".join(found).split()


@settings(max_examples=200, deadline=None)
@given(quote=texts, title=names, publisher=names | st.none())
def test_a_browser_shows_the_quote_and_nothing_else_of_it(
    quote: str, title: str, publisher: str | None
) -> None:
    of = citation(title=title, publisher=publisher)
    page = Shown(FORMATS["html"](of, quote))
    assert page.words("blockquote") == quote.split()
    assert page.words("cite") == title.split()
    assert page.words("code") == [REFERENCE]
    assert set(page.addresses) == {LINK}
    assert page.elements <= {*"figure blockquote p br figcaption a cite bdi time code".split()}


MARKDOWN = [MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False})]


@settings(max_examples=300, deadline=None)
@given(quote=texts, title=names, publisher=names | st.none(), linked=st.booleans())
def test_markdown_shows_each_sign_and_marks_nothing(
    quote: str, title: str, publisher: str | None, linked: bool
) -> None:
    of = citation(title=title, publisher=publisher, link=LINK if linked else None)
    copied = FORMATS["markdown"](of, quote)
    for markdown in MARKDOWN:
        page = Shown(markdown.render(copied))
        assert page.words("blockquote") == quote.split()
        said = "".join(t for tags, t in page.texts if tags[:1] == ("p",) and "code" not in tags)
        who = f", {publisher}" if publisher else ""
        signs = str.maketrans("", "", "\u2068\u2069")
        wanted = f"{title}{who}, 2022-05-12, ¶ 7"
        if not any(
            "\u2066" <= c <= "\u2069" or c in "\u202a\u202b\u202c\u202d\u202e" for c in wanted
        ):
            assert said.translate(signs).split() == wanted.split()
        assert page.words("code") == [REFERENCE]
        assert page.elements <= {"blockquote", "p", "br", "a", "code"}
        assert page.addresses == ([LINK] if linked else [])


COMMANDS = {
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
}
LIGATURES = ("--", "''", "``", ",,", "?`", "!`")


class Bibtex:
    """A strict reader of one entry, as BibTeX counts braces and as LaTeX shows commands."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.take("@misc{")
        self.key = self.until(",")
        assert re.fullmatch(r"[A-Za-z0-9-]+", self.key)
        self.fields: dict[str, str] = {}
        while True:
            self.blanks()
            name = self.until("=").strip()
            assert name.isalpha()
            assert name not in self.fields
            self.blanks()
            self.fields[name] = self.value()
            self.blanks()
            if self.text[self.at] == "}":
                break
            self.take(",")
        assert self.text[self.at :] == "}"

    def take(self, sign: str) -> None:
        assert self.text.startswith(sign, self.at)
        self.at += len(sign)

    def until(self, sign: str) -> str:
        end = self.text.index(sign, self.at)
        found, self.at = self.text[self.at : end], end + len(sign)
        return found

    def blanks(self) -> None:
        while self.text[self.at].isspace():
            self.at += 1

    def value(self) -> str:
        if self.text[self.at] != "{":
            start = self.at
            while self.text[self.at].isalpha():
                self.at += 1
            return self.text[start : self.at]
        depth, start = 0, self.at
        while True:
            depth += {"{": 1, "}": -1}.get(self.text[self.at], 0)
            self.at += 1
            if not depth:
                return self.text[start + 1 : self.at - 1]

    def shown(self, name: str) -> str:
        """What LaTeX shows of a field."""
        value, found, at = self.fields[name], "", 0
        for ligature in LIGATURES:
            assert ligature not in value
        while at < len(value):
            sign = value[at]
            if sign == "\\":
                command = re.compile(r"[A-Za-z]+|.").match(value, at + 1)
                assert command is not None
                at = command.end()
                if command.group().isalpha():
                    found += COMMANDS[command.group()]
                    assert value.startswith("{}", at)
                    at += 2
                else:
                    assert command.group() in "#$%&_"
                    found += command.group()
                continue
            assert sign not in "#$%&_~^<>|"
            found += "" if sign in "{}" else sign
            at += 1
        return found


@settings(max_examples=300, deadline=None)
@given(quote=texts, title=names, publisher=names | st.none())
def test_bibtex_and_latex_show_each_sign_of_quote_title_and_publisher(
    quote: str, title: str, publisher: str | None
) -> None:
    entry = Bibtex(FORMATS["bibtex"](citation(title=title, publisher=publisher), quote))
    assert entry.shown("annote").split() == quote.split()
    assert entry.shown("title") == title
    assert ("author" in entry.fields) is (publisher is not None)
    assert publisher is None or entry.shown("author") == publisher
    assert publisher is None or re.fullmatch(
        r"\{.*\}", entry.fields["author"]
    )  # " and " is no list
    assert entry.shown("note") == f"¶ 7, {REFERENCE}"
    facts = [entry.fields[name] for name in ("year", "month", "date", "url")]
    assert facts == ["2022", "may", "2022-05-12", "https://un.org/joint.html"]


def test_an_undated_entry_of_bibtex_says_so_and_pages_are_a_range() -> None:
    undated = Bibtex(FORMATS["bibtex"](citation(published=None, page=3, last_page=4), "Words."))
    assert undated.fields["year"] == "n.d."
    assert not {"month", "date"} & set(undated.fields)
    assert undated.fields["pages"] == "3--4"


@settings(max_examples=200, deadline=None)
@given(quote=texts, title=names, publisher=names | st.none())
def test_each_field_of_ris_has_one_line(quote: str, title: str, publisher: str | None) -> None:
    copied = FORMATS["ris"](citation(title=title, publisher=publisher, page=3, last_page=4), quote)
    lines = re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", copied)
    found = [re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line) for line in lines]
    tags = [(each[1], each[2]) for each in found if each]
    assert len(tags) == len(lines)
    fields = dict(tags)
    assert len(fields) == len(tags)
    assert (tags[0], tags[-1]) == (("TY", "ELEC"), ("ER", ""))
    assert fields["N1"].split() == quote.split()
    assert (fields["TI"], fields.get("PB")) == (title, publisher)
    assert (fields["DA"], fields["PY"], fields["SP"], fields["EP"]) == (
        "2022/05/12",
        "2022",
        "3",
        "4",
    )
    assert fields["M1"] == f"¶ 7, {REFERENCE}"


@settings(max_examples=100, deadline=None)
@given(quote=texts, title=names, publisher=names | st.none())
def test_csl_json_has_the_fields_of_its_schema(
    quote: str, title: str, publisher: str | None
) -> None:
    (item,) = json.loads(
        FORMATS["csl"](citation(title=title, publisher=publisher, page=3, last_page=4), quote)
    )
    assert item == {
        "id": "2022-05-12-coalition-4000-5203",
        "type": "webpage",
        "title": title,
        **({"author": [{"literal": publisher}]} if publisher else {}),
        "issued": {"date-parts": [[2022, 5, 12]]},
        "URL": "https://un.org/joint.html",
        "page": "3-4",
        "note": f"¶ 7, {REFERENCE}",
        "annote": quote,
    }
