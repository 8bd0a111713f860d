"""Defines how the SQL that SQLite and PostgreSQL share is written for one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

NO_VALUES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SqlDialect:
    """Writes statements of the shared SQL, in which a value is a name in braces: ``{person}``.

    ``value`` is how the database's library marks a value by its name. ``percent`` is how it
    writes a percent sign. A brace that is meant as such is doubled in the shared SQL.
    """

    value: str
    percent: str = "%"

    def written(self, statement: str, values: Mapping[str, object]) -> str:
        """Return a statement for the database's library.

        Raises:
            ValueError: if it names a value that is not among the ``values``, or a brace is single.
        """
        marks = {name: self.value.format(name) for name in values}
        try:
            return statement.replace("%", self.percent).format_map(marks)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"a name in the statement has no value: {error}") from error


SQLITE = SqlDialect(":{}")
POSTGRES = SqlDialect("%({})s", percent="%%")
