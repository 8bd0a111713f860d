"""Where a stored text deviates from its source is counted, kept and shown at every door."""

import json
from pathlib import Path

import pytest
from processes import verbatim

from bot.citations.citation import cite
from bot.language.deviationtexts import deviation_lines
from bot.language.translation import translator
from bot.replies.passageview import source_message
from bot.verification.shortreference import short_reference_to, verify_short_reference
from corpus import Corpus, Snapshots, document_from_text
from corpus.extraction.deviationform import deviations_from_json, deviations_to_json
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName

PROSE = "The ministers of the valley met and agreed on the use of the water of the river. " * 4
PAGE = (
    "<!doctype html><html lang=en><head><title>On the valley</title></head><body><main>"
    f"<h1>On the valley</h1><p>{PROSE}</p><p>The fund counts 85<sup><a href='#fn1'>1</a></sup> "
    f"members, among them <s>three</s> four islands.</p><p style='display:none'>DRAFT</p><p>{PROSE}"
    "</p></main></body></html>"
)
DEVIATIONS = (
    Deviation(DeviationKind.LEFT_OUT, DeviationName.NOTE, "1", 3),
    Deviation(DeviationKind.LEFT_OUT, DeviationName.NOTE, "2", 5),
    Deviation(DeviationKind.REPAIRED, DeviationName.BYTE, "e9", 7),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deviations")
    (folder / "valley.html").write_text(PAGE, "utf-8")
    home = folder / "home"
    run = verbatim("add", str(folder / "valley.html"), "--refresh", home=home)
    assert run.returncode == 0, run.stderr
    assert "not as in the source: 1 hidden text, 1 note, 1 struck-out text" in run.stdout
    return home


def test_adding_tells_programs_what_was_left_out(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text(PAGE.replace("valley", "delta"), "utf-8")
    run = verbatim("add", str(tmp_path / "other.html"), "--json", home=home)
    (outcome,) = json.loads(run.stdout)
    assert {"kind": "left out", "name": "note", "count": 1} in outcome["deviations"]
    again = verbatim("add", str(tmp_path / "other.html"), home=home)
    assert "unchanged" in again.stdout
    assert "1 note" in again.stdout


def test_show_prints_what_was_left_out_beside_the_text(home: Path) -> None:
    shown = verbatim("show", "valley", "--beside", home=home).stdout
    block = "The fund counts 85 members, among them four islands.\n"
    assert f"{block}| note left out: 1\n| struck-out text left out: three\n" in shown
    assert "| hidden text left out: DRAFT\n" in shown
    one = verbatim("show", "valley", "2", "--beside", home=home).stdout
    assert "note left out: 1" in one
    assert PROSE.strip() not in one
    both = verbatim("show", "valley", "--beside", "--raw", home=home)
    assert both.returncode == 2


def test_check_says_which_texts_deviate_from_their_sources(home: Path) -> None:
    run = verbatim("check", "--citations", home=home)
    assert run.returncode == 0
    assert "valley: not as in the source: 1 hidden text, 1 note, 1 struck-out text" in run.stdout
    found = json.loads(verbatim("check", "--citations", "--json", home=home).stdout)
    assert {"kind": "left out", "name": "note", "count": 1} in found["deviations"]["valley"]


def test_source_says_what_was_left_out_in_the_persons_language() -> None:
    document = document_from_text(PROSE, document_id="d1", title="T")
    corpus = Corpus((document,))
    reference = short_reference_to(cite(document, document.passage(1)), 1)
    found = verify_short_reference(reference, corpus, lambda _: None)
    for language, line in (
        ("en", "Left out: 2 notes\nRepaired: 1 byte"),
        ("fr", "Laissé de côté : 2 appels de note\nRéparé : 1 octet"),
    ):
        message = source_message(
            found, 1, translator(language), deviations_of={document.digest: DEVIATIONS}.get
        )
        assert message is not None
        assert line in message.text.replace("\u202f", " ").replace("\u00a0", " ")
    message = source_message(found, 1, translator("en"))
    assert message is not None
    assert "Left out" not in message.text


def test_every_name_is_said_in_every_language() -> None:
    for language in ("en", "fr"):
        words = translator(language)
        for name in DeviationName:
            for count in (1, 2):
                deviations = [Deviation(DeviationKind.GUESSED, name, "x", 0)] * count
                (line,) = deviation_lines(deviations, words)
                assert line.endswith(words.plural(*_forms(name), count))
                assert str(count) in line


def _forms(name: DeviationName) -> tuple[str, str]:
    return name.counted(1), name.counted(2).replace("2", "{count}", 1)


def test_deviations_are_kept_with_the_snapshot(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    assert snapshots.deviations("ab" * 32) is None
    snapshots.keep_deviations("ab" * 32, DEVIATIONS)
    assert snapshots.deviations("ab" * 32) == DEVIATIONS
    snapshots.keep_deviations("ab" * 32, ())
    assert snapshots.deviations("ab" * 32) == ()
    assert deviations_from_json(deviations_to_json(DEVIATIONS)) == DEVIATIONS
    (tmp_path / "deviations" / "ab" / ("ab" * 32)).write_bytes(b"[1]")
    assert snapshots.deviations("ab" * 32) is None
