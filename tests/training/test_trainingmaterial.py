"""The rows that training learns from: splits, near misses, groups, and their order."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainingrows import CLAUSE, FIRST, every_passage, small_statements, write_shared

from corpus.documents.sentences import split_sentences
from training.errors import MaterialError
from training.material.candidates import read_candidates
from training.material.curriculum import FIRST as FIRST_MIX
from training.material.curriculum import SECOND as SECOND_MIX
from training.material.curriculum import Share, groups_in_order, learned_questions, open_sources
from training.material.nearmisses import (
    another_counted,
    may_answer,
    swapped,
    telegraphic,
    with_alias,
    with_typos,
    without_another_sentence,
    without_answer,
)
from training.material.pairs import Group, PairKind
from training.material.paragraphs import ParagraphGroups, ParagraphQuestion
from training.material.split import held_back_articles, is_held_back
from training.material.statementgroups import StatementGroups, leans_on_history
from training.material.statements import WRITTEN, read_statements

SHARED = Path(__file__).resolve().parents[3] / "shared"
needs_shared = pytest.mark.skipif(
    not (SHARED / "train" / "statements").is_dir(), reason="the training data is not here"
)


def ranges(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((s.start, s.end) for s in split_sentences(text))


def all_groups(groups: StatementGroups | ParagraphGroups, rounds: int = 20) -> list[Group]:
    return [
        groups.group(number, random.Random(f"{turn}/{number}"))
        for turn in range(rounds)
        for number in range(len(groups))
    ]


@needs_shared
def test_nothing_is_learned_from_a_statement_without_questions_or_held_back() -> None:
    """Retrieval proposes passages of all 1,948 statements: those of others must not become rows."""
    statements = read_statements(SHARED)
    rows = (SHARED / "train" / "statements" / "questions.jsonl").read_text("utf-8").splitlines()
    listed = {json.loads(row)["document"] for row in rows}
    assert statements.documents_with_questions == listed
    groups = StatementGroups(statements, every_passage(statements), debias=False)
    learned = {
        pair.document
        for number in range(0, len(groups), 3)
        for pair in groups.group(number, random.Random(number))
    }
    assert learned <= listed
    assert not any(is_held_back(document) for document in learned)
    assert len(learned) > 400


def write_rows(folder: Path, twins: list[dict[str, str]], rewordings: list[dict[str, str]]) -> Path:
    folder.mkdir()
    for name, rows in (("twins", twins), ("rewordings", rewordings)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return folder


def test_twins_and_rewordings_that_were_written_for_training_are_learned_from(
    tmp_path: Path,
) -> None:
    twin, again = "Which member was Chile in 2022?", "new zealand which member number"
    written = write_rows(
        tmp_path / "written",
        [{"of": "q0", "question": twin}, {"of": "elsewhere", "question": "Who?"}],
        [{"of": "q0", "question": again}],
    )
    statements = read_statements(write_shared(tmp_path), written=written)
    pairs = [
        pair
        for group in all_groups(
            StatementGroups(statements, every_passage(statements), debias=False)
        )
        for pair in group
    ]
    assert {p.kind for p in pairs if p.question.startswith(twin[:-1])} == {PairKind.TWIN}
    kinds = {p.kind for p in pairs if p.question == again}
    assert {PairKind.GOLD, PairKind.DELETED} <= kinds or {PairKind.GOLD, PairKind.MINED} <= kinds
    assert PairKind.TWIN not in kinds


def test_nothing_may_be_written_for_training_on_a_statement_that_is_held_back(
    tmp_path: Path,
) -> None:
    shared = write_shared(tmp_path, learned=2, held=1)
    written = write_rows(tmp_path / "written", [{"of": "q2", "question": "Who?"}], [])
    with pytest.raises(MaterialError, match="q2, which is held back"):
        read_statements(shared, written=written)


@needs_shared
def test_each_written_twin_and_rewording_is_of_a_question_to_learn_from() -> None:
    statements = read_statements(SHARED)
    lines = (WRITTEN / "twins.jsonl").read_text("utf-8").splitlines()
    rewordings = (WRITTEN / "rewordings.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in (*lines, *rewordings)]
    assert {row["of"] for row in rows} <= set(statements.by_id)
    assert {statements.by_id[row["of"]].document for row in rows} <= statements.learned_from


@needs_shared
def test_a_fifth_of_the_documents_with_questions_is_held_back() -> None:
    statements = read_statements(SHARED)
    held = statements.documents_with_questions - statements.learned_from
    assert 0.16 < len(held) / len(statements.documents_with_questions) < 0.24


@needs_shared
def test_four_articles_are_never_learned() -> None:
    learned = {q.article for q in learned_questions(SHARED, "squad2-dev-part")}
    rows = (SHARED / "train" / "qa" / "squad2-dev-part.jsonl").read_text("utf-8").splitlines()
    every = frozenset(json.loads(row)["group"] for row in rows)
    assert len(held_back_articles(every)) == 4
    assert learned == every - held_back_articles(every)


def test_rows_come_of_learned_statements_alone_whatever_retrieval_proposes(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    groups = StatementGroups(statements, every_passage(statements), debias=False)
    made = all_groups(groups)
    assert {p.document for g in made for p in g} <= statements.learned_from
    assert {p.kind for g in made for p in g} >= {PairKind.GOLD, PairKind.DELETED, PairKind.TWIN}


def test_a_question_names_a_clause_that_its_passage_has(tmp_path: Path) -> None:
    write_shared(tmp_path)
    file = tmp_path / "train" / "statements" / "questions.jsonl"
    file.write_text(file.read_text("utf-8").replace(CLAUSE, "It joined as the tenth."), "utf-8")
    with pytest.raises(MaterialError, match="clause"):
        read_statements(tmp_path)


def test_a_group_begins_with_the_pair_that_answers_and_has_no_other(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    for group in all_groups(StatementGroups(statements, every_passage(statements))):
        assert [pair.answers for pair in group] == [True] + [False] * (len(group) - 1)
        assert group[0].kind is PairKind.GOLD
        assert group[0].evidence is not None
        clause = group[0].passage[slice(*group[0].evidence)]
        assert clause in {CLAUSE, "She announced 170 million dollars for farmers there."}


def test_a_counterpart_is_asked_of_the_same_passage_in_the_same_style(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    for group in all_groups(StatementGroups(statements, {}, debias=False)):
        for pair in group:
            if pair.kind is PairKind.TWIN:
                assert pair.document == group[0].document
                assert pair.earlier == group[0].earlier
                assert pair.question.endswith("?") == group[0].question.endswith("?")
            if pair.own_question and pair.kind is not PairKind.GOLD:
                assert pair.question == group[0].question


def test_what_was_asked_before_does_not_change_the_answer_of_a_question_that_stands_alone(
    tmp_path: Path,
) -> None:
    statements = small_statements(tmp_path)
    groups = all_groups(StatementGroups(statements, {}, debias=False), rounds=60)
    alone = [g[0] for g in groups if g[0].question.startswith("Which")]
    assert 0.25 < sum(bool(pair.earlier) for pair in alone) / len(alone) < 0.65
    assert all(pair.answers for pair in alone)


def test_a_follow_up_with_a_foreign_history_is_no_answer(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    follow_up = statements.by_id["f0"]
    assert leans_on_history(follow_up)
    made = all_groups(StatementGroups(statements, {}, debias=False), rounds=60)
    foreign = [p for g in made for p in g if p.kind is PairKind.FOREIGN_HISTORY]
    assert foreign
    assert all(not p.answers and p.earlier != follow_up.earlier for p in foreign)


def test_the_answer_is_taken_out_with_its_whole_sentence() -> None:
    start = FIRST.index("ninth")
    left = without_answer(FIRST, ranges(FIRST), (start, start + 5))
    assert left is not None
    assert "ninth" not in left
    assert "They discussed trade" in left
    assert "The leaders thanked" in left


def test_an_answer_that_stands_twice_is_not_taken_out() -> None:
    text = f"{FIRST} {CLAUSE}"
    start = text.index(CLAUSE)
    assert without_answer(text, ranges(text), (start, start + len(CLAUSE))) is None


def test_a_passage_of_one_sentence_cannot_lose_its_answer() -> None:
    assert without_answer(CLAUSE, ranges(CLAUSE), (0, 5)) is None


@given(st.integers(0, 10_000))
def test_the_clause_stands_where_it_is_said_after_another_sentence_is_gone(seed: int) -> None:
    start = FIRST.index(CLAUSE)
    kept = (start, start + len(CLAUSE))
    found = without_another_sentence(FIRST, ranges(FIRST), (kept,), random.Random(seed))
    assert found is not None
    text, (clause,) = found
    assert text[slice(*clause)] == CLAUSE
    assert len(ranges(text)) == len(ranges(FIRST)) - 1
    assert "  " not in text


@given(st.integers(0, 10_000))
def test_a_swapped_value_is_one_that_the_passage_does_not_have(seed: int) -> None:
    question = "Whom did Biden meet in May 2022?"
    new = swapped(question, FIRST, random.Random(seed))
    assert new is not None
    changed = [(a, b) for a, b in zip(question.split(), new.split(), strict=True) if a != b]
    assert len(changed) == 1
    assert changed[0][0].rstrip("?") in FIRST
    assert changed[0][1].rstrip("?") not in FIRST


def test_a_value_that_the_passage_does_not_have_is_not_swapped() -> None:
    assert swapped("What happened in Peru in 1999?", FIRST, random.Random(1)) is None


def test_something_else_is_counted_that_the_passage_names_and_does_not_count() -> None:
    passage = "Two ministers met 30 farmers. The farmers thanked their partners and the visitors."
    made = {
        another_counted("How many farmers did they meet?", passage, random.Random(n))
        for n in range(20)
    }
    assert made == {"How many partners did they meet?", "How many visitors did they meet?"}
    assert another_counted("Whom did the farmers thank?", passage, random.Random(1)) is None
    assert another_counted("How many farmers?", "30 farmers came.", random.Random(1)) is None


def test_an_alias_changes_the_name_and_nothing_else() -> None:
    assert with_alias("What did Biden say?", random.Random(0)) == "What did President Biden say?"
    assert with_alias("What did Ardern say?", random.Random(0)) == "What did Ardern say?"


@given(st.text(max_size=60), st.integers(0, 1000))
def test_typos_leave_numbers_alone(text: str, seed: int) -> None:
    typed = with_typos(f"{text} 1234 million dollars", random.Random(seed))
    assert "1234" in typed
    assert [c for c in typed if c.isdigit()] == [c for c in f"{text} 1234" if c.isdigit()]


def test_a_telegraphic_question_has_no_function_words() -> None:
    assert telegraphic("What did the US say about steel?") == "us say steel"


def test_a_passage_with_the_words_of_the_clause_may_answer() -> None:
    assert may_answer("As its ninth member, New Zealand joined the framework.", CLAUSE, FIRST)
    assert not may_answer("Peru signed a treaty on fishing.", CLAUSE, FIRST)
    assert may_answer(FIRST.replace("ninth", "last"), "something else entirely here", FIRST)


def paragraph(number: int, *, answer: str | None, text: str = FIRST) -> ParagraphQuestion:
    where = None if answer is None else (text.index(answer), text.index(answer) + len(answer))
    return ParagraphQuestion(
        f"p{number}", f"Question {number} on 2022?", text, "Trade", where, "squad2-dev-part", "a"
    )


def test_a_question_that_people_wrote_to_have_no_answer_is_taken_before_others() -> None:
    asked = (
        paragraph(0, answer="ninth"),
        paragraph(1, answer=None),
        paragraph(2, answer="Peru", text="Peru signed a treaty on fishing. It was cold."),
    )
    for group in all_groups(ParagraphGroups(asked, size=2)):
        if group[0].question.startswith("Question 0"):
            assert group[1].kind is PairKind.NEAR_MISS
            assert not group[1].own_question


def test_a_short_answer_is_a_span_in_a_sentence_that_is_evidence() -> None:
    (group,) = all_groups(ParagraphGroups((paragraph(0, answer="ninth"),), size=1), rounds=1)
    (pair,) = group
    assert pair.span is not None
    assert pair.evidence is not None
    assert pair.passage[slice(*pair.span)] == "ninth"
    assert pair.passage[slice(*pair.evidence)] == CLAUSE


def test_every_stretch_has_the_shares_of_the_mix_and_every_question_once(tmp_path: Path) -> None:
    few = ParagraphGroups(tuple(paragraph(n, answer="ninth") for n in range(3)), size=1)
    many = ParagraphGroups(tuple(paragraph(n, answer="ninth") for n in range(40)), size=1)
    sources = ((few, Share(("few",), 25, 1)), (many, Share(("many",), 75, 1)))
    order = groups_in_order(sources, seed=1)
    drawn = [next(order) for _ in range(40)]
    names = [name for name, _ in drawn]
    assert names.count("few") == 10
    first = [group[0].question for name, group in drawn if name == "many"]
    assert len({q.rstrip("?") for q in first}) == 30


def test_the_order_depends_on_the_seed_alone(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    groups = StatementGroups(statements, every_passage(statements), debias=False)
    sources = ((groups, Share(("statements",), 100, 4)),)

    def drawn(seed: int) -> list[Group]:
        order = groups_in_order(sources, seed=seed)
        return [next(order)[1] for _ in range(12)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_source_without_a_question_is_an_error() -> None:
    sources = ((ParagraphGroups((), size=1), Share(("none",), 100, 1)),)
    with pytest.raises(MaterialError, match="none has no question"):
        next(groups_in_order(sources, seed=1))


def test_nothing_was_mined_is_said(tmp_path: Path) -> None:
    with pytest.raises(MaterialError, match="python -m training mine"):
        read_candidates(tmp_path)


def test_a_row_that_a_killed_run_left_in_pieces_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "candidates.jsonl"
    whole = '{"asked": "q1", "hits": [[0.5, ["d", 1], ["e", 2]]]}\n'
    file.write_text(whole + '{"asked": "q2", "hi', "utf-8")
    found = read_candidates(tmp_path)
    assert [c.keys for c in found["q1"]] == [frozenset({("d", 1), ("e", 2)})]
    assert file.read_text("utf-8") == whole


@needs_shared
@pytest.mark.parametrize("mix", [FIRST_MIX, SECOND_MIX])
def test_a_mix_names_files_that_are_there(mix: tuple[Share, ...]) -> None:
    files = [file for share in mix for file in share.files if file != "statements"]
    assert all((SHARED / "train" / "qa" / f"{file}.jsonl").is_file() for file in files)


def test_opening_a_mix_without_its_files_is_an_error(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    with pytest.raises(MaterialError):
        open_sources((Share(("squad2-train10",), 100),), tmp_path, statements, {})
