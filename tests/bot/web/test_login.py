"""A person whom Telegram vouches for sees what the chat would show them, for an hour."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fakes import corpus_of
from initdatas import TOKEN, init_data_of
from starlette.testclient import TestClient
from webapps import client_of

from bot.webaccess.sessions import COOKIE
from corpus import Corpus

ADA, BOB, EVE = 11, 12, 13
SITE = "https://statements.example.org"
SECRET = "The xylophone quartet is secret."


@pytest.fixture
def corpus() -> Corpus:
    public, secret = corpus_of("Zebras zigzag.", SECRET).documents
    return Corpus((public, replace(secret, access=frozenset({"staff"}))))


Settings = dict[str, str]
OPEN: Settings = {
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "VERBATIM_PUBLIC_URL": SITE,
    "VERBATIM_GROUPS": f"staff={ADA}",
}
LISTED = {**OPEN, "VERBATIM_ACCESS": "listed", "VERBATIM_ALLOWED": f"{ADA} {BOB}"}


@pytest.fixture
def settings() -> Settings:
    return OPEN


@pytest.fixture
def client(tmp_path: Path, corpus: Corpus, settings: Settings) -> Iterator[TestClient]:
    with client_of(tmp_path, corpus, **settings) as made:
        made.base_url = SITE  # type: ignore[assignment]  # a cookie is kept over TLS alone
        made.follow_redirects = False
        yield made


def enter(client: TestClient, person: int, to: str = "/documents") -> Any:
    said = init_data_of(person, time.time())
    return client.post("/login", data={"init_data": said, "next": to})


def sees_secret(client: TestClient) -> bool:
    """Whether the restricted document is there; if it is not, nothing of it is in any page."""
    pages = [client.get(at).text for at in ("/d/d2", "/documents", "/?q=xylophone")]
    shown = ["xylophone quartet is secret" in pages[0], "Title 2" in pages[1]]
    assert len(set(shown)) == 1
    return shown[0]


def test_the_group_of_a_person_opens_its_documents(client: TestClient) -> None:
    assert not sees_secret(client)
    entered = enter(client, ADA, "/d/d2")
    assert (entered.status_code, entered.headers["location"]) == (303, "/d/d2")
    assert sees_secret(client)
    client.cookies.clear()
    assert not sees_secret(client)
    enter(client, BOB)
    assert client.cookies[COOKIE]
    assert not sees_secret(client)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "x=1",
        init_data_of(ADA, time.time() - 3_700),
        init_data_of(ADA, time.time() + 600),
        init_data_of(ADA, time.time(), token="1:another"),
        init_data_of(ADA, time.time()).replace("auth_date=", "auth_date=1"),
        init_data_of(ADA, time.time()) + "&user=%7B%22id%22%3A11%7D",
    ],
)
def test_forged_old_repeated_and_odd_data_gets_one_sentence_and_no_session(
    client: TestClient, said: str
) -> None:
    refused = client.post("/login", data={"init_data": said, "next": "/"})
    assert refused.status_code == 403
    assert refused.text.count(".") == 1
    assert "forged or older than an hour" in refused.text
    assert "set-cookie" not in refused.headers
    assert not sees_secret(client)


def test_a_form_of_another_site_a_malformed_and_a_long_one_are_refused(client: TestClient) -> None:
    good = f"init_data={quote(init_data_of(ADA, time.time()))}"
    for content, headers in (
        (good, {"sec-fetch-site": "cross-site"}),
        (f"{good}&{good}", {}),
        (f"{good}&a=1&b=2&c=3&d=4", {}),
        ("é", {}),
        (good + "&next=" + "x" * 40_000, {}),
    ):
        assert client.post("/login", content=content.encode(), headers=headers).status_code == 403
    assert client.post("/login", content=good).status_code == 303


@pytest.mark.parametrize(
    "to",
    ["", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
     "/a b", "/a\n", "/login?next=/login", "\\/evil.example", "/\t/evil.example"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(client: TestClient, to: str) -> None:
    assert enter(client, ADA, to).headers["location"] == "/"
    page = client.get("/login", params={"next": to}).text
    assert 'name="next" value="/"' in page
    assert "evil" not in page


def test_the_page_of_the_login_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/login", params={"next": "/d/d1@0/1-2#quote"})
    assert 'value="/d/d1@0/1-2#quote"' in page.text
    assert "http" not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors https://web.telegram.org" in policy
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers


def test_pages_are_framed_by_telegram_alone_and_only_in_a_session(client: TestClient) -> None:
    public = client.get("/documents")
    assert "frame-ancestors 'none'" in public.headers["content-security-policy"]
    assert public.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in public.headers
    enter(client, ADA)
    mine = client.get("/documents", headers={"if-none-match": public.headers["etag"]})
    assert mine.status_code == 200
    assert "frame-ancestors https://web.telegram.org" in mine.headers["content-security-policy"]
    assert "x-frame-options" not in mine.headers
    assert mine.headers["cache-control"].startswith("private")


def test_the_sentence_is_in_the_language_of_the_person(client: TestClient) -> None:
    refused = client.post("/login", headers={"accept-language": "fr"})
    assert refused.status_code == 403
    assert "Telegram" in refused.text
    assert "forged" not in refused.text


@pytest.mark.parametrize("settings", [LISTED])
def test_a_listed_bot_lets_in_those_on_its_list(client: TestClient) -> None:
    assert client.get("/documents").status_code == 401
    assert client.get("/login").status_code == 200
    refused = enter(client, EVE)
    assert refused.status_code == 403
    assert "only the people on its list" in refused.text
    assert enter(client, BOB).status_code == 303
    assert client.get("/documents").status_code == 200


def test_a_session_goes_by_the_rules_of_today(tmp_path: Path, corpus: Corpus) -> None:
    with client_of(tmp_path, corpus, **LISTED) as first:
        first.base_url = SITE  # type: ignore[assignment]
        enter(first, ADA)
        cookie = first.cookies[COOKIE]
    later = {**LISTED, "VERBATIM_ALLOWED": str(BOB), "VERBATIM_GROUPS": ""}
    with client_of(tmp_path, corpus, **later) as client:
        client.base_url = SITE  # type: ignore[assignment]
        client.cookies.set(COOKIE, cookie)
        assert client.get("/documents").status_code == 401
    with client_of(tmp_path, corpus, **{**OPEN, "VERBATIM_GROUPS": ""}) as client:
        client.base_url = SITE  # type: ignore[assignment]
        client.cookies.set(COOKIE, cookie)
        assert not sees_secret(client)


@pytest.mark.parametrize("settings", [{"VERBATIM_PUBLIC_URL": SITE}])
def test_a_server_without_the_token_of_a_bot_leads_on_without_a_login(client: TestClient) -> None:
    led = client.get("/login", params={"next": "/d/d1#quote"})
    assert (led.status_code, led.headers["location"]) == (303, "/d/d1#quote")
    assert client.get("/login", params={"next": "//evil.example"}).headers["location"] == "/"
    assert client.post("/login").status_code == 405


def test_an_invitation_that_is_deleted_ends_the_session(tmp_path: Path, corpus: Corpus) -> None:
    from bot.composition.chat import open_state
    from bot.settings import Settings as BotSettings

    invited = {**OPEN, "VERBATIM_ACCESS": "invited", "VERBATIM_GROUPS": ""}
    settings = BotSettings.from_environment({"VERBATIM_HOME": str(tmp_path), **invited})
    people = open_state(settings).people(came_from=lambda chat: chat)
    with client_of(tmp_path, corpus, **invited) as client:
        client.base_url = SITE  # type: ignore[assignment]
        refused = enter(client, EVE)
        assert (refused.status_code, "only invited people" in refused.text) == (403, True)
        assert people.accept(people.invite(), EVE)
        assert enter(client, EVE).status_code in {200, 303}
        assert client.get("/documents").status_code == 200
        people.delete(EVE)
        assert client.get("/documents").status_code == 401
