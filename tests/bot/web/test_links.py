"""Every link of the site leads to a page, from the first one on, also in French."""

from urllib.parse import urljoin, urlsplit

import pytest
from readpages import Page
from starlette.testclient import TestClient
from websites import Site

from corpus import Corpus, Document, document_from_text

MOST_PAGES = 400
BEFORE = "We met in Rabat. The Coalition has 84 members in all.\n\nNothing else was said there."
NOW = "We met in Rabat. The Coalition has 85 members in all.\n\nNothing else was said there."


def corpus(text: str) -> Corpus:
    return Corpus((_document("d1", text), _document("d2-ü", text.replace("Rabat", "Rome"))))


def _document(name: str, text: str) -> Document:
    return document_from_text(text, document_id=name, title=f"Title {name}", publisher="The G7")


@pytest.mark.parametrize("first", ["/?q=How+many+members%3F", "/?q=Rabat&lang=fr"])
def test_every_link_leads_to_a_page(tmp_path_factory: pytest.TempPathFactory, first: str) -> None:
    site = Site(tmp_path_factory.mktemp("site"))
    site.publish(corpus(BEFORE), day="2024-05-01")
    site.publish(corpus(NOW), day="2024-06-01")
    wrong: dict[str, str] = {}
    with site.client() as client:
        seen, waiting = {first}, [first]
        while waiting and len(seen) < MOST_PAGES:
            address = waiting.pop(0)
            response = client.get(address)
            if response.status_code != 200:
                wrong[address] = response.text
            if response.headers["content-type"].startswith("text/html"):
                found = _links(client, address, response.text)
                waiting += found - seen
                seen |= found
    assert wrong == {}
    paths = {urlsplit(each).path.split("/")[1] for each in seen}
    assert {"", "d", "documents", "said", "timeline", "compare", "cite", "static"} <= paths
    assert any(each.endswith("/changes") for each in (urlsplit(s).path for s in seen))


def _links(client: TestClient, address: str, html: str) -> set[str]:
    """The addresses of a page's links within the site."""
    named = {given.get(name) for _, given in Page(html).elements for name in ("href", "src")}
    absolute = (urljoin(f"{client.base_url}{address}", each) for each in named if each)
    inside = (each for each in absolute if each.startswith(str(client.base_url)))
    return {each.removeprefix(str(client.base_url)).partition("#")[0] for each in inside}
