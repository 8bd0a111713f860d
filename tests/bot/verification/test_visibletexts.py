"""Earlier texts are shown to those who may read them, and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot.citations.citation import CitedQuote
from bot.verification.verification import Verdict
from bot.verification.visibletexts import VisibleTexts
from corpus import Corpus, Document, Snapshots, Span, document_from_text

STAFF = frozenset({"staff"})
NOBODY = frozenset[str]()


def document(text: str, name: str = "d1", access: frozenset[str] = NOBODY) -> Document:
    return document_from_text(text, document_id=name, title=name, access=access)


@dataclass(frozen=True)
class View:
    """What members of some groups see."""

    corpus: Corpus
    hidden: Sequence[str] = ()
    generation: int = 1

    def may_name(self, document_id: str, groups: frozenset[str]) -> bool:
        return document_id not in self.hidden or bool(groups & STAFF)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path)


def test_a_document_has_the_versions_that_were_kept(snapshots: Snapshots) -> None:
    old, now = document("The old text."), document("The new text.")
    snapshots.keep_texts([old])
    snapshots.note_until([old.digest], date(2024, 5, 1))
    snapshots.keep_texts([now])
    first, last = VisibleTexts(snapshots).versions(now, View(Corpus((now,))), NOBODY)
    assert (first.digest, first.until, first.is_current) == (old.digest, date(2024, 5, 1), False)
    assert (last.digest, last.until, last.is_current) == (now.digest, None, True)


def test_a_version_for_a_group_is_only_for_its_members(snapshots: Snapshots) -> None:
    old, now = document("The old text.", access=STAFF), document("The new text.")
    snapshots.keep_texts([old])
    snapshots.keep_texts([now])
    texts, view = VisibleTexts(snapshots), View(Corpus((now,)))
    assert len(texts.versions(now, view, NOBODY)) == 1
    assert len(texts.versions(now, view, STAFF)) == 2
    cited = CitedQuote("d1", Span(0, len(old.text)), old.digest[:12])
    assert texts.verify(cited, view, NOBODY)[0].verdict is Verdict.UNKNOWN
    assert texts.verify(cited, view, NOBODY)[1] is None
    assert texts.document("d1", old.digest[:12], view, NOBODY) is None
    found, then = texts.verify(cited, view, STAFF)
    assert found.verdict is Verdict.CHANGED
    assert then is not None
    assert then.text == old.text


def test_a_hidden_document_is_as_if_it_had_never_had_a_text_that_another_one_has(
    snapshots: Snapshots,
) -> None:
    public, hidden = document("The same text.", "public"), document("The same text.", "hidden")
    snapshots.keep_texts([public, hidden])
    texts, view = VisibleTexts(snapshots), View(Corpus((public,)), hidden=["hidden"])
    cited = CitedQuote("hidden", Span(0, 8), public.digest[:12])
    found, then = texts.verify(cited, view, NOBODY)
    assert found.verdict is Verdict.UNKNOWN
    assert then is None
    assert texts.verify(CitedQuote("public", Span(0, 8), public.digest[:12]), view, NOBODY)[1]


def test_the_text_of_a_document_that_is_gone_is_shown_with_that_verdict(
    snapshots: Snapshots,
) -> None:
    gone, now = document("The text that went.", "gone"), document("Another one.")
    snapshots.keep_texts([gone, now])
    texts, view = VisibleTexts(snapshots), View(Corpus((now,)))
    found, then = texts.verify(CitedQuote("gone", Span(0, 8), gone.digest[:12]), view, NOBODY)
    assert found.verdict is Verdict.GONE
    assert then is not None
    assert then.id == "gone"
    hidden = View(Corpus((now,)), hidden=["gone"])
    assert texts.verify(CitedQuote("gone", Span(0, 8), gone.digest[:12]), hidden, NOBODY)[1] is None
