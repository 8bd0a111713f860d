"""One grammar reads every address of a database, and no error repeats any of it."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo

from bot.errors import SettingsError
from bot.settings import Settings
from bot.state.postgres.connection import STATE_POLICY
from embeddings import IndexUnavailable, InvalidAddress
from embeddings.storage.postgres import address as module
from embeddings.storage.postgres.address import REDACTED, DatabaseAddress, servers_of
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY
from embeddings.storage.postgres.database import Database
from embeddings.storage.postgres.index import PostgresIndex

MARK = "s3cret"
"""Stands in every password, and in nothing else."""

passwords = st.text(max_size=6).map(lambda odd: f"{odd}{MARK}{odd[::-1]}".replace("\0", ""))
plain = st.text("abcdefghijklmnop0123456789_", min_size=1, max_size=8)
hosts = st.lists(
    st.tuples(
        st.sampled_from(["one", "two.example", "10.0.0.1", "[::1]", "%2Frun%2Fpg", "h-2"]),
        st.sampled_from(["", ":5432", ":7"]),
    ).map("".join),
    max_size=3,
).map(",".join)
options = st.lists(
    st.sampled_from(
        [
            "sslmode=require",
            "target_session_attrs=any",
            "options=-c%20jit%3Doff",
            "connect_timeout=3",
            "ssl=true",
            "application_name=me%20too",
        ]
    ),
    max_size=2,
    unique=True,
).map("&".join)


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str]:
    """An address as it should be written, and its password."""
    password = draw(passwords)
    try:
        written = quote(password, safe=draw(st.sampled_from(["", "!$'()*+,;=:"])))
    except UnicodeEncodeError:
        written = password = MARK
    query = draw(options)
    text = f"postgresql://{draw(plain)}:{written}@{draw(hosts)}/{draw(plain)}"
    return f"{text}?{query}" if query else text, password


odd = st.one_of(
    addresses().map(lambda one: one[0]),
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                [*"@:/?#[]%&=, \t", "postgresql://", "host", MARK, "%40", "%zz", "%00", "é", "5432"]
            ),
            max_size=14,
        ),
    ).map(lambda text: f"postgresql://u:{MARK}{text}"),
)


def read_as(variable: str, text: str) -> DatabaseAddress | str:
    settings = Settings.from_environment
    try:
        found = settings({variable: text, "VERBATIM_HOME": "home"})
    except SettingsError as error:
        return str(error)
    address = found.index if variable == "VERBATIM_INDEX" else found.state
    assert address is not None
    return address


@given(text=odd)
def test_what_one_variable_accepts_every_reader_accepts(text: str) -> None:
    text = text.strip()
    index = read_as("VERBATIM_INDEX", text)
    state = read_as("VERBATIM_STATE", text)
    if isinstance(index, str) or isinstance(state, str):
        assert isinstance(index, str)
        assert index.replace("VERBATIM_INDEX", "VERBATIM_STATE") == state  # one text, too
        assert MARK not in index
        with pytest.raises(InvalidAddress) as refused:
            PostgresIndex(text, directory=Path("/nowhere"))
        assert str(refused.value) == index
    else:
        assert index == state
        PostgresIndex(text, directory=Path("/nowhere")).close()
        assert not re.search(r"[\x00-\x1f]", text)


@given(one=addresses())
def test_an_address_is_read_as_postgresqls_library_reads_it(one: tuple[str, str]) -> None:
    text, password = one
    address = DatabaseAddress.of(text, source="it") if counts_fit(text) else None
    if address is None:
        with pytest.raises(InvalidAddress, match="Give each server its own"):
            DatabaseAddress.of(text, source="it")
        return
    theirs = {k: v for k, v in conninfo.conninfo_to_dict(text).items() if str(v).strip(",")}
    assert {k: v for k, v in address.parameters.items() if v.strip(",")} == theirs
    assert address.parameters["password"] == password


def counts_fit(text: str) -> bool:
    try:
        servers_of({k: str(v) for k, v in conninfo.conninfo_to_dict(text).items() if v != ""})
    except ValueError:
        return False
    return True


@given(one=addresses(), words=st.text(max_size=20))
def test_no_form_of_a_password_is_left_in_a_text(one: tuple[str, str], words: str) -> None:
    text, password = one
    if not counts_fit(text):
        return
    address = DatabaseAddress.of(text, source="it")
    for form in (password, quote(password, safe=""), quote(password), text):
        said = address.redacted(f"{words}: no login with {form} at {address.where}")
        assert MARK not in said
        assert REDACTED in said
    assert MARK not in address.where
    assert MARK not in repr(address)
    assert MARK not in str(address.servers())


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("postgres://one:1,two/db", {"host": "one,two", "port": "1,", "dbname": "db"}),
        ("postgresql://one,two:2/db", {"host": "one,two", "port": ",2", "dbname": "db"}),
        ("postgresql:///db?host=/run/pg", {"host": "/run/pg", "dbname": "db"}),
        ("postgresql://%2Frun%2Fpg/db", {"host": "/run/pg", "dbname": "db"}),
        ("postgresql://", {}),
    ],
)
def test_ports_and_sockets_are_read_as_they_are_written(
    text: str, parameters: dict[str, str]
) -> None:
    assert DatabaseAddress.of(text, source="it").parameters == parameters


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://u:{MARK}%zz@host/db",
        f"postgresql://u:{MARK}%ff@host/db",
        f"postgresql://u:{MARK}%00@host/db",
        f"postgresql://u:1?{MARK}",
        f"postgresql://u@host/db?passwort={MARK}",
        f"postgresql://u@one,two/db?port=1,2,3&password={MARK}",
        f"host=one password={MARK}",
        f"POSTGRESQL://u:{MARK}@host/db",
    ],
)
def test_every_other_text_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        DatabaseAddress.of(text, source="it")
    assert MARK not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_grammar_needs_nothing_but_the_standard_library() -> None:
    imported = re.findall(
        r"^(?:from|import) (\w+)", Path(module.__file__).read_text(), re.MULTILINE
    )
    assert set(imported) == {"re", "collections", "dataclasses", "urllib", "embeddings"}


def test_an_and_sign_at_the_end_of_an_address_is_passed_over() -> None:
    address = DatabaseAddress.of("postgresql://one/db?sslmode=require&", source="VERBATIM_INDEX")
    assert address.parameters["sslmode"] == "require"


def test_the_times_of_an_address_count_for_the_state_and_not_for_the_index() -> None:
    given = {"host": "one", "connect_timeout": "60", "application_name": "mine"}
    index, state = INDEX_POLICY.parameters(given), STATE_POLICY.parameters(given)
    assert (index["connect_timeout"], state["connect_timeout"]) == ("3", "60")
    assert index["application_name"] == state["application_name"] == "mine"


def test_a_parameter_that_the_library_refuses_makes_the_index_unavailable() -> None:
    text = f"postgresql://{MARK}@127.0.0.1:1/db?target_session_attrs=nonsense"
    database = Database(DatabaseAddress.of(text, source="VERBATIM_INDEX"))
    with pytest.raises(IndexUnavailable), database.writing("a test"):
        pytest.fail("nothing is there")
