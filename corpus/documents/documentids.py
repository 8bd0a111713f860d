"""Gives each file of a corpus directory a document id that no other file has."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from corpus.documents.documentbuilder import id_from_name
from corpus.model import digest_of

_FIRST_SUFFIXES = (".txt", ".md")
"""Files that were always read: another kind of file with the same name takes no id from them."""

_DIGITS = (8, 16, 64)
_STEM_CHARACTERS = 30
_NOTHING: Mapping[str, str] = MappingProxyType({})


def document_ids(
    names: Iterable[str],
    *,
    remembered: Mapping[str, str] = _NOTHING,
    unseen_folders: Iterable[str] = (),
) -> dict[str, str]:
    """Return the id of the document of each file; ``names`` are paths below the directory.

    A file that is ``remembered`` keeps its id. A new one gets its name without the suffix, if no
    other file has that id; files nearer to the root choose first. Otherwise its folders or its
    suffix become part of the id, as in "2024-statement" or "statement-pdf". A remembered id of a
    file below one of the ``unseen_folders`` stays taken, because that file may still be there.
    """
    every = sorted(set(names), key=_rank)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in every:
        if (document_id := remembered.get(name, "")) and document_id not in taken:
            found[name] = document_id
            taken.add(document_id)
    for folder in unseen_folders:
        taken.update(i for name, i in remembered.items() if name.startswith(f"{folder}/"))
    late = []
    for name in every:
        plain = plain_id(name)
        if name in found:
            continue
        if plain in taken:
            late.append(name)
        else:
            found[name] = plain
            taken.add(plain)
    beside = {_in_its_folder(name): found[name] for name in reversed(every) if name in found}
    for name in late:
        twin = beside.get(_in_its_folder(name))
        found[name] = next(each for each in _longer_ids(name, twin) if each not in taken)
        taken.add(found[name])
        beside.setdefault(_in_its_folder(name), found[name])
    return found


def plain_id(name: str) -> str:
    """Return the id of a document whose file has no namesake; ``name`` may be a path."""
    return id_from_name(PurePosixPath(name).name)


def _rank(name: str) -> tuple[bool, int, str]:
    path = PurePosixPath(name)
    return path.suffix.lower() not in _FIRST_SUFFIXES, len(path.parts), name


def _in_its_folder(name: str) -> tuple[PurePosixPath, str]:
    return PurePosixPath(name).parent, plain_id(name)


def _longer_ids(name: str, twin: str | None) -> Iterator[str]:
    """Yield ids for a file whose plain id is taken; ``twin`` is the id of one in its own folder.

    The last one has the whole digest of the path.
    """
    path = PurePosixPath(name)
    suffix = path.suffix[1:].lower()
    if twin is not None:
        yield id_from_name(f"{twin}-{suffix}.txt")
    yield id_from_name("-".join(path.parts))
    yield id_from_name(f"{path.stem}-{suffix}.txt")
    for digits in _DIGITS:
        yield id_from_name(f"{path.stem[:_STEM_CHARACTERS]}-{digest_of(name)[:digits]}.txt")
