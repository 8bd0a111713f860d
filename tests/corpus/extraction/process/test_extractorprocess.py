"""One process parses all foreign bytes: for several threads, within bounds, and with no trust in
what comes back.
"""

import os
import signal
import threading
import time
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpora import read_corpus, shared_extractor
from hostilesandbox import HOSTILE, LIMITS
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import awkward_texts

from corpus import (
    CorpusError,
    Document,
    ExtractorBusy,
    ExtractorClosed,
    ExtractorUnavailable,
    Snapshots,
    UnreadableSource,
    document_from_bytes,
    document_from_text,
    normalise,
)
from corpus.directory import corpusfiles
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.directory.shippedstatements import shipped_statements
from corpus.extraction.extract import Extract
from corpus.extraction.extractor import AT_WORK_AT_ONCE, Extractor
from corpus.extraction.limits import Limits
from corpus.extraction.process import documentanswer, extractanswer, frontmatteranswer
from corpus.extraction.process.answers import MOST_SPANS, Answer
from corpus.extraction.process.frames import FrameError
from corpus.extraction.process.frontmatteranswer import Parts
from corpus.extraction.process.sandbox import Sandbox
from corpus.extraction.slots import Places
from corpus.frontmatter.frontmatter import Provenance

TEXT = "May 12 2022 – Marrakesh, Morocco\n\nWe met. We left.\n\nWe will meet again."
DOCUMENT = document_from_text(
    TEXT, document_id="d", title="T", url="https://example.org/a", access=frozenset({"staff"})
)
LONG = ("a b. " * 4_000_000)[:19_000_000]
"""Takes seconds to lay out, and more sentences than a document may have."""


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    with Sandbox(limits=LIMITS, command=HOSTILE) as sandbox:
        yield sandbox


def asked(sandbox: Sandbox, order: str) -> str:
    return sandbox.ask("read", order.encode(), name="x").text


# what comes back


def read_or_reason(read: Any, data: bytes) -> Document | str:
    try:
        return read(data, "a.md")  # type: ignore[no-any-return]
    except UnreadableSource as error:
        return str(error)


@settings(max_examples=40)
@given(st.one_of(awkward_texts.map(str.encode), st.binary(max_size=200)))
def test_a_file_gives_in_the_process_what_it_gives_here(data: bytes) -> None:
    for whole in (data, b"---\ntitle: A title\naccess: [staff]\n---\n" + data):
        there = read_or_reason(shared_extractor().document, whole)
        here = read_or_reason(document_from_bytes, whole)
        if isinstance(here, str):
            assert isinstance(there, str)
        else:
            assert there == here


def test_a_stored_text_is_laid_out_there_as_here() -> None:
    assert shared_extractor().stored_document(DOCUMENT.text, "d", "T") == replace(
        DOCUMENT, url=None, access=frozenset()
    )


def wrong_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    answer = documentanswer.answer_of(DOCUMENT, with_text=True)
    head, numbers = dict(answer.head), list(answer.numbers)
    for field, values in {
        "title": (None, 5, "", "two\nlines", "\x1b[31m", "x" * 100_001),
        "publisher": (5, "a\x00b"),
        "published": ("2022-13-01", "yesterday"),
        "url": ("javascript:alert(1)", "https://exa mple.org", 5),
        "language": ("../en", 5),
        "access": ("staff", [5], ["A group!"], ["public", "staff"]),
        "fetched": ("file:///etc/passwd",),
        "said_by_source": (["title"], "url"),
        "dateline": (None, 1),
        "passages": (None, True, -1, 0, 2, 4, 10**9, "3"),
    }.items():
        for value in values:
            yield f"{field} {str(value)[:20]}", {"head": {**head, field: value}}
    for at, value in (
        (0, 5),
        (1, 999),
        (2, 0),
        (2, 2),
        (3, 0),
        (4, 33),
        (5, 3),
        (-1, 999),
        (-2, 0),
    ):
        changed = list(numbers)
        changed[at] = value
        yield f"number {at} {value}", {"numbers": array("I", changed)}
    yield "too many", {"numbers": array("I", [*numbers, 1, 2])}
    yield "too few", {"numbers": array("I", numbers[:-2])}
    yield "none", {"numbers": array("I")}


@pytest.mark.parametrize("change", [pytest.param(c, id=name) for name, c in wrong_documents()])
def test_what_can_be_no_document_is_not_taken_for_one(change: dict[str, Any]) -> None:
    right = documentanswer.answer_of(DOCUMENT, with_text=True)
    assert documentanswer.document_of(right, document_id="d", text=right.text) == DOCUMENT
    with pytest.raises(FrameError):
        documentanswer.document_of(replace(right, **change), document_id="d", text=right.text)


@given(st.lists(st.integers(0, 90), max_size=30), st.integers(0, 5), st.booleans())
def test_numbers_that_come_back_are_spans_in_order_or_refused(
    numbers: list[int], passages: int, dateline: bool
) -> None:
    right = documentanswer.answer_of(DOCUMENT, with_text=True)
    head = {**right.head, "passages": passages, "dateline": dateline}
    answer = Answer(head, right.text, array("I", numbers))
    with suppress(FrameError):
        document = documentanswer.document_of(answer, document_id="d", text=TEXT)
        last = 0
        for passage in document.passages:
            assert last <= passage.span.start < passage.span.end <= len(TEXT)
            assert passage.text == passage.span.of(TEXT)
            assert passage.sentences
            for sentence in passage.sentences:
                assert passage.span.contains(sentence.span)
                assert sentence.text == sentence.span.of(TEXT)
            last = passage.span.end


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        {"a": 5},
        {"a": None},
        {"a": [["b", True]]},
        {"a": "x" * 100_001},
        {"a": ["b"] * 20_001},
    ],
)
def test_what_can_be_no_front_matter_is_not_taken_for_it(fields: object) -> None:
    parts = Parts({"tags": ["a", {"b": "c"}]}, Provenance(title="T"), "We met.")
    right = frontmatteranswer.answer_of(parts)
    assert frontmatteranswer.parts_of(right) == parts
    with pytest.raises(FrameError):
        frontmatteranswer.parts_of(replace(right, head={**right.head, "fields": fields}))
    deep: object = "x"
    for _ in range(50):
        deep = [deep]
    with pytest.raises(FrameError):
        frontmatteranswer.parts_of(replace(right, head={**right.head, "fields": {"a": deep}}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", 5),
        ("title", "x" * 2_001),
        ("title", "a\nb"),
        ("published", "never"),
        ("notes", "a note"),
        ("notes", ["x" * 2_001]),
        ("notes", ["x"] * 101),
        ("also_at", [5]),
    ],
)
def test_what_can_be_no_extract_is_not_taken_for_one(field: str, value: object) -> None:
    right = extractanswer.answer_of(Extract(text="We met."))
    with pytest.raises(FrameError):
        extractanswer.extract_of(replace(right, head={**right.head, field: value}))


@pytest.mark.parametrize(
    "order", ["wrong", "control characters", "huge head", "huge text", "half", "nothing", "flood"]
)
def test_a_fork_that_answers_what_cannot_be_costs_its_own_source_alone(
    hostile: Sandbox, order: str
) -> None:
    server = asked(hostile, "server")
    started = time.monotonic()
    with pytest.raises(UnreadableSource):
        asked(hostile, order)
    assert time.monotonic() - started < 6
    assert asked(hostile, "echo here") == "here"
    assert asked(hostile, "server") == server


def test_a_reason_is_one_line_that_can_be_shown(hostile: Sandbox) -> None:
    with pytest.raises(UnreadableSource) as caught:
        asked(hostile, "reason")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 500


def test_a_document_of_too_many_sentences_is_refused_and_not_built_here() -> None:
    text = "a b.\n\n" * (MOST_SPANS // 2 + 1)
    # seconds of work, which a busy computer stretches: the sentences are to end it, not the time
    with (
        Extractor(limits=Limits(wall_s=240)) as extractor,
        pytest.raises(UnreadableSource, match="over 500,000 paragraphs and sentences"),
    ):
        extractor.document(text.encode(), "a.md")


# threads, places and time


def test_threads_share_one_process_and_get_each_their_own_answer(hostile: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda n: asked(hostile, f"echo {n}"), range(60)))
        assert told == [str(n) for n in range(60)]
        assert len(set(threads.map(lambda _: asked(hostile, "server"), range(8)))) == 1


def test_a_source_that_takes_for_ever_holds_up_no_other(hostile: Sandbox) -> None:
    with ThreadPoolExecutor(1) as aside:
        stuck = aside.submit(asked, hostile, "sleep")
        time.sleep(0.2)
        started = time.monotonic()
        for _ in range(10):
            assert asked(hostile, "echo x") == "x"
        assert time.monotonic() - started < 1.5
        with pytest.raises(UnreadableSource, match="took more than 2 s"):
            stuck.result()


def test_an_answer_that_another_ones_end_takes_away_is_asked_for_again(hostile: Sandbox) -> None:
    server = int(asked(hostile, "server"))
    with ThreadPoolExecutor(1) as aside:
        slow = aside.submit(asked, hostile, "slow 0.6")
        time.sleep(0.2)
        os.kill(server, signal.SIGKILL)
        assert slow.result() == "slow"
    assert int(asked(hostile, "server")) != server


def test_a_process_that_dies_again_is_no_fault_of_the_source(hostile: Sandbox) -> None:
    with ThreadPoolExecutor(1) as aside:
        slow = aside.submit(asked, hostile, "slow 1.5")
        for _ in range(2):
            time.sleep(0.3)
            os.kill(int(asked(hostile, "server")), signal.SIGKILL)
        with pytest.raises(ExtractorUnavailable, match="from outside, twice"):
            slow.result()


def test_closing_ends_what_is_at_work_at_once() -> None:
    sandbox = Sandbox(limits=replace(LIMITS, wall_s=60), command=HOSTILE)
    server = int(asked(sandbox, "server"))
    with ThreadPoolExecutor(1) as aside:
        stuck = aside.submit(asked, sandbox, "sleep")
        time.sleep(0.3)
        started = time.monotonic()
        sandbox.close()
        with pytest.raises(ExtractorClosed):
            stuck.result()
        assert time.monotonic() - started < 1.5
    for _ in range(100):
        try:
            os.killpg(server, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    else:
        pytest.fail("a fork outlived the process")
    with pytest.raises(ExtractorClosed):
        asked(sandbox, "echo x")


def test_so_many_are_at_work_at_once_and_the_others_come_in_their_order() -> None:
    places = Places(AT_WORK_AT_ONCE, most_waiting=20)
    lock = threading.Lock()
    at_work, most, order = 0, 0, []

    def work(number: int) -> None:
        nonlocal at_work, most
        with places.taken(wait_s=10):
            with lock:
                at_work += 1
                most = max(most, at_work)
                order.append(number)
            time.sleep(0.05)
            with lock:
                at_work -= 1

    with ThreadPoolExecutor(10) as threads:
        for number in range(10):
            threads.submit(work, number)
            time.sleep(0.01)
    assert most == AT_WORK_AT_ONCE == 2
    assert order == list(range(10))


def test_who_waits_too_long_or_comes_when_too_many_wait_is_told_to_try_again() -> None:
    places = Places(1, most_waiting=1)
    with places.taken(wait_s=1), ThreadPoolExecutor(1) as aside:
        with (
            pytest.raises(ExtractorBusy, match="other files are being read"),
            places.taken(wait_s=0.05),
        ):
            pass
        waiting = aside.submit(lambda: places.taken(wait_s=0.5).__enter__())
        time.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(ExtractorBusy), places.taken(wait_s=5):
            pass
        assert time.monotonic() - started < 0.1
        with pytest.raises(ExtractorBusy):
            waiting.result()
    with places.taken(wait_s=0.05):  # and those that gave up hold no place
        pass


def test_the_steps_of_one_source_take_no_longer_than_they_may_together() -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableSource, match="took more than"):
        shared_extractor().within(0.4).lay_out(LONG, document_id="d")
    assert time.monotonic() - started < 5


def children() -> dict[int, str]:
    """The extractor processes of this process, by their ids, with their command lines."""
    found = {}
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with suppress(OSError):
            found[int(pid)] = Path(f"/proc/{pid}/cmdline").read_text()
    return {
        pid: line
        for pid, line in found.items()
        if "corpus.extraction.process.extractorprocess" in line
    }


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_whoever_asks_comes_first_and_is_not_ended_first() -> None:
    before = set(children())
    with Extractor() as extractor:
        assert extractor.document(b"We met.", "a.md").passages
        (process,) = set(children()) - before
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, process) > ours
        assert int(Path(f"/proc/{process}/oom_score_adj").read_text()) >= 500
    assert process not in children()


def test_nothing_is_started_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.md").write_text("---\nsource: a.txt\n---\nWe met.")
    with Extractor(command=("/nowhere/python",)) as extractor:
        directory = CorpusDirectory(
            tmp_path / "corpus", snapshots=Snapshots(tmp_path), extractor=extractor
        )
        assert directory.find("a") == "a"
        directory.remove("a")
        with pytest.raises(ExtractorUnavailable, match="could not be started"):
            extractor.document(b"We met.", "a.md")


# who parses


PARSERS = (
    "corpus.extraction.textfile.split_front_matter",
    "corpus.documents.documentbuilder.lay_out",
    "corpus.documents.documentbuilder.cut_long",
    "corpus.documents.documentbuilder.split_sentences",
    "corpus.extraction.kinds.kind_of",
    "corpus.extraction.text.plaintext.decoded",
    "corpus.frontmatter.yamlfields.yaml_fields",
    "corpus.frontmatter.frontmatter.yaml_fields",
)


def test_the_process_that_asks_parses_nothing_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("foreign bytes are parsed here")

    (tmp_path / "corpus").mkdir()
    for parser in PARSERS:
        monkeypatch.setattr(parser, parsed)
    with pytest.raises(AssertionError):
        read_corpus(shipped := shipped_statements())
    extractor = shared_extractor()
    directory = CorpusDirectory(
        tmp_path / "corpus", snapshots=Snapshots(tmp_path / "s"), extractor=extractor
    )
    text = f"---\ntitle: A title\ntags: [a]\n---\n{TEXT}".encode()
    for content in (text, text, text + b"\n\nMore."):
        extract = extractor.extract(content, name="a.txt")
        directory.add(extract, content=content, source="a.txt")
        directory = CorpusDirectory(
            tmp_path / "corpus", snapshots=Snapshots(tmp_path / "s"), extractor=extractor
        )
    assert directory.ids == ("a",)
    reading = corpusfiles.read_corpus(tmp_path / "corpus", read=extractor.document)
    assert reading.whole().documents[0].title == "A title"
    assert corpusfiles.read_corpus(shipped, read=extractor.document).whole().documents


@given(
    st.lists(
        st.sampled_from(
            ["a", "B", "é", "-", " ", "'", '"', ":", "#", "漢", "/", ".", "&", "%", "0"]
        ),
        min_size=1,
        max_size=12,
    ).map("".join),
    st.integers(0, 2),
)
def test_a_source_is_found_again_however_its_label_is_spelt(label: str, blanks: int) -> None:
    from corpus.directory.statementfile import StatementFile
    from corpus.frontmatter.frontmatter import with_front_matter

    class Kept(StatementFile):
        def _head(self) -> bytes:
            text = with_front_matter(Provenance(title="---"), {"source": label}, "We met.\n---\n")
            return ("\n" * blanks + text).encode()

    file = Kept(Path("a.md"), shared_extractor())
    assert file.may_say(label)
    assert not file.may_say("another label")


def test_of_many_files_only_those_are_parsed_that_may_be_of_the_source(tmp_path: Path) -> None:
    class Counting(Extractor):
        calls = 0

        def front_matter(self, data: bytes, *, decided: bool = False) -> Parts:
            type(self).calls += 1
            return shared_extractor().front_matter(data, decided=decided)

    (tmp_path / "corpus").mkdir()
    for number in range(50):
        text = f"---\nsource: file {number}.txt\noriginal: '{number:064}'\n---\nWe met {number}.\n"
        (tmp_path / "corpus" / f"{number:02}.md").write_text(text)
    with Counting() as extractor:
        directory = CorpusDirectory(
            tmp_path / "corpus", snapshots=Snapshots(tmp_path / "s"), extractor=extractor
        )
        added = directory.preview(Extract("We left.\n"), content=b"x", source="file 37.txt")
    assert (added.document.id, added.state) == ("37", "updated")
    assert Counting.calls < 5


def test_an_error_of_the_process_hides_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("We met.")
    with (
        Extractor(command=("/nowhere/python",)) as extractor,
        pytest.raises(CorpusError, match="could not be started"),
    ):
        corpusfiles.read_corpus(tmp_path, read=extractor.document)


def test_a_text_is_normal_or_normalised() -> None:
    from corpus.normalisation import is_stored

    for text in (
        "",
        "a\n\tb",
        "\ufeffa",
        "a\rb",
        "a\u2028b",
        "a\x85",
        "a\x1b",
        "x" * 100_001 + "\x00",
    ):
        assert is_stored(text) == (normalise(text) == text)
