"""The rows that a step learns from, the measurements, and the command line."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from trainingrows import CLAUSE, every_passage, small_statements

from embeddings.reader.encoding import PairEncoder
from training.__main__ import main, parser
from training.fitting.embeddertask import EmbedderTask
from training.fitting.readertask import PAIRS_A_STEP, STEPS_A_POOL, ReaderTask
from training.material.candidates import Candidate, questions_to_mine
from training.material.curriculum import Share, groups_in_order
from training.material.pairs import Group, Pair, PairKind
from training.material.split import is_held_back
from training.material.statementgroups import StatementGroups
from training.material.wording import wording_logits
from training.measuring.devsplit import DevSplit, quick_figures
from training.measuring.evaluation import ListReader, ToList, shown_sentences
from training.measuring.lists import Listed, calibrated, figures_of_lists, thresholds_table
from training.measuring.nearestpassages import NearestPassages, ranks_of
from training.measuring.scoring import Scorer
from training.network.basemodel import base_folder
from training.network.embeddernetwork import EmbedderNetwork, TextEncoder
from training.network.readernetwork import ReaderNetwork

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slow where tests share the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def encoder() -> PairEncoder:
    return PairEncoder(base_folder() / "tokenizer.json")


@pytest.fixture(scope="module")
def network() -> ReaderNetwork:
    torch.manual_seed(0)
    return ReaderNetwork(base_folder()).eval()


def task_of(
    network: ReaderNetwork, encoder: PairEncoder, groups: Iterator[tuple[str, Group]]
) -> ReaderTask:
    return ReaderTask(network, encoder, lambda: groups, check=dict, device=CPU, seed=1, bf16=False)


def made(**fields: object) -> Pair:
    rest: dict[str, object] = {
        "question": "Which member?",
        "earlier": (),
        "title": "Visit",
        "when": "",
        "passage": CLAUSE,
        "answers": False,
        "kind": PairKind.MINED,
        "document": "d",
    }
    return Pair(**{**rest, **fields})  # type: ignore[arg-type]


def test_a_pool_has_batches_of_like_length_and_whole_groups(
    network: ReaderNetwork, encoder: PairEncoder, tmp_path: Path
) -> None:
    statements = small_statements(tmp_path)
    groups = StatementGroups(statements, every_passage(statements), debias=False)
    sources = ((groups, Share(("statements",), 100, 4)),)
    task = task_of(network, encoder, groups_in_order(sources, seed=1))
    batches = [task.rows(step) for step in range(STEPS_A_POOL)]
    assert all(abs(len(batch) - PAIRS_A_STEP) <= 4 for batch in batches)
    for batch in batches:
        for number in {row.group for row in batch}:
            of_group = [row for row in batch if row.group == number]
            assert sum(row.pair.answers for row in of_group) == 1
    longest = [max(len(row.read.ids) for row in batch) for batch in batches]
    everything = [len(row.read.ids) for batch in batches for row in batch]
    in_pads = sum(most * len(batch) for most, batch in zip(longest, batches, strict=True))
    assert in_pads < 1.25 * sum(everything)
    assert longest != sorted(longest)


def test_a_stage_that_goes_on_has_the_batches_that_it_would_have_had(
    network: ReaderNetwork, encoder: PairEncoder, tmp_path: Path
) -> None:
    statements = small_statements(tmp_path)

    def opened() -> ReaderTask:
        groups = StatementGroups(statements, every_passage(statements), debias=False)
        sources = ((groups, Share(("statements",), 100, 4)),)
        return task_of(network, encoder, groups_in_order(sources, seed=1))

    first = opened()
    rows = [[r.pair for r in first.rows(step)] for step in range(STEPS_A_POOL + 3)]
    assert [r.pair for r in opened().rows(STEPS_A_POOL + 2)] == rows[STEPS_A_POOL + 2]


def test_a_group_whose_answer_does_not_fit_a_window_is_left_out(
    network: ReaderNetwork, encoder: PairEncoder
) -> None:
    text = "word " * 600
    too_long = made(
        passage=text, answers=True, kind=PairKind.GOLD, evidence=(0, len(text)), evidence_known=True
    )
    fits = made(answers=True, kind=PairKind.GOLD, evidence=(0, len(CLAUSE)), evidence_known=True)
    groups = iter([("a", (too_long,)), *(("a", (fits, made())) for _ in range(900))])
    task = task_of(network, encoder, groups)
    rows = task.rows(0)
    assert task.left_out == 1
    assert all(len(row.pair.passage) < 100 for row in rows)


def test_the_loss_of_a_step_does_not_depend_on_the_passes_it_is_made_in(
    network: ReaderNetwork, encoder: PairEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = made(answers=True, kind=PairKind.GOLD, evidence=(0, 11), evidence_known=True)
    wrong = [
        made(question="Who?", evidence_known=True),
        made(passage="Nothing of it. " * 9, evidence_known=True),
        made(question="Which member was Peru?", own_question=False, kind=PairKind.TWIN),
    ]
    groups = iter([("a", (answers, *wrong))] * 900)
    task = task_of(network, encoder, groups)
    rows = task.rows(0)[:8]
    whole, parts = task.loss_of(rows)
    monkeypatch.setattr("training.fitting.readertask._PAIRS_A_PASS", 3)
    in_threes, parts_in_threes = task.loss_of(rows)
    assert float(whole.detach()) == pytest.approx(float(in_threes.detach()), rel=1e-4)
    for name in ("answer", "group", "counterpart", "evidence"):
        assert parts[name] > 0
        assert parts[name] == pytest.approx(parts_in_threes[name], rel=1e-4)
    assert parts["span"] == 0


def test_the_gradients_of_a_step_do_not_depend_on_how_many_work_at_it(
    network: ReaderNetwork, encoder: PairEncoder
) -> None:
    answers = made(answers=True, kind=PairKind.GOLD, evidence=(0, 11), evidence_known=True)
    wrong = made(question="Who?", evidence_known=True)
    gradients = []
    for workers in (1, 2):
        groups = iter([("a", (answers, wrong))] * 900)
        task = ReaderTask(
            network,
            encoder,
            lambda groups=groups: groups,  # type: ignore[misc]
            check=dict,
            device=CPU,
            seed=1,
            bf16=False,
            workers=workers,
        )
        network.zero_grad()
        figures = task.learn(0)
        gradients.append((figures["loss"], network.answer.weight.grad))
    network.zero_grad()
    (alone, one), (together, two) = gradients
    assert alone == pytest.approx(together, rel=1e-4)
    assert one is not None
    assert two is not None
    assert torch.allclose(one, two, rtol=1e-3, atol=1e-6)


def test_the_embedder_learns_of_learned_statements_and_of_follow_ups_as_they_stand_alone(
    tmp_path: Path,
) -> None:
    statements = small_statements(tmp_path)
    candidates = every_passage(statements)
    candidates |= {f"{name}+rewritten": hits for name, hits in candidates.items()}
    task = EmbedderTask(
        EmbedderNetwork(base_folder()),
        TextEncoder(base_folder() / "tokenizer.json"),
        statements,
        candidates,
        check=dict,
        device=CPU,
        seed=1,
        bf16=False,
    )
    triples = [triple for step in range(6) for triple in task.triples(step)]
    assert triples
    learned = {
        text
        for key, passage in statements.passages.items()
        if key[0] in statements.learned_from
        for text in (passage.text, *(s.text for s in passage.sentences))
    }
    for triple in triples:
        assert any(triple.other.endswith(text) for text in learned)
        assert not triple.question.startswith("and how much")
    figures = task.learn(0)
    assert any(p.grad is not None for p in task.network.parameters())
    assert 0 <= figures["nearest"] <= 1


def test_the_right_passage_is_looked_for_among_those_of_other_statements(tmp_path: Path) -> None:
    statements = small_statements(tmp_path)
    nearest = NearestPassages(statements, most=3)
    network = EmbedderNetwork(base_folder())
    encoder = TextEncoder(base_folder() / "tokenizer.json")
    figures = nearest.figures(network, encoder, device=CPU, bf16=False)
    # two held-back statements and three other passages: the right one is among 5 of 7
    assert figures["single_1"] <= figures["single_5"] == figures["single_40"] == 1
    assert figures["rewritten_5"] == 1


def test_ranks_count_the_passages_that_are_nearer() -> None:
    passages = torch.eye(3)
    questions = torch.tensor([[0.9, 0.5, 0.1], [0.1, 0.2, 0.9]])
    assert ranks_of(questions, passages, [1, 0]) == [1, 2]


def test_only_questions_that_are_learned_from_or_measured_are_mined() -> None:
    shared = Path(__file__).resolve().parents[3] / "shared"
    if not (shared / "train" / "statements").is_dir():
        pytest.skip("the training data is not here")
    from training.material.statements import read_statements

    statements = read_statements(shared)
    official, shipped = questions_to_mine(statements, shared)
    names = [asked.name for asked in official.asked]
    assert len(names) == len(set(names))
    assert len(shipped.asked) > 40
    for question in statements.questions:
        wanted = question.answerable or is_held_back(question.document)
        assert (question.id in set(names[:9000])) == wanted
        if not wanted:
            break


def test_quick_figures_are_of_what_is_held_back(
    network: ReaderNetwork, encoder: PairEncoder, tmp_path: Path
) -> None:
    statements = small_statements(tmp_path)
    held = DevSplit(statements, ())
    assert {q.document for q in held.questions} == {
        d for d in statements.documents_with_questions if is_held_back(d)
    }
    figures = quick_figures(held, Scorer(network, encoder, device=CPU, bf16=False))
    assert 0 <= figures["twins_in_order"] <= 1
    assert np.isnan(figures["squad_auroc"])


def listed(
    probabilities: list[float], logits: list[float], right: list[bool], name: str = "q"
) -> Listed:
    place = right.index(True) if True in right else None
    return Listed(
        name, name, np.array(probabilities), np.array(logits), np.array(right, bool), place
    )


def test_reader_and_product_are_added_as_logits() -> None:
    one = listed([0.5, 0.9], [2.0, 1.0], [True, False])
    assert one.rank(None) == 1
    assert one.rank(0.0) == 0
    assert one.scores(0.5) == pytest.approx([2.0, 1.0 + 0.5 * np.log(9)])
    assert one.best(1.0) == pytest.approx(1 + np.log(9))
    assert one.features(0.0) == pytest.approx([2.0, 0.0, 1.0])


def test_a_question_without_candidates_is_not_answered() -> None:
    nothing = listed([], [], [])
    assert nothing.rank(0.3) is None
    assert nothing.best(0.3) < -30


def test_false_answers_are_counted_at_the_limit_that_answers_a_share_of_the_others() -> None:
    able = [listed([0.5], [float(n)], [True], f"a{n}") for n in range(10)]
    unable = [listed([0.5], [n + 0.5], [False], f"u{n}") for n in range(10)]
    found = thresholds_table(able, unable)
    assert found["reader: false answers at 0.8 answered"] == pytest.approx(0.8)


def test_calibration_is_fitted_on_other_documents() -> None:
    generator = np.random.default_rng(1)
    able = []
    for number in range(400):
        logit = float(generator.normal(1, 2))
        is_right = bool(generator.random() < 1 / (1 + np.exp(-logit)))
        able.append(listed([0.5], [logit], [is_right], f"d{number}"))
    figures = calibrated(able, [])
    assert figures["calibration error"] < 0.08
    assert figures["AUROC of right"] > 0.7


def test_lists_are_made_of_what_retrieval_proposed(
    network: ReaderNetwork, encoder: PairEncoder, tmp_path: Path
) -> None:
    statements = small_statements(tmp_path)
    keys = sorted(statements.passages)[:3]
    hits = (
        Candidate(keys[2], 0.4, ()),
        Candidate(keys[0], 0.3, (keys[1],)),
    )
    scorer = Scorer(network, encoder, device=CPU, bf16=False)
    reader = ListReader(statements.corpus, {"q": hits}, scorer, 2)
    (found,) = reader.lists([ToList("q", "Which member?", (), frozenset({keys[1]}))])
    assert found.right.tolist() == [False, True]
    assert found.retrieved == 1
    assert np.isfinite(found.logits).all()
    figures = figures_of_lists([found], [found], [found], [found], [found])
    assert figures["lists, retrieval"]["R@40"] == 1
    assert figures["lists, product"]["R@1"] == 0
    assert figures["lists, reader + 0.0 × product"]["twins AUROC"] == 0.5


def test_one_or_two_neighbouring_sentences_are_shown() -> None:
    assert shown_sentences([0.0, 3.0, 2.5, 2.9]) == (1, 2)
    assert shown_sentences([0.0, 3.0, 1.0, 2.9]) == (1, 1)
    assert shown_sentences([1.0]) == (0, 0)


def test_the_wording_of_a_question_is_judged_by_questions_on_other_documents() -> None:
    rng = random.Random(1)
    questions, answerable, documents = [], [], []
    for number in range(200):
        able = rng.random() < 0.5
        questions.append(
            "what was said" if able else "exactly which minister said what on what date"
        )
        answerable.append(able)
        documents.append(f"d{number % 20}")
    logits = wording_logits(questions, answerable, documents)
    assert (logits[np.array(answerable)] > 0).all()
    assert (logits[~np.array(answerable)] < 0).all()
    assert (wording_logits(questions[:3], answerable[:3], documents[:3]) == 0).all()


def test_a_stage_ends_with_weights_whose_card_says_how_they_were_made(tmp_path: Path) -> None:
    shared, runs = tmp_path / "shared", tmp_path / "runs"
    statements = small_statements(shared)
    (runs / "mined").mkdir(parents=True)
    rows = [
        {"asked": name, "hits": [[0.5, list(c.key)] for c in hits]}
        for question, hits in every_passage(statements).items()
        for name in (question, f"{question}+rewritten")
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (runs / "mined" / "candidates.jsonl").write_text(text, "utf-8")
    where = ["--shared", str(shared), "--runs", str(runs), "--device", "cpu", "--threads", "1"]
    assert main(["embedder", *where, "--name", "e", "--steps", "2", "--warm-up", "1"]) == 0
    export = runs / "e" / "export"
    card = json.loads((export / "weights.json").read_text("utf-8"))
    assert card["kind"] == "embedder"
    assert card["made_with"]["seed"] == 1
    assert set(card["documents"]) == statements.learned_from
    assert main(["export", *where, "--name", "e", "--kind", "embedder"]) == 0
    again = json.loads((export / "weights.json").read_text("utf-8"))
    assert again["sha256"] == card["sha256"]
    whole = tmp_path / "model"
    assert main(["assemble", *where, "--embedder", str(export), "--to", str(whole)]) == 0
    assert (whole / "tokenizer.json").is_file()
    assert main(["export", *where, "--name", "none", "--kind", "reader"]) == 1


def test_the_help_has_an_example() -> None:
    assert "python -m training reader" in parser().format_help()


def test_missing_data_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mine", "--runs", str(tmp_path), "--shared", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
