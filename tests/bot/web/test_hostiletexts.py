"""Whatever statements and questions say, a page has its own elements and attributes alone."""

import random
from urllib.parse import quote

import pytest
from readpages import Page
from websites import Site

from corpus import Corpus, Document, document_from_text, normalise

SIGNS = [
    *"<>\"'&/=;:# \t\n`{}%$\\-!",
    "<script>alert(1)</script>", "</textarea>", "</title>", "</style>", "<!--", "-->", "]]>",
    "<svg/onload=alert(1)>", "<a href=javascript:alert(1)>x</a>", "{{ 7*7 }}", "{% raw %}",
    "&lt;script&gt;", "&#x3c;", "\u202e", "\u2066", "\u2069", "\u200f", "\ufeff", "\u2028", "\x00", "\x85",
    "word", "Rabat", "ministers met", ". ", "\n\n", "سلام", "שלום", "👩\u200d👩\u200d👧", "e\u0301", "http://x.example/?a=<b>",
]  # fmt: skip
ELEMENTS = frozenset(
    "base html head meta title link script body a header nav ul li main h1 h2 h3 footer p form label "
    "div input button details summary select option section article blockquote strong mark span "
    "cite bdi time textarea ol dl dt dd q ins del table thead tbody tr th td datalist".split()
)
ATTRIBUTES = frozenset(
    "lang dir charset name content rel href type src defer class id aria-label aria-labelledby "
    "aria-current tabindex hreflang action method role target for value autocomplete enterkeyhint "
    "required readonly rows data-copy data-copied datetime start selected open list label scope".split()
)


def hostile(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(SIGNS) for _ in range(count))


def documents() -> list[Document]:
    chance = random.Random(20)
    found = []
    for number in range(12):
        text = normalise("\n\n".join(hostile(chance, 30) for _ in range(4)))
        found.append(
            document_from_text(
                f"{text}\n\nThe ministers met in Rabat {number} times.",
                document_id=f"d{number:02d}",
                title=hostile(chance, 8) or "x",
                publisher=hostile(chance, 6),
                place=hostile(chance, 6),
                url=chance.choice(
                    ["javascript:alert(1)", "https://x.example/", f"https://x/{hostile(chance, 4)}"]
                ),
                language=chance.choice(["en", "ar", 'x" onload="alert(1)', "fr"]),
            )
        )
    return found


def faults(html: str) -> list[str]:
    """What in a page is none of its own."""
    page = Page(html)
    found = [f"open: {tag}" for tag, _ in page.open]
    for tag, given in page.elements:
        if tag not in ELEMENTS:
            found.append(f"element: {tag}")
        found += [f"attribute: {tag} {name}" for name in given if name not in ATTRIBUTES]
        for name in ("href", "src", "action"):
            address = given.get(name)
            if address is not None and not address.startswith(("/", "#", "https://", "http://")):
                found.append(f"address: {address}")
    return found


def test_pages_of_hostile_statements_have_their_own_elements_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    chance = random.Random(21)
    site = Site(tmp_path_factory.mktemp("site"))
    first = documents()
    site.publish(Corpus(tuple(first)), day="2024-05-01")
    again = [
        document_from_text(
            f"{d.text} More.",
            document_id=d.id,
            title=d.title,
            publisher=d.publisher,
            url=d.url,
            language=d.language,
        )
        for d in first
    ]
    site.publish(Corpus(tuple(again)), day="2024-06-01")
    wrong = {}
    with site.client() as client:
        addresses = ["/documents", "/compare", "/compare?a=d00&b=d01", "/timeline?q=ministers"]
        for old, new in zip(first, again, strict=True):
            addresses += [f"/d/{new.id}", f"/d/{new.id}/changes", f"/d/{old.id}@{old.digest[:12]}"]
            for document in (old, new):
                last = document.passages[-1].span
                addresses.append(f"/d/{document.id}@{document.digest[:12]}/{last.start}-{last.end}")
        for _ in range(20):
            text = quote(hostile(chance, 20))
            addresses += [
                f"/?q={text}",
                f"/said?text={text}",
                f"/?q=Rabat&earlier={text}",
                f"/embed?q={text}",
            ]
            addresses += [
                f"/documents?words={text}",
                f"/?q=a&year={text}",
                f"/?q=a&publisher={text}",
            ]
            addresses += [
                f"/d/{quote(hostile(chance, 3), safe='')}",
                f"/compare?a={text}",
                f"/?q=a&lang={text}",
            ]
        for address in addresses:
            response = client.get(address)
            assert response.status_code in {200, 400, 404}, address
            if response.headers["content-type"].startswith("text/html") and (
                found := faults(response.text)
            ):
                wrong[address] = found
    assert wrong == {}
