"""The evaluation of a set, from its files to the report, over vectors that count letters."""

import contextlib
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import LetterEmbedder, corpus_of
from processes import verbatim

from bot.answering.answerer import ANSWER_SCORE
from bot.errors import EvaluationFailed
from bot.evaluation.figures import SetFigures
from bot.evaluation.report import report_fields, report_lines
from bot.evaluation.setevaluation import evaluate
from bot.evaluation.systems import Baselines, System, chosen_systems
from corpus import UnreadableSource, document_from_bytes
from embeddings import FolderIndex, Progress, refresh

TEXTS = {
    "a#0": "Apples are sold in Paris. Pears are not.",
    "a#1": "The bridge was built in 1937 by the engineers.",
    "b#0": "Ministers met in Marrakesh to talk of peace.",
}
QUESTIONS = [
    {"_id": "q1", "text": "Where are apples sold?", "answers": ["Paris"]},
    {"_id": "q2", "text": "When was the bridge built?", "answers": ["1937"], "kind": "date"},
    {
        "_id": "c_t2",
        "text": "Where did they meet?",
        "history": ["Who?", "Ministers."],
        "rewrite": "Where did the ministers meet to talk of peace?",
    },
]
ANSWERS = {"q1": "a#0", "q2": "a#1", "c_t2": "b#0"}


@contextlib.contextmanager
def quiet(_: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")


def tiny_set(folder: Path) -> Path:
    write_lines(
        folder / "corpus.jsonl", [{"_id": i, "title": "T", "text": t} for i, t in TEXTS.items()]
    )
    write_lines(folder / "queries.jsonl", QUESTIONS)
    unanswerable = [
        {"_id": "u1", "text": "xyzzy qqq"},
        {"_id": "h1", "text": "hello!", "kind": "chit-chat"},
        {"_id": "h2", "text": "tell me a joke", "kind": "chitchat"},
    ]
    write_lines(folder / "queries_unanswerable.jsonl", unanswerable)
    (folder / "qrels").mkdir(exist_ok=True)
    rows = [f"{question}\t{passage}\t1" for question, passage in ANSWERS.items()]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    return folder


def figures_of(*folders: Path, **options: Any) -> list[SetFigures]:
    defaults: dict[str, Any] = {
        "open_embedders": lambda: (LetterEmbedder(), LetterEmbedder()),
        "corpus": None,
        "language": None,
        "systems": tuple(System),
        "compare": None,
        "top": 10,
        "limit": None,
        "seed": 0,
        "plot_file": None,
        "read": document_from_bytes,
        "progress_bar": quiet,
    }
    return evaluate(folders, **{**defaults, **options})


def without_times(figures: SetFigures) -> dict[str, Any]:
    (fields,) = report_fields([figures])
    return {name: value for name, value in fields.items() if name != "latency_ms"}


def test_every_system_is_measured_on_the_questions_that_have_an_answer(tmp_path: Path) -> None:
    (figures,) = figures_of(tiny_set(tmp_path / "tiny"))
    assert (figures.name, figures.documents, figures.passages) == ("tiny", 2, 3)
    assert (figures.questions, figures.answerable) == (6, 3)
    assert list(figures.systems) == ["passage", "sentence", "bm25", "rrf", "ours"]
    # the question about the meeting shares no word with its passage, which has "met"
    bm25 = figures.systems["bm25"]["R@1"]
    assert bm25 is not None
    assert bm25.value == pytest.approx(2 / 3)
    assert [(c.one, c.other) for c in figures.comparisons] == [
        ("ours", name) for name in ("passage", "sentence", "bm25", "rrf")
    ]


def test_small_talk_is_no_unanswerable_question(tmp_path: Path) -> None:
    (figures,) = figures_of(tiny_set(tmp_path / "tiny"))
    assert figures.refusals is not None
    assert (figures.refusals.answerable, figures.refusals.unanswerable) == (3, 1)
    assert figures.refusals.threshold == ANSWER_SCORE
    assert (figures.chat, figures.chat_recognised) == (2, 1)
    assert [k.kind for k in figures.kinds] == ["answerable", "date", "unanswerable"]


def test_a_question_with_a_history_is_read_alone_in_context_and_as_rewritten(
    tmp_path: Path,
) -> None:
    (figures,) = figures_of(tiny_set(tmp_path / "tiny"))
    assert [(f.reading, f.count) for f in figures.follow_ups] == [
        ("alone", 1),
        ("in context", 1),
        ("rewritten", 1),
    ]
    rewritten = figures.follow_ups[2].values["R@1"]
    assert rewritten is not None
    assert rewritten.value == 1


def test_the_evidence_is_right_where_the_answer_is_in_the_sentence_in_bold(tmp_path: Path) -> None:
    folder = tiny_set(tmp_path / "tiny")
    (figures,) = figures_of(folder)
    assert figures.evidence is not None
    assert (figures.evidence.value, figures.evidence_count) == (1, 2)
    write_lines(folder / "queries.jsonl", [{**QUESTIONS[0], "answers": ["Pears"]}, *QUESTIONS[1:]])
    (figures,) = figures_of(folder)
    assert figures.evidence is not None
    assert figures.evidence.value == 0.5


def test_a_wrong_quote_has_no_right_evidence_though_it_has_the_words(tmp_path: Path) -> None:
    folder = tiny_set(tmp_path / "tiny")
    rows = [f"{question}\tb#0\t1" for question in ANSWERS]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows))
    (figures,) = figures_of(folder)
    assert (figures.evidence, figures.evidence_count) == (None, 0)


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    folder = tiny_set(tmp_path / "tiny")
    first, again = (without_times(figures_of(folder)[0]) for _ in range(2))
    assert first == again
    assert json.loads(json.dumps(first)) == first


def test_only_some_questions_and_the_chosen_systems_are_asked(tmp_path: Path) -> None:
    (figures,) = figures_of(
        tiny_set(tmp_path / "tiny"), limit=2, systems=(System.BM25, System.RRF), top=1
    )
    assert (figures.questions, figures.refusals, figures.comparisons) == (2, None, ())
    assert list(figures.systems) == ["bm25", "rrf"]
    assert not figures.latency_ms
    assert "Answer or refuse" not in "\n".join(report_lines([figures]))


def test_a_pair_of_systems_is_compared_when_asked_for(tmp_path: Path) -> None:
    (figures,) = figures_of(tiny_set(tmp_path / "tiny"), compare=(System.SENTENCE, System.PASSAGE))
    (found,) = figures.comparisons
    assert (found.one, found.other) == ("sentence", "passage")
    assert 0 < found.permutation_p <= 1


def test_the_report_fits_eighty_columns_and_has_a_table_of_all_sets(tmp_path: Path) -> None:
    sets = figures_of(
        tiny_set(tmp_path / "many" / "en"),
        tiny_set(tmp_path / "many" / "de"),
        tiny_set(tmp_path / ("long" * 20)),
    )
    lines = list(report_lines(sets))
    text = "\n".join(lines)
    titles = [lines[i - 1] for i, line in enumerate(lines) if line and not line.strip("=")]
    assert titles == ["many/en", "many/de", "long" * 20, "All sets: R@1"]
    assert [line for line in lines if len(line) > 80] == []
    assert "ours against passage" in text
    assert "Small talk: 1 of 2 get the fixed reply" in text
    assert " nan" not in text
    assert any(line.startswith("many/de") and " de " in line for line in lines)


def test_sets_of_the_same_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    one, other = tiny_set(tmp_path / "1" / "x"), tiny_set(tmp_path / "2" / "x")
    assert [f.name for f in figures_of(one, other)] == [str(one), str(other)]


def test_a_set_without_an_answerable_question_has_figures_too(tmp_path: Path) -> None:
    write_lines(tmp_path / "unanswerable.jsonl", [{"question": "Who is the king of Mars?"}])
    (figures,) = figures_of(tmp_path)
    assert figures.answerable == 0
    assert figures.refusals is not None
    assert figures.refusals.auroc is None
    text = "\n".join(report_lines([figures]))
    assert "Ranking" not in text
    assert "AUROC, answerable against unanswerable         –" in text


def test_chains_alone_have_follow_up_figures(tmp_path: Path) -> None:
    turns = [
        {"question": "How many members are there?", "gold": "eighty-five"},
        {"question": "Where did they meet?", "gold": "Marrakesh", "rewrite": "Where was it?"},
    ]
    write_lines(tmp_path / "followups.jsonl", [{"id": "f", "turns": turns}])
    (figures,) = figures_of(tmp_path)
    assert [f.count for f in figures.follow_ups] == [1, 1, 1]
    assert "\n".join(report_lines([figures])).count("\nrewritten") == 1


def test_the_drawing_is_a_png_with_a_row_a_set(tmp_path: Path) -> None:
    folder = tiny_set(tmp_path / "tiny")
    sizes = []
    for folders in ([folder], [folder, folder]):
        file = tmp_path / "curves.png"
        figures_of(*folders, plot_file=file)
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        sizes.append(struct.unpack(">II", content[16:24]))
    assert sizes[1] == (sizes[0][0], 2 * sizes[0][1])


def test_a_drawing_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(EvaluationFailed, match=r"taken\.png cannot be written"):
        figures_of(tiny_set(tmp_path / "tiny"), plot_file=tmp_path / "taken.png")


@pytest.mark.parametrize("library", ["ir_measures", "matplotlib.figure"])
def test_a_library_that_is_not_installed_is_named_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EvaluationFailed, match=r'pip install "verbatim-bot\[eval\]"'):
        figures_of(tmp_path / "nowhere", plot_file=tmp_path / "curves.png")


def test_a_bad_set_is_refused_before_a_model_is_opened(tmp_path: Path) -> None:
    def never() -> Any:
        raise AssertionError("the embedders were opened")

    with pytest.raises(UnreadableSource, match="no evaluation set"):
        figures_of(tiny_set(tmp_path / "tiny"), tmp_path, open_embedders=never)


def test_a_baseline_is_one_signal_and_ties_stand_in_reading_order(
    tmp_path: Path, store: FolderIndex
) -> None:
    refresh(
        corpus_of("aaa bbb", "aaa", "bbb. aaa", "aaa", "ccc"),
        index=store,
        embedder=LetterEmbedder(),
    )
    found = Baselines(store.open_current(), LetterEmbedder()).rankings("aaa", top=5)
    order = {system: [key[0] for key in ranking.keys] for system, ranking in found.items()}
    assert order[System.PASSAGE] == ["d2", "d4", "d1", "d3", "d5"]
    assert order[System.SENTENCE][:3] == ["d2", "d3", "d4"]
    assert order[System.BM25] == ["d2", "d4", "d1", "d3"]
    # d2 is first three times: 3/61; d4 is second, third and second
    assert found[System.RRF].scores[:2] == pytest.approx((3 / 61, 1 / 62 + 1 / 63 + 1 / 62))


def test_a_system_that_is_none_is_named() -> None:
    assert chosen_systems(["ours", "bm25", "ours"]) == [System.OURS, System.BM25]
    with pytest.raises(ValueError, match='"magic" is no system: choose among passage'):
        chosen_systems(["magic"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["eval"], "Missing argument"),
        (["eval", "/nowhere"], "does not exist"),
        (["eval", ".", "--systems", "magic"], "is no system"),
        (["eval", ".", "--systems", "bm25", "--compare", "ours", "bm25"], "is no system"),
        (["eval", ".", "--plot", "curves.pdf"], "name a .png file"),
        (["eval", ".", "--limit", "0"], "--limit"),
    ],
)
def test_wrong_usage_ends_with_exit_code_2(tmp_path: Path, words: list[str], hint: str) -> None:
    run = verbatim(*words, home=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert hint in run.stderr


def test_the_command_measures_a_set_with_the_real_model(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tiny_set(tmp_path / "tiny")
    run = verbatim("eval", str(folder), "--json", "--seed", "5", home=home)
    assert (run.returncode, run.stderr) == (0, "")
    reply = json.loads(run.stdout)
    assert reply["seed"] == 5
    (figures,) = reply["sets"]
    assert figures["systems"]["ours"]["R@1"]["value"] == 1
    assert figures["latency_ms"]["search"]["count"] == 6
    assert (home / "evaluation-vectors.sqlite").is_file()
    (home / "evaluation-vectors.sqlite").write_bytes(b"no database" * 100)
    run = verbatim("eval", str(folder), home=home)
    assert (run.returncode, run.stdout) == (1, "")
    assert "--cache FILE names another file" in run.stderr
