"""Words are said exactly, almost, until a day or not, in the texts that a person may read."""

from datetime import date
from pathlib import Path

from fakes import corpus_of

from bot.said.archive import Archive
from bot.said.sayings import Sayings
from bot.verification.saying import SaidVerdict, Searched
from corpus import Corpus, Snapshots, document_from_text
from embeddings.generations.groupaccess import NO_ACCESS

OLD = "The Ministers met in Rabat.\n\nThe Coalition has 85 members in all its working groups."
NEW = "The Ministers met in Rabat.\n\nThe Coalition has 87 members in all its working groups."
NOBODYS = frozenset[str]()


def sayings(
    directory: Path,
    corpus: Corpus,
    *,
    seen: Corpus | None = None,
    groups: frozenset[str] | None = None,
) -> Sayings:
    archive = Archive(corpus, Snapshots(directory), known_access=NO_ACCESS)
    return Sayings(archive, seen or corpus, groups=groups)


def test_words_of_today_are_said_exactly_at_every_place(tmp_path: Path) -> None:
    found = sayings(tmp_path, corpus_of(OLD, OLD, "Nothing of it.")).verdict(
        "“the coalition HAS 85\nmembers”"
    )
    assert found.verdict is SaidVerdict.EXACTLY
    assert [(p.location.document.id, p.location.label) for p in found.places] == [
        ("d1", "¶ 2"),
        ("d2", "¶ 2"),
    ]
    assert [place.location.words for place in found.places] == ["The Coalition has 85 members"] * 2
    assert found.searched == Searched(3, 0)


def test_another_number_is_almost_and_just_that_is_marked(tmp_path: Path) -> None:
    found = sayings(tmp_path, corpus_of(OLD)).verdict("The Coalition has 86 members in all")
    assert found.verdict is SaidVerdict.ALMOST
    (place,) = found.places
    assert place.replacements == (("85", "86"),)
    assert [span.of(place.location.document.text) for span in place.differing] == ["85"]


def kept_before(directory: Path, text: str, *, name: str = "d1", groups: str = "") -> str:
    """Keep a text that a document had until May 1, and return its digest."""
    document = document_from_text(text, document_id=name, title=name)
    if groups:
        from dataclasses import replace

        document = replace(document, access=frozenset({groups}))
    snapshots = Snapshots(directory)
    snapshots.keep_texts([document])
    snapshots.note_until([document.digest], date(2024, 5, 1))
    return document.digest


def test_words_that_stand_no_more_were_said_until_a_day_and_the_words_now_are_named(
    tmp_path: Path,
) -> None:
    kept_before(tmp_path, OLD)
    found = sayings(tmp_path, corpus_of(NEW)).verdict("the Coalition has 85 members")
    assert found.verdict is SaidVerdict.UNTIL
    (place,) = found.places
    assert (place.is_earlier, place.until) == (True, date(2024, 5, 1))
    assert place.location.where == "¶ 2"
    assert [each.replacements for each in found.today] == [(("87", "85"),)]
    assert found.searched == Searched(1, 1)


def test_an_earlier_text_is_not_named_for_words_that_still_stand(tmp_path: Path) -> None:
    kept_before(tmp_path, OLD)
    found = sayings(tmp_path, corpus_of(NEW)).verdict("The Ministers met in Rabat")
    assert found.verdict is SaidVerdict.EXACTLY
    assert [place.is_earlier for place in found.places] == [False]


def test_a_removed_document_said_it_and_one_without_a_note_says_no_day(tmp_path: Path) -> None:
    gone = document_from_text(OLD, document_id="gone", title="Gone")
    Snapshots(tmp_path).keep_texts([gone])
    found = sayings(tmp_path, corpus_of("Nothing of it.")).verdict("has 85 members in all")
    assert found.verdict is SaidVerdict.UNTIL
    assert [(p.location.document.id, p.until) for p in found.places] == [("gone", None)]


def test_restricted_texts_are_as_if_absent_in_counts_too(tmp_path: Path) -> None:
    whole = corpus_of(NEW, "We will leave Syria in June at the latest.")
    seen = Corpus(whole.documents[:1])
    kept_before(tmp_path, "It was secret: the talks in Doha have failed.", groups="staff")
    kept_before(tmp_path, "An earlier text of the one that is closed now.", name="d2")
    open_to_all = sayings(tmp_path, whole, seen=seen, groups=NOBODYS)
    bare = sayings(tmp_path / "empty", seen, groups=NOBODYS)
    for words in (
        "We will leave Syria in June",
        "We will leave Syria in July at the latest",
        "the talks in Doha have failed",
        "the talks in Geneva have failed",
        "An earlier text of the one that is closed",
    ):
        assert open_to_all.verdict(words) == bare.verdict(words)
        assert open_to_all.verdict(words).verdict is SaidVerdict.NOT_FOUND
    staff = sayings(tmp_path, whole, seen=whole, groups=frozenset({"staff"}))
    assert staff.verdict("the talks in Doha have failed").verdict is SaidVerdict.UNTIL
    assert staff.searched == Searched(2, 2)


def test_a_text_that_is_closed_after_the_index_was_made_is_not_named(tmp_path: Path) -> None:
    kept_before(tmp_path, OLD, name="other")
    found = sayings(tmp_path, corpus_of(NEW), groups=NOBODYS)
    assert found.verdict("has 85 members in all").verdict is SaidVerdict.UNTIL
    Snapshots(tmp_path).close({"other": frozenset({"staff"})}, but=())
    assert found.verdict("has 85 members in all").verdict is SaidVerdict.ALMOST


def test_the_sentences_of_a_longer_text_have_verdicts_of_their_own(tmp_path: Path) -> None:
    found = sayings(tmp_path, corpus_of(OLD)).verdict(
        "The Coalition has 86 members in all its working groups. Look at what they wrote to us in "
        "a long letter! The Ministers met in Rabat."
    )
    assert found.verdict is SaidVerdict.NOT_FOUND
    assert [each.verdict.value for each in found.sentences] == ["almost", "not found", "exactly"]
    assert found.is_found


def test_an_ellipsis_says_what_it_leaves_out(tmp_path: Path) -> None:
    found = sayings(tmp_path, corpus_of("They will not leave Syria.")).verdict("they will … leave")
    assert found.verdict is SaidVerdict.EXACTLY
    assert found.places[0].left_out == ("not",)


def test_a_text_without_words_is_not_found(tmp_path: Path) -> None:
    assert sayings(tmp_path, corpus_of(OLD)).verdict("…").verdict is SaidVerdict.NOT_FOUND
