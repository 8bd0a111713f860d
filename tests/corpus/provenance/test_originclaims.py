"""Claims of a page or file about its origin count only if they can be true."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import Corpus, Document, Snapshots
from corpus.directory.additions import SourceOutcome, add_sources, find_sources
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extractor import Extractor
from corpus.extraction.textfile import document_from_bytes
from corpus.frontmatter.frontmatter import Provenance, provenance_of, split_front_matter
from corpus.model import Outline
from corpus.provenance.originclaims import believed, same_site
from corpus.web.fetching import Fetched
from corpus.web.registrabledomain import registrable_domain
from corpus.web.webaddress import parse_web_address
from embeddings.generations.corpusfile import corpus_from_bytes, corpus_writer

HERE = "https://evil.example/news/page"
WORDS = "<p>We met in Rabat and spoke of many things that concern all of us here.</p>"
MINISTRY = "Global Affairs Canada"


def page(head: str) -> bytes:
    title = "<title>A joint statement</title>"
    return f"<html lang=en><head>{title}{head}</head><body><main>{WORDS}</main>".encode()


class Place:
    """A corpus directory, to which pages are added as from the web."""

    def __init__(self, folder: Path, extractor: Extractor) -> None:
        self.corpus = folder / "corpus"
        self.corpus.mkdir()
        self._snapshots = Snapshots(folder / "snapshots")
        self._extractor = extractor

    def directory(self) -> CorpusDirectory:
        return CorpusDirectory(self.corpus, snapshots=self._snapshots, extractor=self._extractor)

    def added(
        self,
        content: bytes,
        *,
        at: str = HERE,
        typed: str | None = None,
        media_type: str = "text/html; charset=utf-8",
        given: Provenance | None = None,
    ) -> Outline:
        (outcome,) = self._outcomes([typed or at], Fetched(content, at, media_type, "p"), given)
        assert outcome.added is not None, outcome.reason
        assert outcome.fetched == at
        self.outcome = outcome
        return outcome.added.document

    def file(self, name: str, content: bytes, given: Provenance | None = None) -> Outline:
        path = self.corpus.parent / name
        path.write_bytes(content)
        (outcome,) = self._outcomes([str(path)], None, given)
        assert outcome.added is not None, outcome.reason
        assert outcome.fetched is None
        self.outcome = outcome
        return outcome.added.document

    def _outcomes(
        self, named: list[str], fetched: Fetched | None, given: Provenance | None
    ) -> list[SourceOutcome]:
        def fetch(url: str) -> Fetched:
            assert fetched is not None
            return fetched

        return list(
            add_sources(
                find_sources(named),
                into=self.directory(),
                extractor=self._extractor,
                fetch=fetch,
                given=given,
            )
        )

    def front_matter(self) -> dict[str, object]:
        (path,) = self.corpus.glob("*.md")
        return split_front_matter(path.read_text("utf-8"))[0]

    def read(self) -> list[Document]:
        """The documents as a refresh reads them."""
        return [
            document_from_bytes(path.read_bytes(), path.name)
            for path in sorted(self.corpus.glob("*.md"))
        ]


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, extractor: Extractor) -> Place:
    return Place(tmp_path_factory.mktemp("place"), extractor)


@pytest.fixture
def place(tmp_path: Path, extractor: Extractor) -> Place:
    return Place(tmp_path, extractor)


FORGED = {
    "canonical": "<link rel=canonical href='https://www.canada.ca/en/news.html'>",
    "canonical among other words": "<LINK REL='nofollow CANONICAL' href=https://www.canada.ca/x>",
    "og:url": "<meta property=og:url content=https://www.canada.ca/x>",
    "base": "<base href=https://www.canada.ca/en/><link rel=canonical href=news.html>",
    "no scheme": "<link rel=canonical href=//www.canada.ca/x>",
    "user": "<link rel=canonical href=https://evil.example@www.canada.ca/x>",
    "host as user": "<link rel=canonical href=https://www.canada.ca@evil.example/x>",
    "port": "<link rel=canonical href=https://www.canada.ca:8443/x>",
    "upper case and a dot": "<link rel=canonical href=HTTPS://WWW.CANADA.CA./x>",
    "second of two": "<link rel=canonical href=/a><link rel=canonical href=https://www.canada.ca/b>",
    "first of two": "<link rel=canonical href=https://www.canada.ca/b><link rel=canonical href=/a>",
    "another top level": "<link rel=canonical href=https://evil.example.ca/x>",
    "longer name": "<link rel=canonical href=https://notevil.example/x>",
    "homograph": "<link rel=canonical href='https://еvil.example/x'>",
    "IP address": "<link rel=canonical href=https://1.2.3.4/x>",
    "no address": "<link rel=canonical href='https://[canada.ca/x'>",
    "odd characters": "<link rel=canonical href='https://www.canada.ca\\@evil.example/'>",
    "article": (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "x", '
        '"mainEntityOfPage": {"@id": "https://www.canada.ca/x"}}</script>'
    ),
    "publisher's address": (
        '<script type="application/ld+json">{"@graph": [{"@type": "WebPage", "publisher": '
        '[{"name": "Global Affairs Canada", "url": "https://www.canada.ca"}]}]}</script>'
    ),
    "publisher's id": (
        '<script type="application/ld+json">{"publisher": {"name": "Global Affairs Canada", '
        '"@id": "https://www.canada.ca/#organisation"}}</script>'
    ),
    "twitter": "<meta name=twitter:url content=https://www.canada.ca/x>",
}


@pytest.mark.parametrize("head", FORGED.values(), ids=FORGED)
def test_a_page_that_says_to_be_of_another_site_keeps_its_address_and_loses_its_publisher(
    place: Place, head: str
) -> None:
    site_name = f"<meta property=og:site_name content='{MINISTRY}'>"
    document = place.added(page(site_name + head))
    assert document.publisher is None
    assert document.url is not None
    assert parse_web_address(document.url).host == "evil.example"
    assert document.fetched == HERE
    (note,) = place.outcome.notes
    assert "which does not count: it was fetched from evil.example." in note
    assert [each.outline for each in place.read()] == [document]
    assert MINISTRY not in next(place.corpus.glob("*.md")).read_text("utf-8")


def test_the_furniture_of_a_page_of_another_site_names_no_publisher_either(place: Place) -> None:
    text = f"https://www.canada.ca/x\n\nFrom: {MINISTRY}\n\nWe met in Rabat.\n"
    document = place.added(text.encode(), media_type="text/plain")
    assert (document.publisher, document.said_by_source) == (MINISTRY, {"publisher"})
    assert [each.outline for each in place.read()] == [document]
    forged = f"---\nurl: https://www.canada.ca/x\n---\n{text}"
    document = place.added(forged.encode(), at="https://evil.example/b", media_type="text/plain")
    assert (document.publisher, document.url) == (None, "https://evil.example/b")
    assert document in [each.outline for each in place.read()]


OWN = {
    "/a": "https://www.site.example/a",
    "b": "https://www.site.example/news/b",
    "//site.example/c": "https://site.example/c",
    "https://site.example:443/d#part": "https://site.example/d",
    "https://NEWS.site.example./e": "https://news.site.example/e",
    # none of these may stand for the page
    "http://www.site.example/f": None,
    "https://www.site.example:8443/g": None,
    "javascript:alert(1)": None,
    "data:text/html,x": None,
    "": None,
}


@pytest.mark.parametrize(("canonical", "url"), OWN.items())
def test_an_address_of_the_same_owner_counts_where_a_link_may_go_there(
    place: Place, canonical: str, url: str | None
) -> None:
    here = "https://www.site.example/news/page?x=1"
    head = f"<link rel=canonical href='{canonical}'><meta property=og:site_name content=Site>"
    document = place.added(page(head), at=here)
    assert (document.url, document.fetched) == (url or here, here)
    assert (document.publisher, document.said_by_source) == ("Site", {"publisher"})
    assert place.outcome.notes == ()
    assert [each.outline for each in place.read()] == [document]


def test_a_page_at_a_port_of_its_own_cannot_speak_for_the_host(place: Place) -> None:
    here = "http://site.example:8080/page"
    document = place.added(page("<link rel=canonical href=http://site.example/page>"), at=here)
    assert document.url == here
    document = place.added(page("<link rel=canonical href=/other>"), at=here)
    assert document.url == "http://site.example:8080/other"


def test_after_a_redirect_the_last_address_counts(place: Place) -> None:
    head = f"<link rel=canonical href=https://www.canada.ca/x><meta name=dc.publisher content='{MINISTRY}'>"
    typed = "https://www.canada.ca/redirects-openly"
    document = place.added(page(head), typed=typed)
    assert (document.publisher, document.url, document.fetched) == (None, HERE, HERE)
    assert provenance_of(place.front_matter()).url == HERE
    assert place.front_matter()["source"] == typed


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.canada.ca/", "http://canada.ca/x", True),
        ("https://a.gc.ca/", "https://b.gc.ca/", False),
        ("https://www.gov.uk/", "https://other.gov.uk/", False),
        ("https://a.b.gov.uk/", "https://b.gov.uk/", True),
        ("https://one.github.io/", "https://two.github.io/", False),
        ("https://github.io/", "https://two.github.io/", False),
        ("https://one.s3.amazonaws.com/", "https://two.s3.amazonaws.com/", False),
        ("https://a.example./", "https://A.EXAMPLE/", True),
        ("https://münchen.de/", "https://www.xn--mnchen-3ya.de/", True),
        ("https://a.公司.cn/", "https://b.xn--55qx5d.cn/", False),
        ("https://8.8.8.8/", "https://9.8.8.8/", False),
        ("https://8.8.8.8/", "https://8.8.8.8:8080/", True),
        ("https://[2606:4700::1]/", "https://[2606:4700:0::1]/", True),
        ("https://intranet/", "https://intranet/x", True),
        ("https://one/", "https://two/", False),
        ("https://a.example/", "javascript:x", False),
    ],
)
def test_one_owner_has_one_registrable_domain(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) == same_site(other, one) == same


LABELS = st.sampled_from(["a", "b", "www", "canada", "github", "xn--mnchen-3ya"])
SUFFIXES = st.sampled_from(
    ["ca", "gc.ca", "gov.uk", "co.uk", "github.io", "example", "com", "kobe.jp", "eu", "europa.eu"]
)
HOSTS = st.builds(
    lambda labels, end: ".".join([*labels, end]), st.lists(LABELS, max_size=3), SUFFIXES
)
ADDRESSES = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    HOSTS,
    st.sampled_from(["", ".", ":80", ":443", ":8080"]),
    st.sampled_from(["", "x", "x?y#z", "@b.ca"]),
)


@settings(max_examples=300)
@given(ADDRESSES.filter(lambda a: "@" not in a), st.lists(ADDRESSES, max_size=3), st.booleans())
def test_no_address_of_another_owner_gets_into_a_document(
    fetched: str, claimed: list[str], prefers: bool
) -> None:
    url = claimed[0] if claimed and prefers else None
    says = Provenance(url=url, publisher=MINISTRY)
    found = believed(says, claimed=claimed, fetched=fetched)
    assert found.says.url is not None
    assert same_site(found.says.url, fetched)
    of_others = [each for each in claimed if not same_site(each, fetched)]
    assert found.elsewhere == bool(of_others)
    assert found.says.publisher == (None if of_others else MINISTRY)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTS, HOSTS)
def test_a_page_of_one_host_is_not_made_one_of_another(
    shared: Place, host: str, other: str
) -> None:
    head = (
        f"<link rel=canonical href=https://{other}/y><meta property=og:site_name content={other}>"
    )
    # the same bytes would be the same document, wherever they come from
    content = page(f"<!-- {host} -->{head}")
    document = shared.added(content, at=f"https://{host}/x?{other}")
    same = registrable_domain(host) == registrable_domain(other)
    assert (document.url == f"https://{other}/y") == same
    assert document.publisher == (other if same else None)


@pytest.mark.parametrize(
    "host", ["example.org", "EXAMPLE.org.", "www.example.org", "a.b.example.org"]
)
def test_the_registrable_domain_is_the_part_that_one_owner_registers(host: str) -> None:
    assert registrable_domain(host) == "example.org"


# --- who says what, kept with the document


SAVED = page(
    "<link rel=canonical href=https://www.canada.ca/x>"
    f"<meta property=og:site_name content='{MINISTRY}'>"
)


def test_what_a_file_says_of_itself_is_kept_as_said_by_it(place: Place) -> None:
    document = place.file("saved.html", SAVED)
    assert (document.url, document.publisher) == ("https://www.canada.ca/x", MINISTRY)
    assert (document.fetched, document.said_by_source) == (None, {"url", "publisher"})
    assert place.front_matter()["said_by_source"] == ["publisher", "url"]
    assert [each.outline for each in place.read()] == [document]


def test_what_the_person_gives_is_said_by_nobody_else(place: Place) -> None:
    given = Provenance(publisher="A", url="https://a.example/", access=frozenset({"staff"}))
    document = place.file("saved.html", SAVED, given)
    assert document.said_by_source == frozenset()
    assert "said_by_source" not in place.front_matter()
    document = place.added(page(FORGED["canonical"]), at="https://evil.example/2", given=given)
    assert (document.publisher, document.url) == ("A", "https://a.example/")
    assert (document.said_by_source, document.fetched) == (set(), "https://evil.example/2")
    assert document in [each.outline for each in place.read()]


def test_giving_a_field_later_takes_its_mark_away_and_leaves_the_others(place: Place) -> None:
    place.file("saved.html", SAVED)
    document = place.file("saved.html", SAVED, Provenance(publisher="Somebody"))
    assert (document.publisher, document.said_by_source) == ("Somebody", {"url"})
    assert [each.outline for each in place.read()] == [document]
    # and it stays so when the same bytes come again
    assert place.file("saved.html", SAVED).said_by_source == {"url"}


def test_a_text_cannot_say_where_it_was_fetched_or_that_it_does_not_speak_for_itself(
    place: Place,
) -> None:
    text = (
        "---\nfetched: https://www.canada.ca/x\nsaid_by_source: []\nsource: https://www.canada.ca/x\n"
        f"original: '0'\nsite_name: {MINISTRY}\ncanonical_url: https://www.canada.ca/x\n"
        "access: staff\n---\n\nWe met in Rabat.\n"
    )
    document = place.file("a.md", text.encode())
    assert (document.fetched, document.said_by_source) == (None, {"url", "publisher", "access"})
    assert place.front_matter()["source"] == "a.md"
    assert "fetched" not in place.front_matter()
    document = place.added(text.replace("Rabat", "Fez").encode(), media_type="text/markdown")
    assert (document.fetched, document.url, document.publisher) == (HERE, HERE, None)
    assert (document.said_by_source, document.access) == ({"access"}, {"staff"})


@pytest.mark.parametrize(
    "url",
    [
        "https://www.canada.ca@evil.example/",
        "https://a.example:22/",
        "https://a.example\\@b.example/",
    ],
)
def test_an_address_that_misleads_is_not_taken_from_a_file(place: Place, url: str) -> None:
    assert place.file("a.html", page(f"<link rel=canonical href='{url}'>")).url is None


def test_a_file_s_address_is_written_so_that_its_host_can_be_read(place: Place) -> None:
    head = "<link rel=canonical href='https://www.саnada.ca/x'>"  # two letters are Cyrillic
    assert place.file("a.html", page(head)).url == "https://www.xn--nada-43d5h.ca/x"


def test_another_text_does_not_make_a_document_public_that_a_person_restricted(
    place: Place,
) -> None:
    place.file("a.md", b"We met in Rabat.", Provenance(access=frozenset({"board"})))
    document = place.file("a.md", b"---\naccess: public\n---\nWe met in Fez.")
    assert (document.access, document.said_by_source) == ({"board"}, set())
    assert any(
        "it says that it is public, but its groups stay as they were set" in n
        for n in place.outcome.notes
    )
    assert [each.outline for each in place.read()] == [document]
    given = Provenance(access=frozenset({"public"}))
    assert place.file("a.md", b"---\naccess: public\n---\nWe met in Oujda.", given).access == set()


def test_a_document_in_the_corpus_keeps_the_address_that_it_has(place: Place) -> None:
    old = (
        "---\ntitle: A joint statement\npublisher: Global Affairs Canada\nurl: https://www.canada.ca/x\n"
        "language: en\nsource: https://evil.example/news/page\noriginal: {}\n---\n{}\n"
    )
    content = page(FORGED["canonical"])
    place.added(content)
    (path,) = place.corpus.glob("*.md")
    body = split_front_matter(path.read_text("utf-8"))[1].strip()
    path.write_text(old.format(place.front_matter()["original"], body), "utf-8")
    before = path.read_bytes()
    document = place.added(content)
    assert (document.url, document.publisher) == ("https://www.canada.ca/x", MINISTRY)
    assert (document.fetched, document.said_by_source) == (None, set())
    assert path.read_bytes() == before
    (stray,) = place.directory().strays
    assert (stray.url, stray.source) == ("https://www.canada.ca/x", HERE)
    # an address that is given after a look is no stray any more
    place.added(content, given=Provenance(url="https://www.canada.ca/x"))
    assert place.directory().strays == ()


def test_documents_whose_address_is_of_their_source_s_owner_are_no_strays(place: Place) -> None:
    head = "---\ntitle: T\nurl: {}\nsource: {}\n---\nWe met in Rabat.\n"
    pairs = [
        ("https://www.canada.ca/x", "https://canada.ca/y"),
        ("https://www.canada.ca/x", "saved.html"),
        ("https://www.canada.ca/x", "https://www.canada.ca/x"),
    ]
    for number, (url, source) in enumerate(pairs):
        (place.corpus / f"{number}.md").write_text(head.format(url, source), "utf-8")
    assert place.directory().strays == ()


# --- what was there before


def test_a_corpus_without_the_new_fields_has_the_digest_and_the_bytes_that_it_had() -> None:
    old = document_from_bytes(b"---\ntitle: T\nurl: https://a.example/\n---\nWe met.\n", "a.md")
    stream = io.BytesIO()
    corpus_writer(Corpus((old,)))(stream)
    assert sorted(json.loads(stream.getvalue())) == sorted(
        "access dateline id language passages place published publisher text title url".split()
    )
    assert (
        Corpus((old,)).digest == "4ecae25d5be843146a00101afe3de14e4983808da999d2746fd4cda4889502a9"
    )
    assert corpus_from_bytes(stream.getvalue()).documents == (old,)


def test_the_new_fields_change_the_digest_and_are_kept_with_a_generation() -> None:
    old = document_from_bytes(b"---\ntitle: T\nurl: https://a.example/\n---\nWe met.\n", "a.md")
    changed = [
        replace(old, fetched="https://a.example/"),
        replace(old, fetched="https://a.example/b"),
        replace(old, said_by_source=frozenset({"url"})),
        replace(old, said_by_source=frozenset({"url", "publisher"})),
    ]
    assert len({Corpus((each,)).digest for each in (old, *changed)}) == 5
    for document in changed:
        stream = io.BytesIO()
        corpus_writer(Corpus((document,)))(stream)
        assert corpus_from_bytes(stream.getvalue()).documents == (document,)


@pytest.mark.parametrize(
    "line",
    [
        "fetched: 2022-05-12",
        "fetched: yes",
        "fetched: [a, b]",
        "said_by_source: nobody",
        "said_by_source: {a: b}",
        "said_by_source: [1, [2]]",
    ],
)
def test_fields_of_those_names_that_mean_something_else_are_ignored(line: str) -> None:
    document = document_from_bytes(f"---\ntitle: T\n{line}\n---\nWe met.\n".encode(), "a.md")
    assert (document.fetched, document.said_by_source) == (None, set())
