"""A preview takes a count and a few beginnings from the extractor, and makes no passage here."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from corpora import shared_extractor
from hypothesis import given
from hypothesis import strategies as st

from corpus import Passage, Sentence, Snapshots, digest_of, document_from_text, normalise
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extract import Extract
from corpus.extraction.process import frames, outlineanswer
from corpus.extraction.process.answers import Answer
from corpus.longtexts import PIECE_CHARACTERS, utf8_length, utf8_pieces
from corpus.model import DATELINE_NUMBER
from corpus.normalisation import is_stored

TEXT = "May 12 2022 – Marrakesh, Morocco\n\n" + "\n\n".join(
    f"We met {number} times. We left." for number in range(1, 8)
)
DOCUMENT = document_from_text(TEXT, document_id="d", title="T")
LONG = "é" * (PIECE_CHARACTERS - 1) + "漢🙂" + "a" * PIECE_CHARACTERS
MOST = 10_000_000


def directory(folder: Path) -> CorpusDirectory:
    (folder / "corpus").mkdir()
    return CorpusDirectory(
        folder / "corpus", snapshots=Snapshots(folder / "s"), extractor=shared_extractor()
    )


def received(frame: bytes) -> str | None:
    """The result of ``receive_text`` for a frame that a thread sends."""
    here, there = os.pipe()

    def send() -> None:
        with suppress(frames.FrameError):  # nobody reads on behind what is wrong
            frames.send(there, frame)
        os.close(there)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        return frames.receive_text(here, most=MOST)
    finally:
        os.close(here)
        sender.join()


def test_what_is_added_or_previewed_makes_no_passage_and_no_sentence_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = directory(tmp_path)

    def made(*_: object, **__: object) -> None:
        raise AssertionError("nobody reads it")

    for each in (Passage, Sentence):
        monkeypatch.setattr(each, "__init__", made)
    found = place.preview(Extract(TEXT), content=b"x", source="a.txt").document
    assert found == place.add(Extract(TEXT), content=b"x", source="a.txt").document
    assert found.passage_count == 7
    assert [number for number, _ in found.beginnings] == [1, 2, 3, 7]
    assert found.beginnings[-1] == (7, "We met 7 times. We left.")


def test_an_outline_is_that_of_the_document_that_is_laid_out() -> None:
    laid_out = shared_extractor().lay_out(DOCUMENT.text, document_id="d")
    assert laid_out.dateline is not None
    assert shared_extractor().outline(DOCUMENT.text, document_id="d") == laid_out.outline


def wrong_outlines() -> dict[str, Answer]:
    head = dict(outlineanswer.answer_of(DOCUMENT).head)
    fields = {
        "passages": (None, True, -1, "7", 2),
        "title": (None, "two\nlines"),
        "beginnings": (
            None,
            [1],
            [[1]],
            [[DATELINE_NUMBER, "x"]],
            [[2, "x"], [1, "x"]],
            [[8, "x"]],
            [[True, "x"]],
            [[1, ""]],
            [[1, 5]],
            [[1, "x\x1b"]],
            [[1, "x" * 1_001]],
        ),
    }
    wrong = {
        f"{name} {str(value)[:20]}": Answer({**head, name: value})
        for name, values in fields.items()
        for value in values
    }
    return {**wrong, "text": Answer(head, "a text")}


@pytest.mark.parametrize("name", wrong_outlines())
def test_what_can_be_no_outline_is_none(name: str) -> None:
    with pytest.raises(frames.FrameError):
        outlineanswer.outline_of(wrong_outlines()[name], document_id="d", text=DOCUMENT.text)


@pytest.mark.parametrize("at", [-1, len(TEXT) + 1, True, "0", 1.0])
def test_a_body_begins_inside_its_text(at: object) -> None:
    from corpus.extraction.process import frontmatteranswer

    answer = Answer({"fields": {}, "body_at": at})
    with pytest.raises(frames.FrameError):
        frontmatteranswer.parts_of(answer, text=TEXT)


@pytest.mark.parametrize(
    "text", ["", TEXT, "---\ntitle: A\n---\n\ufeffWe met.", "---\ntitle: A\n---\nWe\x00 met.", LONG]
)
def test_front_matter_of_a_text_is_that_of_its_bytes(text: str) -> None:
    there = shared_extractor().front_matter(text.encode())
    assert shared_extractor().front_matter_of_text(text) == there


@given(st.integers(0, 3))
def test_a_long_text_is_sent_and_digested_in_pieces_as_it_is_whole(shift: int) -> None:
    import hashlib

    text = "x" * shift + LONG
    whole = text.encode()
    assert b"".join(utf8_pieces(text)) == whole
    assert max(map(len, utf8_pieces(text))) < len(whole)
    assert utf8_length(text) == len(whole)
    assert digest_of(text) == hashlib.sha256(whole).hexdigest()
    assert received(whole) == text


@pytest.mark.parametrize(
    "frame",
    [
        LONG.encode()[:-PIECE_CHARACTERS][:-1],
        LONG.encode() + b"\xff",
        LONG.encode() + b"\x00",
        ("é" + "a" * 300_000 + "\u2028").encode(),
        ("\ufeff" + LONG).encode(),
    ],
    ids=["half a character", "no UTF-8", "a control", "a separator", "a mark of order"],
)
def test_a_text_is_looked_at_to_its_end_while_it_comes(frame: bytes) -> None:
    with pytest.raises(frames.FrameError):
        received(frame)


@given(st.text(st.characters(max_codepoint=0x2030)))
def test_a_text_is_stored_where_normalising_leaves_it(text: str) -> None:
    assert is_stored(text) == (normalise(text) == text)
