"""The shared SQL means the same in SQLite and in PostgreSQL, whatever stands in its literals."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.state.contracts import PeopleTables
from bot.state.files.people import PeopleFile
from bot.state.people import PEOPLE_SCHEMA
from bot.state.postgres.database import PostgresState
from bot.state.postgres.people import PostgresPeople
from bot.state.sqldialect import POSTGRES, SQLITE
from embeddings.storage.postgres.address import DatabaseAddress

ODD = "100 % ? :name %(name)s {name} $1"


@pytest.fixture(params=["file", "postgres"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PeopleTables]:
    found: PeopleTables
    if request.param == "file":
        found = PeopleFile(tmp_path / "people.sqlite", PEOPLE_SCHEMA)
    else:
        url = request.getfixturevalue("postgres_database")
        found = PostgresPeople(PostgresState(DatabaseAddress.of(url, source="it")))
    yield found
    found.close()


def test_marks_in_literals_and_values_stay_what_they_are(tables: PeopleTables) -> None:
    with tables.writing() as people:
        people.execute(
            "INSERT INTO preferences (chat, language, links) "
            "VALUES ({chat}, {words}, '100 % ? :name %(name)s {{name}} $1')",
            {"chat": 5, "words": ODD},
        )
    query = "SELECT language, links FROM preferences WHERE chat = {chat} AND links LIKE '100 %'"
    assert [tuple(row) for row in tables.read(query, {"chat": 5})] == [(ODD, ODD)]


def test_a_value_may_be_named_twice(tables: PeopleTables) -> None:
    with tables.writing() as people:
        people.execute("INSERT INTO let_in (person) VALUES ({person})", {"person": 7})
    query = "SELECT person FROM let_in WHERE person = {person} OR person = {person} + 1"
    assert [tuple(row) for row in tables.read(query, {"person": 7})] == [(7,)]


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
@pytest.mark.parametrize("statement", ["SELECT {persn}", "SELECT {}", "SELECT {"])
def test_a_name_without_a_value_is_refused(dialect: object, statement: str) -> None:
    with pytest.raises(ValueError, match="a name in the statement has no value"):
        dialect.written(statement, {"person": 1})  # type: ignore[attr-defined]
