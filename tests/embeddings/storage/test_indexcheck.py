"""Every byte of every generation is read, and what it means is checked."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import SEARCHES, LetterEmbedder, corpus_of
from processes import verbatim

from corpus import Corpus
from embeddings import FolderIndex, IndexCheck, IndexNotFound, check_generations, refresh
from embeddings.arrays import array_from_bytes, array_to_bytes
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.index.vectorindex import VectorIndex
from embeddings.storage.newgeneration import NewGeneration

CORPUS = corpus_of("Alpha met beta. They agreed.\n\nGamma left.", "Delta stayed.")


@pytest.fixture
def two(store: FolderIndex) -> FolderIndex:
    """A store with the generations 1 and 2."""
    refresh(corpus_of("Once."), index=store, embedder=LetterEmbedder())
    refresh(CORPUS, index=store, embedder=LetterEmbedder())
    return store


def problems(found: IndexCheck) -> list[str]:
    """All of them, those of generations with their numbers."""
    return [
        *(
            f"{each.generation}: {problem}"
            for each in found.generations
            for problem in each.problems
        ),
        *found.problems,
    ]


def test_an_intact_index_is_counted_and_has_no_problem(two: FolderIndex) -> None:
    read: list[tuple[int, int]] = []
    found = check_generations(two, progress=lambda done, in_all: read.append((done, in_all)))
    assert found.intact
    assert (found.problems, found.unknown) == ((), ())
    assert [(g.generation, g.current, g.intact) for g in found.generations] == [
        (1, False, True),
        (2, True, True),
    ]
    last = found.generations[1]
    paths = list((two.directory / "000002").iterdir())
    assert (last.files, last.size_bytes) == (len(paths), sum(p.stat().st_size for p in paths))
    assert (last.documents, last.passages, last.sentences, last.citations) == (2, 3, 4, None)
    everything = sum(generation.size_bytes for generation in found.generations)
    assert read[-1] == (everything, everything)


def test_a_flipped_bit_in_any_file_is_found_and_the_file_named(two: FolderIndex) -> None:
    for path in sorted(two.directory.glob("0*/*")):
        good = path.read_bytes()
        bad = bytearray(good)
        bad[len(bad) // 2] ^= 4
        path.write_bytes(bad)
        (problem,) = problems(check_generations(two))
        assert problem.startswith(f"{int(path.parent.name)}: {path.name} is not")
        path.unlink()
        (problem,) = problems(check_generations(two))
        assert problem.startswith(f"{int(path.parent.name)}: {path.name} cannot be read")
        path.write_bytes(good)
    assert check_generations(two).intact


def test_every_problem_of_a_generation_is_named(two: FolderIndex) -> None:
    for name in ("corpus.jsonl", "words.txt"):
        with (two.directory / "000001" / name).open("ab") as stream:
            stream.write(b"junk")
    assert problems(check_generations(two)) == [
        "1: corpus.jsonl is not what was written",
        "1: words.txt is not what was written",
    ]


def test_a_manifest_of_another_generation_is_found(two: FolderIndex) -> None:
    first, second = (two.directory / name / MANIFEST_NAME for name in ("000001", "000002"))
    second.write_bytes(first.read_bytes())
    assert "2: manifest.json is that of generation 1" in problems(check_generations(two))


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        (None, "CURRENT is missing"),
        (b"junk", "CURRENT is damaged: it names no generation"),
        (b"000009\n", "CURRENT names generation 9, which is missing"),
    ],
)
def test_a_pointer_that_leads_nowhere_is_found(
    two: FolderIndex, pointer: bytes | None, said: str
) -> None:
    path = two.directory / "CURRENT"
    path.unlink() if pointer is None else path.write_bytes(pointer)
    (problem,) = problems(check_generations(two))
    assert said in problem


def test_unknown_files_are_named_and_are_no_damage(two: FolderIndex) -> None:
    (two.directory / "notes.txt").write_text("mine")
    (two.directory / "000002" / "extra").write_text("mine")
    found = check_generations(two)
    assert found.intact
    assert found.unknown == ("notes.txt",)
    assert found.generations[1].unknown == ("extra",)


def test_a_generation_that_goes_meanwhile_is_left_out(two: FolderIndex) -> None:
    def prune(done: int, _: int) -> None:
        shutil.rmtree(two.directory / "000001", ignore_errors=True)

    found = check_generations(two, progress=prune)
    assert [each.generation for each in found.generations] == [2]
    assert found.intact


def test_without_an_index_there_is_nothing_to_check(store: FolderIndex) -> None:
    with pytest.raises(IndexNotFound, match="verbatim refresh"):
        check_generations(store)


Files = dict[str, bytes]
Spoil = Callable[[Files], None]


def array(name: str, change: Callable[[np.ndarray], object]) -> Spoil:
    """Changes an array in place, or puts what is returned in its stead."""

    def spoil(files: Files) -> None:
        values = array_from_bytes(files[name]).copy()
        changed = change(values)
        files[name] = array_to_bytes(changed if isinstance(changed, np.ndarray) else values)

    return spoil


def put(index: int, value: float) -> Callable[[np.ndarray], None]:
    def change(values: np.ndarray) -> None:
        values.flat[index] = value

    return change


def vectors(name: str, change: Callable[[np.ndarray], None]) -> Spoil:
    """Changes the vectors of an index where ``VectorIndex.build`` would refuse them."""

    def spoil(files: Files) -> None:
        index = VectorIndex.from_bytes(files[name])
        flat = faiss.rev_swig_ptr(index._index.get_xb(), len(index) * index.dimension)
        change(flat.reshape(len(index), index.dimension))
        files[name] = index.to_bytes()

    return spoil


def line(change: Callable[[dict[str, list]], None]) -> Spoil:
    """Changes the first document of the stored corpus."""

    def spoil(files: Files) -> None:
        first, rest = files["corpus.jsonl"].decode().split("\n", 1)
        fields = json.loads(first)
        change(fields)
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True)
        files["corpus.jsonl"] = f"{text}\n{rest}".encode()

    return spoil


def passage(*fields: object) -> Callable[[dict[str, list]], None]:
    """Puts the fields number, start, end and sentences in the place of the first passage's."""

    def change(document: dict[str, list]) -> None:
        document["passages"][0] = list(fields)

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (vectors("passages.faiss", put(3, np.nan)), "passages.faiss: a vector is not finite"),
        (vectors("sentences.faiss", put(3, 9)), "sentences.faiss: a vector's length is not 1"),
        (vectors("documents.faiss", put(0, np.inf)), "documents.faiss: a vector is not finite"),
        (line(passage(1, 0, 28, [[0, 15], [16, 29]])), "d1, ¶ 1: a sentence is not inside"),
        (line(passage(1, 0, 28, [[16, 28], [0, 15]])), "d1, ¶ 1: its sentences overlap or are"),
        (line(passage(1, 90, 99, [[90, 95], [96, 99]])), "d1, ¶ 1: its span is not inside"),
        (line(passage(2, 0, 28, [[0, 15], [16, 28]])), "d1: paragraph numbers repeat"),
        (array("lexical-rows.npy", put(0, 3)), "lexical: a row is not that of a text"),
        (array("lexical-rows.npy", put(0, -1)), "lexical: a row is not that of a text"),
        (array("context-lexical-rows.npy", put(0, 9)), "context-lexical: a row is not"),
        (array("lexical-scores.npy", put(0, np.nan)), "lexical: a score is negative or not"),
        (array("lexical-scores.npy", lambda a: a[:-1]), "lexical: there are more scores"),
        (array("lexical-starts.npy", put(1, 99)), "lexical: the starts go back"),
        (array("lexical-starts.npy", put(0, 1)), "lexical: the starts do not run from 0"),
        (array("lexical-starts.npy", put(-1, 1)), "lexical: the starts do not run"),
        (
            array("lexical-starts.npy", lambda a: a[:-1]),
            "the lexical index and the stems have different words",
        ),
        (array("terms-ids.npy", put(0, 999)), "terms: a number is not that of a stem"),
        (array("terms-words.npy", put(0, 999)), "terms: a number is not that of a word"),
        (array("terms-words.npy", lambda a: a[:-1]), "terms: a number is not that of a word"),
        (array("terms-starts.npy", put(1, 99)), "terms: the starts go back"),
        (array("terms-title-ids.npy", put(0, -1)), "terms of titles: a number is not"),
        (array("terms-title-starts.npy", lambda a: a[:-1]), "terms of titles: there are more"),
        (array("terms-kinds.npy", put(0, 8)), "terms: the kinds of the sentences"),
        (array("terms-kinds.npy", lambda a: a[:-1]), "terms: the kinds of the sentences"),
        (array("tokens-starts.npy", put(1, 99)), "tokens: the starts go back"),
        (array("context-tokens-starts.npy", put(0, 1)), "context-tokens: the starts do not run"),
        (array("tokens-ids.npy", put(0, -5)), "tokens: a number is out of its bounds"),
        (array("token-basis.npy", put(0, np.nan)), "token-basis.npy: an axis is not finite"),
        (array("token-frequencies.npy", put(0, 9)), "token-frequencies.npy: more passages"),
        (array("token-frequencies.npy", lambda a: a[:5]), "token-frequencies.npy: a token has"),
    ],
)
def test_what_makes_no_sense_is_found_though_every_digest_is_right(
    store: FolderIndex, spoil: Spoil, said: str
) -> None:
    refresh(CORPUS, index=store, embedder=LetterEmbedder())
    folder = store.directory / "000001"
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != MANIFEST_NAME}
    spoil(files)
    with store.writer():
        store.publish(
            NewGeneration(
                files,
                corpus=CORPUS,
                model=LetterEmbedder().identity,
                runtime="letters 1",
                searches=SEARCHES,
                dimension=27,
            ),
            after=store.published_number(),
        )
    found = [p.removeprefix("2: ") for p in problems(check_generations(store))]
    assert [p for p in found if p.startswith(said)], found


def test_files_that_do_not_belong_together_are_found(two: FolderIndex) -> None:
    path = two.directory / "000002" / MANIFEST_NAME
    manifest = dataclasses.replace(Manifest.from_bytes(path.read_bytes()), passages=4)
    path.write_bytes(manifest.to_bytes())
    assert problems(check_generations(two)) == ["2: its files do not belong together"]


def test_citations_are_compared_with_the_sources_kept_under_their_digests(
    two: FolderIndex,
) -> None:
    kept = {d.digest: d.text for corpus in (corpus_of("Once."), CORPUS) for d in corpus.documents}
    for source_text in (None, kept.get):
        found = check_generations(two, citations=True, source_text=source_text)
        assert found.intact
        assert [each.citations for each in found.generations] == [2, 7]
    first, second = CORPUS.documents
    del kept[first.digest]
    kept[second.digest] = "Delta stayed!"
    found = check_generations(two, citations=True, source_text=kept.get)
    assert problems(found) == [
        f"2: d1: its source is not kept ({first.digest})",
        f"2: d2: its source has changed ({second.digest})",
    ]
    assert found.generations[1].citations == 0


def test_the_command_prints_a_line_a_generation_and_a_line_a_problem(
    built_home: Path, tmp_path: Path, shipped: Corpus
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    run = verbatim("check", "--citations", home=home)
    assert (run.returncode, run.stderr) == (0, "")
    pieces = sum(1 + len(passage.sentences) for passage in shipped.quotable())
    assert run.stdout.startswith("Generation 1, current: intact, 30 files, ")
    assert run.stdout.endswith(f"{pieces} citations compared\n")
    (home / "index" / "000001" / "words.txt").unlink()
    run = verbatim("check", home=home)
    assert run.returncode == 1
    assert run.stdout.splitlines()[1].startswith("  words.txt cannot be read")
    said = json.loads(verbatim("check", "--json", home=home).stdout)
    assert not said["intact"]
    (problem,) = said["generations"][0]["problems"]
    assert f"  {problem}\n" in run.stdout
