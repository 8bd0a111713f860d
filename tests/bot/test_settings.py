"""Settings and the token."""

import logging
from pathlib import Path

import pytest

from bot.chat.accessrules import AccessKind, AccessRules
from bot.errors import SettingsError
from bot.monitoring.logs import RedactingFormatter
from bot.settings import Settings, telegram_token
from embeddings import NO_READER, Caution, shipped_reader

TOKEN = "123456:ABC-DEF1234ghIkl"


def test_the_home_directory_moves_corpus_and_index() -> None:
    settings = Settings.from_environment({"VERBATIM_HOME": "/tmp/x"})  # noqa: S108
    assert settings.corpus_directory == Path("/tmp/x/corpus")  # noqa: S108
    assert settings.index_directory == Path("/tmp/x/index")  # noqa: S108
    assert not settings.corpus_is_own


def test_the_default_home_is_the_data_directory_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings.from_environment({"VERBATIM_HOME": ""}).home.name == "verbatim"


def test_a_corpus_directory_and_a_model_can_be_named() -> None:
    settings = Settings.from_environment(
        {"VERBATIM_CORPUS": "/c", "VERBATIM_MODEL": "a/b", "VERBATIM_QUERY_PROMPT": "q: "}
    )
    assert (settings.corpus_directory, settings.corpus_is_own) == (Path("/c"), True)
    assert (settings.model, settings.query_prompt, settings.passage_prompt) == ("a/b", "q: ", None)


def test_the_shipped_reader_reads_unless_another_or_none_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert Settings.from_environment({}).reader == shipped_reader()
    assert Settings.from_environment({"VERBATIM_READER": ""}).reader == shipped_reader()
    assert Settings.from_environment({"VERBATIM_READER": "a/b"}).reader == "a/b"
    assert Settings.from_environment({"VERBATIM_READER": "off"}).reader == NO_READER
    assert not caplog.records


def test_the_earlier_name_of_the_readers_setting_is_accepted_with_a_notice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert Settings.from_environment({"VERBATIM_RERANKER": "a/b"}).reader == "a/b"
    assert "now called VERBATIM_READER" in caplog.text
    both = {"VERBATIM_RERANKER": "a/b", "VERBATIM_READER": "off"}
    assert Settings.from_environment(both).reader == NO_READER


def test_one_setting_chooses_how_sure_an_answer_has_to_be() -> None:
    assert Settings.from_environment({"VERBATIM_CAUTION": ""}).caution is Caution.USUAL
    assert Settings.from_environment({"VERBATIM_CAUTION": "high"}).caution is Caution.HIGH
    assert Settings.from_environment({"VERBATIM_CAUTION": "low"}).caution is Caution.LOW
    with pytest.raises(SettingsError, match="low, usual, high"):
        Settings.from_environment({"VERBATIM_CAUTION": "HIGH!"})


def test_a_wrong_telegram_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="http"):
        Settings.from_environment({"VERBATIM_TELEGRAM_API": "ftp://x"})


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "", "LC_ALL": "fr_CA"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "VERBATIM_LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "VERBATIM_LANGUAGE": "fr-CA"}, "fr"),
    ],
)
def test_the_language_is_the_one_set_else_that_of_the_locale(
    environment: dict[str, str], language: str
) -> None:
    assert Settings.from_environment(environment).language == language


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(SettingsError, match="texts in en and fr"):
        Settings.from_environment({"VERBATIM_LANGUAGE": "de"})


def test_the_token_comes_from_the_variable_or_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert telegram_token({"TELEGRAM_BOT_TOKEN": f" {TOKEN} "}) == TOKEN
    assert telegram_token({"TELEGRAM_BOT_TOKEN_FILE": str(file)}) == TOKEN


@pytest.mark.parametrize(
    "wrong",
    [
        "SECRETVALUE",
        "12a:SECRETVALUE",
        "123:",
        "1:SECRET VALUE",
        "1:SECRET\x1b",
        "1:SECRET?a",
        "٣:SECRET",
    ],
)
def test_a_token_of_the_wrong_shape_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(SettingsError, match="looks like 123456:ABC-DEF") as caught:
        telegram_token({"TELEGRAM_BOT_TOKEN": wrong})
    assert "SECRET" not in str(caught.value)


def test_a_missing_token_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN_FILE"):
        telegram_token({})
    with pytest.raises(SettingsError, match="cannot be read"):
        telegram_token({"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "none")})
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError, match="No bot token"):
        telegram_token({"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "empty")})


def test_everybody_may_ask_at_twenty_a_minute_unless_it_is_set() -> None:
    settings = Settings.from_environment({"VERBATIM_ADMINS": "", "VERBATIM_RATE": ""})
    assert settings.access == AccessRules(AccessKind.OPEN, frozenset(), frozenset())
    assert (settings.questions_per_minute, settings.questions_at_once) == (20, 5)


def test_access_and_rate_can_be_set() -> None:
    settings = Settings.from_environment(
        {
            "VERBATIM_ACCESS": "listed",
            "VERBATIM_ALLOWED": " 123456789, -1001234567890\n42 ",
            "VERBATIM_ADMINS": "7",
            "VERBATIM_RATE": "0",
            "VERBATIM_BURST": "9",
        }
    )
    assert settings.access.kind is AccessKind.LISTED
    assert settings.access.allowed == {123456789, -1001234567890, 42}
    assert settings.access.administrators == {7}
    assert (settings.questions_per_minute, settings.questions_at_once) == (0, 9)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VERBATIM_ACCESS", "closed"),
        ("VERBATIM_ADMINS", "@ada"),
        ("VERBATIM_ALLOWED", "1;2"),
        ("VERBATIM_ADMINS", "٣"),
        ("VERBATIM_RATE", "-1"),
        ("VERBATIM_RATE", "many"),
        ("VERBATIM_BURST", "0"),
    ],
)
def test_a_wrong_access_or_rate_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize(
    "address", ["auto", "10.0.0.1:6379", "head.example:6379", "[fd00::1]:6379"]
)
def test_a_ray_cluster_has_a_host_and_a_port(address: str) -> None:
    assert Settings.from_environment({"VERBATIM_RAY_ADDRESS": address}).ray_address == address
    assert Settings.from_environment({"VERBATIM_RAY_ADDRESS": ""}).ray_address is None


@pytest.mark.parametrize("address", ["ray://10.0.0.1:10001", "10.0.0.1", ":6379", "a:b", "a b:1"])
def test_another_address_of_ray_is_refused_by_name(address: str) -> None:
    with pytest.raises(SettingsError, match="VERBATIM_RAY_ADDRESS"):
        Settings.from_environment({"VERBATIM_RAY_ADDRESS": address})


def test_no_log_tells_the_address_of_the_index_or_its_password_in_any_form() -> None:
    assert Settings.from_environment({}).secrets == []
    url = "postgresql://user:p%40ss%2Fword@one,two:5433/index?sslmode=require"
    secrets = Settings.from_environment({"VERBATIM_INDEX": url}).secrets
    assert set(secrets) == {url, "p%40ss%2Fword", "p@ss/word", "p%40ss/word"}
    line = f"error connecting to {url}: no login with p@ss/word or p%40ss%2Fword"
    record = logging.LogRecord("psycopg", logging.WARNING, "", 0, line, (), None)
    told = RedactingFormatter(secrets).format(record)
    assert "ss" not in told.partition("error connecting")[2].replace("[secret]", "")
    without = Settings.from_environment({"VERBATIM_INDEX": "postgresql://user@one/index"})
    assert without.secrets == ["postgresql://user@one/index"]


def test_groups_of_readers_are_known_by_the_person() -> None:
    written = " staff=1,2;legal=2\nStaff=3 "
    groups = Settings.from_environment({"VERBATIM_GROUPS": written}).access.groups
    assert groups == {1: {"staff"}, 2: {"staff", "legal"}, 3: {"staff"}}
    assert Settings.from_environment({"VERBATIM_GROUPS": ""}).access.groups == {}


@pytest.mark.parametrize("written", ["staff", "staff=", "=1", "staff=ada", "a b=1", "st/aff=1"])
def test_groups_that_cannot_be_read_are_refused_by_name(written: str) -> None:
    with pytest.raises(SettingsError, match="VERBATIM_GROUPS"):
        Settings.from_environment({"VERBATIM_GROUPS": written})


def test_what_only_a_running_bot_needs_is_checked_when_it_is_asked_for() -> None:
    wrong = {"TELEGRAM_BOT_TOKEN": "wrong", "VERBATIM_LOG_FORMAT": "xml", "VERBATIM_LOG_LEVEL": ""}
    settings = Settings.from_environment(wrong)
    assert settings.token_is_given
    assert settings.log_level == "INFO"
    for ask in (settings.token, settings.log_as_json):
        with pytest.raises(SettingsError):
            ask()
    assert not Settings.from_environment({}).token_is_given


def test_settings_never_show_a_secret() -> None:
    settings = Settings.from_environment(
        {"TELEGRAM_BOT_TOKEN": TOKEN, "VERBATIM_WEBHOOK_SECRET": "s3cr3t"}
    )
    assert settings.token() == TOKEN
    assert TOKEN not in repr(settings)
    assert "s3cr3t" not in repr(settings)
