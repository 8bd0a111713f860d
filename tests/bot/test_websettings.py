"""Settings of the web server: a wrong one is told in a sentence, and no token with it."""

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from bot.websettings import WebSettings, web_settings

TOKEN = "a-long-token-of-a-reader"
OTHER = "another-long-token-of-a-reader"
BOT = "123456:ABC-DEF1234ghIkl"


def read(listen: str = "127.0.0.1:8080", **variables: str) -> WebSettings:
    settings = Settings.from_environment(variables)
    return web_settings(settings, listen=listen, source="--listen")


def test_what_is_not_set_lets_everybody_ask_on_this_machine() -> None:
    web = read()
    assert (web.host, web.port, web.public_url, web.tokens) == ("127.0.0.1", 8080, None, ())
    assert web.questions_per_minute == 20
    assert web.anybody_may_ask
    assert web.is_for_this_machine


def test_all_that_can_be_set_is_read() -> None:
    web = read(
        "[::]:80",
        VERBATIM_PUBLIC_URL="https://statements.example.org/",
        VERBATIM_WEB_TOKENS=f"ada:{TOKEN}:staff,legal\n bob:{OTHER}",
        VERBATIM_WEB_HOSTS="Inside.example, [::7]",
        VERBATIM_TRUSTED_PROXIES="127.0.0.1 172.16.0.0/12",
        VERBATIM_WEB_RATE="0",
        VERBATIM_CORS="https://www.example.org",
        VERBATIM_EMBED_HOSTS="https://a.example https://b.example:8443",
        TELEGRAM_BOT_TOKEN=BOT,
    )
    assert (web.host, web.public_url) == ("::", "https://statements.example.org")
    assert [(token.name, token.groups) for token in web.tokens] == [
        ("ada", {"staff", "legal"}),
        ("bob", frozenset()),
    ]
    assert web.secrets == [TOKEN, OTHER]
    assert TOKEN not in repr(web)
    assert web.hosts == {"inside.example", "::7"}
    assert [str(each) for each in web.proxies] == ["127.0.0.1/32", "172.16.0.0/12"]
    assert web.questions_per_minute == 0
    assert web.cors == ("https://www.example.org",)
    assert web.embedders == ("https://a.example", "https://b.example:8443")
    assert web.login


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("VERBATIM_PUBLIC_URL", "http://statements.example.org", "must be an https address"),
        ("VERBATIM_PUBLIC_URL", "https://a.example/path", "must be an https address"),
        ("VERBATIM_PUBLIC_URL", "https://a.example; script-src *", "must be an https address"),
        ("VERBATIM_WEB_TOKENS", "ada", "entry 1 must be NAME:TOKEN"),
        ("VERBATIM_WEB_TOKENS", f"ada:{TOKEN} bob:short", "entry 2 must be NAME:TOKEN"),
        ("VERBATIM_WEB_TOKENS", f"ada:{TOKEN} ada:{OTHER}", "entry 2 has the name"),
        ("VERBATIM_WEB_TOKENS", f"ada:{TOKEN} bob:{TOKEN}", "entry 2 has the name"),
        ("VERBATIM_WEB_TOKENS", f"ada:{TOKEN}:public", "stands for everybody"),
        ("VERBATIM_WEB_TOKENS", f"ada:{TOKEN}:a/b", "VERBATIM_WEB_TOKENS: "),
        ("VERBATIM_WEB_TOKENS_FILE", "/no/such", "cannot be read"),
        ("VERBATIM_WEB_HOSTS", "https://a.example", "must be the name of a host"),
        ("VERBATIM_WEB_HOSTS", "a.example:80", "must be the name of a host"),
        ("VERBATIM_TRUSTED_PROXIES", "proxy", "must be an address or a network"),
        ("VERBATIM_TRUSTED_PROXIES", "10.0.0.1/8", "must be an address or a network"),
        ("VERBATIM_WEB_RATE", "-1", "must be a whole number"),
        ("VERBATIM_CORS", "www.example.org", "must be * or an origin"),
        ("VERBATIM_EMBED_HOSTS", "https://a.example;x", "must be * or an origin"),
    ],
)
def test_a_wrong_setting_is_told_without_a_token(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace("*", r"\*")) as error:
        read(**{variable: value})
    assert TOKEN not in str(error.value)
    assert str(error.value).startswith(variable)


@pytest.mark.parametrize("listen", ["8080", "host:0", "host:99999", ":80"])
def test_an_address_to_listen_at_is_a_host_and_a_port(listen: str) -> None:
    with pytest.raises(SettingsError, match="must be HOST:PORT"):
        read(listen)


@pytest.mark.parametrize("access", ["listed", "invited"])
@pytest.mark.parametrize(
    ("listen", "more"),
    [
        ("0.0.0.0:80", {}),
        ("192.0.2.1:80", {}),
        ("127.0.0.1:80", {"VERBATIM_PUBLIC_URL": "https://statements.example.org"}),
        ("127.0.0.1:80", {"VERBATIM_TRUSTED_PROXIES": "127.0.0.1"}),
        ("0.0.0.0:80", {"TELEGRAM_BOT_TOKEN": BOT}),  # nobody can log in without a public address
    ],
)
def test_restricted_access_is_refused_where_strangers_come_and_nobody_could_say_who_they_are(
    access: str, listen: str, more: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="Set VERBATIM_WEB_TOKENS to tokens"):
        read(listen, VERBATIM_ACCESS=access, **more)
    assert read(listen, **more).anybody_may_ask


def test_restricted_access_lets_only_this_machine_ask_without_a_token() -> None:
    assert read("[::1]:80", VERBATIM_ACCESS="listed").anybody_may_ask
    assert read("localhost:80", VERBATIM_ACCESS="listed").anybody_may_ask
    listed = {"VERBATIM_ACCESS": "listed", "VERBATIM_WEB_TOKENS": f"ada:{TOKEN}"}
    assert not read(**listed).anybody_may_ask
    assert not read("0.0.0.0:80", **listed).anybody_may_ask
    known = {"TELEGRAM_BOT_TOKEN": BOT, "VERBATIM_PUBLIC_URL": "https://statements.example.org"}
    assert not read("0.0.0.0:80", VERBATIM_ACCESS="listed", **known).anybody_may_ask


def test_who_may_ask_is_said_in_words_without_a_secret() -> None:
    assert read().in_words() == "open: everybody may ask"
    listed = {"VERBATIM_ACCESS": "listed"}
    assert read(**listed).in_words() == "listed: programs of this machine may ask"
    known = {
        **listed,
        "VERBATIM_WEB_TOKENS": f"ada:{TOKEN}",
        "TELEGRAM_BOT_TOKEN": BOT,
        "VERBATIM_PUBLIC_URL": "https://statements.example.org",
    }
    words = "callers with one of 1 tokens and people who log in from Telegram may ask"
    assert read(**known).in_words() == f"listed: {words}"


def test_an_empty_file_of_the_bot_token_lets_nobody_log_in(tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.touch()
    public = {"VERBATIM_PUBLIC_URL": "https://statements.example.org"}
    assert not read(TELEGRAM_BOT_TOKEN_FILE=str(empty), **public).login
