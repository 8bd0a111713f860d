"""A Mini App logs a person in, in a browser as Telegram opens it."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PHONE, chromium, window
from fakes import corpus_of
from initdatas import TOKEN, init_data_of
from playwright.sync_api import Browser
from webapps import application_with
from websites import Serving

from bot.citations.citation import cite
from bot.citations.pageaddress import PageAddresses
from bot.webaccess.sessions import COOKIE
from corpus import Corpus

ADA = 11
SECRET = "The xylophone quartet is secret."
SETTINGS = {
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "VERBATIM_PUBLIC_URL": "https://statements.example.org",
    "VERBATIM_GROUPS": f"staff={ADA}",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    public, secret = corpus_of("Zebras zigzag.", SECRET).documents
    return Corpus((public, replace(secret, access=frozenset({"staff"}))))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("home")
    with application_with(home, corpus, **SETTINGS) as application, Serving(application) as site:
        yield site.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def opened_by_telegram(url: str, corpus: Corpus, said: str) -> str:
    """The address that Telegram's program opens when the button Source is pressed."""
    document = corpus.documents[1]
    address = PageAddresses(url).mini_app(cite(document, document.passages[0]))
    return f"{address}#tgWebAppData={quote(said, safe='')}&tgWebAppVersion=9.1"


def test_who_telegram_vouches_for_reads_the_marked_words_of_a_restricted_page(
    browser: Browser, url: str, corpus: Corpus
) -> None:
    with window(browser, url, size=PHONE) as (context, page):
        page.goto(opened_by_telegram(url, corpus, init_data_of(ADA, time.time())))
        page.wait_for_url(re.compile("/d/d2@.*#quote$"))
        assert page.locator("#quote").inner_text() == SECRET
        (cookie,) = context.cookies()
        assert cookie["name"] == COOKIE
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "None")
        assert time.time() < cookie["expires"] <= time.time() + 3_600
        page.goto("/documents")
        assert page.get_by_text("Title 2").count() == 1


@pytest.mark.parametrize(
    "said",
    [
        init_data_of(ADA, time.time(), token="123456789:ANOTHER"),
        init_data_of(ADA, time.time() - 7_200),
        init_data_of(ADA, time.time()).replace("%22id%22%3A+11", "%22id%22%3A+12"),
    ],
    ids=["another bot's", "old", "another person's"],
)
def test_forged_and_old_data_is_refused_with_a_sentence(
    browser: Browser, url: str, corpus: Corpus, said: str
) -> None:
    with window(browser, url, size=PHONE) as (context, page):
        page.goto(opened_by_telegram(url, corpus, said))
        page.get_by_text("forged or older than an hour").wait_for()
        assert context.cookies() == []
        assert "xylophone" not in page.content()


def test_in_another_browser_the_page_opens_without_a_login(
    browser: Browser, url: str, corpus: Corpus
) -> None:
    with window(browser, url) as (context, page):
        document = corpus.documents[0]
        page.goto(PageAddresses(url).mini_app(cite(document, document.passages[0])))
        page.wait_for_url(re.compile("/d/d1@.*#quote$"))
        assert page.locator("#quote").inner_text() == "Zebras zigzag."
        assert context.cookies() == []


def test_the_page_of_the_login_works_for_everybody_without_scripts(
    browser: Browser, url: str, corpus: Corpus
) -> None:
    with window(browser, url, size=PHONE, scripts=False) as (_, page):
        page.goto("/login?next=/d/d1")
        assert page.get_by_text("needs JavaScript").is_visible()
        page.get_by_role("link", name="Go on without logging in").click()
        page.wait_for_url("**/d/d1")
    with window(browser, url, size=PHONE) as (_, page):
        page.route(
            "**/login.js*", lambda route: route.fulfill(body="", content_type="text/javascript")
        )
        page.goto("/login?next=/d/d1")
        assert Axe().run(page).response["violations"] == []
