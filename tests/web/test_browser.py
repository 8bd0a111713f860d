"""People use the pages in a browser: with and without scripts, by keyboard, on a phone, at night."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PHONE, WIDE, chromium, window
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from websites import Serving, Site

from bot.citations.citationparser import read_citations
from bot.citations.formats.formats import FORMATS
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, document_from_text

QUESTION = "How many members has the Coalition?"
PARAGRAPH = (
    "We met in Rabat on Monday, in a spirit of friendship, and thanked Morocco for its welcome. "
    "The Coalition has {} members in all. Its next meeting takes place in Rome, where the Ministers "
    "will speak about the stability of the liberated areas and about the means for it."
)
EVIDENCE = "The Coalition has 85 members in all."
ARABIC = "اجتمع الوزراء في الرباط اليوم.\n\nG7 ترحب الدول بهذا البيان."


def documents(members: int) -> Corpus:
    text = f"{PARAGRAPH.format(members)}\n\nA long word: {'x' * 300}.\n\nNothing else was said."
    return Corpus(
        (
            _document("arabic", ARABIC, title="بيان الرباط", language="ar"),
            _document("d1", text, publisher="The G7", published=date(2024, 5, 1)),
            _document(
                "d2", PARAGRAPH.format(60), publisher="A Ministry", published=date(2021, 1, 2)
            ),
        )
    )


def _document(name: str, text: str, **provenance: object) -> Document:
    given = {"title": f"Statement {name}", "url": f"https://g7.example/{name}", **provenance}
    return document_from_text(text, document_id=name, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.publish(documents(84), day="2024-05-01")
    site.publish(documents(85), day="2024-06-01")
    with Serving(site.application()) as serving:
        yield serving.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def digest(members: int) -> str:
    return documents(members).document("d1").digest[:12]


def addresses() -> dict[str, str]:
    start = PARAGRAPH.index("The Coalition")
    end = start + len(EVIDENCE)
    return {
        "home": "/",
        "answer": f"/?q={QUESTION.replace(' ', '+')}",
        "follow-up": "/?q=And+where+is+the+next+one%3F&earlier=Where+did+the+Ministers+meet%3F",
        "refusal": "/?q=qqq+zzz+xxx",
        "empty": "/?q=",
        "french": "/?q=Coalition&lang=fr",
        "documents": "/documents",
        "document": "/d/d1",
        "right to left": "/d/arabic",
        "old text": f"/d/d1@{digest(84)}",
        "quote": f"/d/d1@{digest(85)}/{start}-{end}?evidence={start}-{end - 10}",
        "changed quote": f"/d/d1@{digest(84)}/{start}-{end}",
        "changes": "/d/d1/changes",
        "comparison": "/compare?a=d1&b=d2",
        "comparison without": "/compare",
        "timeline": "/timeline?q=Coalition+members",
        "said": "/said?text=The+Coalition+has+86+members+in+all",
        "said without": "/said",
        "frame": f"/embed?q={QUESTION.replace(' ', '+')}",
        "unknown": "/d/nothing",
    }


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_question_leads_to_the_marked_words_and_back(
    browser: Browser, url: str, *, scripts: bool
) -> None:
    with window(browser, url, scripts=scripts) as (_, page):
        page.goto("/")
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_label("Your question").press("Enter")
        page.wait_for_url(re.compile(r"\?q="))
        assert page.locator(".quote .text").first.inner_text() == EVIDENCE
        asked = page.url
        page.get_by_role("link", name="In its place").first.click()
        page.wait_for_url(re.compile("/d/d1@"))
        assert page.locator("#quote").inner_text() == EVIDENCE
        assert page.locator("#verdict").inner_text() == "Intact"
        box = page.locator("#quote").bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= WIDE[1]
        place = page.url
        page.go_back()
        assert page.url == asked
        assert page.get_by_label("Your question").input_value() == QUESTION
        assert page.locator(".quote .text").first.inner_text() == EVIDENCE
        page.go_forward()
        assert page.url == place
        assert page.locator("#quote").inner_text() == EVIDENCE


def test_the_whole_paragraph_folds_out_without_a_script(browser: Browser, url: str) -> None:
    with window(browser, url, scripts=False) as (_, page):
        page.goto(addresses()["answer"])
        folded = page.locator(".quote details blockquote").first
        assert not folded.is_visible()
        page.get_by_text("The whole paragraph").first.click()
        assert folded.inner_text() == PARAGRAPH.format(85)


def test_every_page_says_the_same_without_scripts(browser: Browser, url: str) -> None:
    def texts(*, scripts: bool) -> dict[str, str]:
        found = {}
        with window(browser, url, scripts=scripts) as (_, page):
            for name, address in addresses().items():
                if "unknown" not in name and name != "empty":
                    page.goto(address)
                    found[name] = page.locator("main").inner_text()
        return found

    assert texts(scripts=True) == texts(scripts=False)


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, url: str, scheme: str, size: tuple[int, int]
) -> None:
    found = {}
    with window(browser, url, scheme=scheme, size=size) as (_, page):
        for name, address in addresses().items():
            page.goto(address)
            for details in page.locator("details").all():
                details.evaluate("each => { each.open = true }")
            results = Axe().run(page)
            if results.violations_count:
                found[name] = results.generate_report()
    assert found == {}


def test_no_page_is_wider_than_a_phone(browser: Browser, url: str) -> None:
    with window(browser, url, size=PHONE) as (_, page):
        for address in addresses().values():
            page.goto(address)
            for details in page.locator("details").all():
                details.evaluate("each => { each.open = true }")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE[0], address


def test_the_keyboard_goes_past_the_head_and_through_the_page_in_order(
    browser: Browser, url: str
) -> None:
    with window(browser, url) as (_, page):
        page.goto(addresses()["answer"])
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q"
        assert page.locator("header, main, footer, nav").count() >= 4


def test_a_button_copies_the_quote_with_its_citation_and_each_copy_verifies(
    browser: Browser, url: str
) -> None:
    with window(browser, url) as (context, page):
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(addresses()["quote"])
        page.get_by_text("Copy", exact=True).click()
        text = page.locator("textarea").first.input_value()
        assert EVIDENCE in text
        page.get_by_role("button", name="Copy to the clipboard").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == text
        copies = [each.input_value() for each in page.locator("textarea").all()]
    assert len(copies) == len(FORMATS)
    for copied in copies:
        (cited,) = read_citations(copied)
        verdict = verify(cited, documents(85), lambda _: None).verdict
        assert verdict in {Verdict.INTACT, Verdict.DESCRIBED_OTHERWISE}, copied


def test_a_right_to_left_document_stands_at_the_right(browser: Browser, url: str) -> None:
    with window(browser, url) as (_, page):
        page.goto("/d/arabic")
        number, text = page.locator("#p2 .number").bounding_box(), page.locator("#p2 .text")
        box = text.bounding_box()
        assert number is not None
        assert box is not None
        assert number["x"] > box["x"]
        assert text.evaluate("each => getComputedStyle(each).direction") == "rtl"


def test_paper_has_the_words_and_the_sources_alone(browser: Browser, url: str) -> None:
    with window(browser, url) as (_, page):
        page.goto(addresses()["quote"])
        page.emulate_media(media="print")
        assert page.locator("#quote").is_visible()
        for hidden in ("header nav", "form", ".actions", ".cite", ".copy"):
            assert not page.locator(hidden).first.is_visible()


def test_a_page_of_another_site_shows_the_box_only_where_it_may(
    browser: Browser, tmp_path: Path
) -> None:
    async def framing(request: Request) -> HTMLResponse:
        return HTMLResponse(
            f'<h1>Ministry</h1><iframe src="{request.query_params["of"]}"></iframe>'
        )

    site = Site(tmp_path)
    site.publish(documents(85))
    with Serving(Starlette(routes=[Route("/", framing)])) as ministry:
        for embedders, expected in (((ministry.url,), EVIDENCE), ((), None)):
            with Serving(site.application(embedders=embedders)) as serving:
                page = browser.new_page()
                page.goto(
                    f"{ministry.url}/?of={serving.url}/embed?q={QUESTION.replace(' ', '%2B')}"
                )
                quote = page.frame_locator("iframe").locator(".quote .text").first
                if expected is None:
                    assert quote.count() == 0
                else:
                    assert quote.inner_text() == expected
                page.close()
