"""Reads YAML into texts, lists and mappings of texts, without objects or aliases.

The only module that imports ``yaml``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import UnreadableSource

_MOST_LEVELS = 20
_MOST_NODES = 20_000
_MOST_REASON = 200
_COMMENT = "#"


@dataclass(frozen=True, slots=True)
class YamlFields:
    """The content of YAML: ``value``, in which everything is text, and keys ``repeated`` in a
    mapping.

    ``comments`` are its comments without the "#". ``lines`` are the lines of texts that have no
    key before them on the same line, as they are written.
    """

    value: Any
    repeated: frozenset[str]
    comments: tuple[str, ...]
    lines: tuple[str, ...]


def yaml_fields(text: str) -> YamlFields:
    """Read one YAML document; None for an empty one. "NO" is a text, and so is "12:30".

    Time and memory are in proportion to the text: an alias, which could stand for any amount of
    text, is refused.

    Raises:
        UnreadableSource: if it is not YAML, has an alias, or is nested too deeply.
    """
    import yaml  # slow to import, and a question reads no front matter

    # in C where it was built: ten times faster over thousands of files
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    reading = _EventParser(loader)
    try:
        value = reading.document()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:_MOST_REASON]
        raise UnreadableSource(f"front matter is not valid YAML ({reason}).") from error
    finally:
        loader.dispose()
    return YamlFields(value, frozenset(reading.repeated), *_apart(text, reading.texts))


def yaml_lines(fields: Mapping[str, Any]) -> str:
    """Write the fields in YAML, one after the other, as ``yaml_fields`` reads them."""
    import yaml  # slow to import

    return str(yaml.safe_dump(dict(fields), sort_keys=False, allow_unicode=True, width=10**6))


class _EventParser:
    """Builds texts, lists and mappings from the events of a parser."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._nodes = 0
        self.repeated: set[str] = set()
        self.texts: list[tuple[int, int]] = []

    def document(self) -> Any:
        import yaml

        loader = self._loader
        loader.get_event()
        if loader.check_event(yaml.StreamEndEvent):
            return None
        loader.get_event()
        value = self._node(0)
        loader.get_event()
        if not loader.check_event(yaml.StreamEndEvent):
            raise ValueError("it has several documents")
        return value

    def _node(self, level: int) -> Any:
        import yaml

        event = self._loader.get_event()
        self._nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableSource(
                f'front matter: "*{str(event.anchor)[:40]}" stands for a text elsewhere, which is '
                "not read. Write the text itself, or in quotes if it begins with a star."
            )
        if level > _MOST_LEVELS or self._nodes > _MOST_NODES:
            raise UnreadableSource("front matter is nested too deeply, or has too many fields.")
        if isinstance(event, yaml.ScalarEvent):
            self.texts.append((_index(event.start_mark), _index(event.end_mark)))
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._until(yaml.SequenceEndEvent, level))
        found: dict[str, Any] = {}
        parts = self._until(yaml.MappingEndEvent, level)
        for key in parts:
            if not isinstance(key, str):
                raise ValueError("a key is not a text")  # noqa: TRY004 (of what was read)
            if key in found:
                self.repeated.add(key)
            found[key] = next(parts)
        return found

    def _until(self, end: type, level: int) -> Iterator[Any]:
        while not self._loader.check_event(end):
            yield self._node(level + 1)
        self._loader.get_event()


def _index(mark: Any) -> int:
    return int(mark.index)


def _apart(text: str, texts: list[tuple[int, int]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the comments, which stand between the texts, and the lines of texts without a key."""
    comments: list[str] = []
    lines: list[str] = []
    at = 0
    for start, end in [*texts, (len(text), len(text))]:
        between = text[at:start].split("\n")
        for line in between:
            _, found, comment = line.partition(_COMMENT)
            if found:
                comments.append(comment)
        own = text[start:end].split("\n")
        lines += own if len(between) > 1 else own[1:]
        at = max(at, end)
    return tuple(comments), tuple(lines)
