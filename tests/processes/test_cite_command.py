"""``verbatim cite`` as a person uses it: real processes, the real model."""

import json
from pathlib import Path

import pytest
from processes import verbatim

from bot.citations.formats.formats import FORMATS
from bot.cli.output import EXIT_NOT_AS_CITED, EXIT_NOTHING_FOUND
from corpus import Corpus

QUESTION = "How many members does the Coalition have?"
DOCUMENT = "2022-05-12-global-coalition-against-daesh"


@pytest.mark.parametrize("name", FORMATS)
def test_what_cite_prints_for_a_question_is_verified_by_verify(name: str, built_home: Path) -> None:
    printed = verbatim("cite", QUESTION, "--format", name, home=built_home)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "up to eighty-five." in printed.stdout
    run = verbatim("verify", "-", home=built_home, stdin=printed.stdout)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"intact  {DOCUMENT}[")


def test_a_reference_is_cited_with_its_words_and_facts(built_home: Path, shipped: Corpus) -> None:
    reference = f"{DOCUMENT}[4000:5203]@{shipped.documents[0].digest[:12]}"
    run = verbatim("cite", reference, "--format", "ris", "--json", home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    (copied,) = json.loads(run.stdout)
    assert copied["format"] == "ris"
    assert copied["citation"]["reference"] == reference
    assert copied["quote"] == shipped.documents[0].text[4000:5203]
    assert copied["text"].startswith("TY  - ELEC\n")


def test_several_references_are_cited_one_below_the_other(
    built_home: Path, shipped: Corpus
) -> None:
    document = shipped.documents[0]
    references = [
        f"{document.id}[{each.span.start}:{each.span.end}]@{document.digest[:12]}"
        for each in document.passages[:3]
    ]
    for name in ("text", "bibtex"):
        run = verbatim("cite", *references, "--format", name, home=built_home)
        assert all(each in run.stdout for each in references)
        assert verbatim("verify", "-", home=built_home, stdin=run.stdout).returncode == 0


def test_with_full_the_whole_paragraph_is_cited(built_home: Path) -> None:
    run = verbatim("cite", QUESTION, "--full", home=built_home)
    assert run.stdout.startswith("“The Ministers stressed the importance of addressing")
    assert "[4000:5203]@" in run.stdout


def test_words_that_do_not_stand_as_cited_and_questions_without_an_answer_are_not_cited(
    built_home: Path, shipped: Corpus
) -> None:
    digest = shipped.documents[0].digest[:12]
    for reference in (
        f"{DOCUMENT}[4000:5203]@c0ffee012345",
        f"nothing[4000:5203]@{digest}",
        f"{DOCUMENT}[4000:990000]@{digest}",
        f"{DOCUMENT}[0:5203]@{digest}",
    ):
        run = verbatim("cite", reference, home=built_home)
        assert (run.returncode, run.stdout) == (EXIT_NOT_AS_CITED, "")
        assert "cannot be cited" in run.stderr
    run = verbatim("cite", "Who won the football match on Mars?", home=built_home)
    assert (run.returncode, run.stdout) == (EXIT_NOTHING_FOUND, "")
    run = verbatim("cite", QUESTION, "--format", "endnote", home=built_home)
    assert run.returncode == 2
    assert "is not a format" in run.stderr
