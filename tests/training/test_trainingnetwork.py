"""The reader's input and losses, by value, and its exported weights."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from trainingrows import CLAUSE, FIRST, SECOND

from embeddings.reader.encoding import MOST_TOKENS, OVERLAP, PairEncoder
from training.errors import TrainingError, WeightsDamaged
from training.fitting.averages import MovingAverage
from training.fitting.embeddertask import contrastive_loss
from training.fitting.stage import CHECKPOINT_NAME, Plan, put_checkpoint, run_stage
from training.measuring.measures import (
    auroc,
    calibration_error,
    in_order,
    logistic,
    logistic_fit,
    recall,
)
from training.measuring.scoring import Scorer, ToRead
from training.network.basemodel import WORD_EMBEDDINGS, base_folder
from training.network.embeddernetwork import EmbedderNetwork, TextEncoder
from training.network.losses import (
    NEGATIVE_EVIDENCE,
    answer_loss,
    counterpart_loss,
    evidence_losses,
    group_loss,
    span_losses,
)
from training.network.modelfolder import write_model_folder
from training.network.readernetwork import ReaderNetwork, batch_of
from training.network.weights import CARD_NAME, WEIGHTS_NAME, export_weights, load_weights

CPU = torch.device("cpu")
LONG = " ".join(f"Point {n} says that member {n} joined." for n in range(120))


@pytest.fixture(scope="module")
def encoder() -> PairEncoder:
    return PairEncoder(base_folder() / "tokenizer.json")


@pytest.fixture(scope="module")
def network() -> ReaderNetwork:
    torch.manual_seed(0)
    return ReaderNetwork(base_folder()).eval()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slow where tests share the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_a_pair_is_read_as_question_newest_turn_older_turn_and_titled_passage(
    encoder: PairEncoder,
) -> None:
    (pair,) = encoder.windows(
        "Who came?",
        "Ardern came.",
        earlier=("first", "second"),
        title="Visit",
        when="31 May 2022",
    )
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    read = [tokenizer.id_to_token(i) for i in pair.ids]
    asked = "[CLS] who came ? [unused1] second [unused1] first [SEP]".split()
    assert read[: pair.question_length] == asked
    rest = read[pair.question_length :]
    assert rest[: pair.passage_start - pair.question_length] == "visit | 31 may 202 ##2 |".split()
    assert rest[-1] == "[SEP]"
    text = "Ardern came."
    assert [text[a:b].lower() for a, b in pair.offsets][-2:] == ["came", "."]


@given(st.integers(0, 119))
def test_every_point_of_a_long_passage_lies_whole_in_a_window(number: int) -> None:
    encoder = PairEncoder(base_folder() / "tokenizer.json")
    windows = encoder.windows("Which member?", LONG, title="Long")
    assert len(windows) > 1
    assert all(len(w.ids) <= MOST_TOKENS for w in windows)
    sentence = f"Point {number} says that member {number} joined."
    start = LONG.index(sentence)
    assert any(w.tokens_of((start, start + len(sentence))) for w in windows)


def test_neighbouring_windows_overlap(encoder: PairEncoder) -> None:
    first, second, *_ = encoder.windows("Which member?", LONG)
    common = set(first.offsets) & set(second.offsets)
    assert len(common) >= OVERLAP


@given(st.integers(0, 119), st.floats(0, 1))
def test_the_window_to_learn_from_has_what_answers_anywhere(number: int, place: float) -> None:
    encoder = PairEncoder(base_folder() / "tokenizer.json")
    sentence = f"Point {number} says that member {number} joined."
    part = (LONG.index(sentence), LONG.index(sentence) + len(sentence))
    read = encoder.window_with("Which member?", LONG, part=part, place=place)
    tokens = read.tokens_of(part)
    assert tokens is not None
    first, last = (read.offsets[t - read.passage_start] for t in (tokens[0], tokens[1] - 1))
    assert LONG[first[0] : last[1]] == sentence


def test_a_part_outside_the_window_has_no_tokens(encoder: PairEncoder) -> None:
    first, *_ = encoder.windows("Which member?", LONG)
    assert first.tokens_of((len(LONG) - 10, len(LONG))) is None


@pytest.mark.parametrize("question", ["", "why " * 3000, "日本語 " * 300, "\x00\ud7ff🙂"])
def test_odd_questions_leave_room_for_the_passage(encoder: PairEncoder, question: str) -> None:
    windows = encoder.windows(question, FIRST, earlier=("long " * 500,) * 5, title="T " * 400)
    assert all(len(w.ids) <= MOST_TOKENS for w in windows)
    assert sum(len(w.offsets) for w in windows) >= 40


def test_a_passage_without_a_word_is_one_window(encoder: PairEncoder) -> None:
    (pair,) = encoder.windows("Who?", "")
    assert pair.offsets == ()


def test_batches_mark_segments_and_passages(encoder: PairEncoder) -> None:
    pairs = [*encoder.windows("Who came?", "Ardern came."), *encoder.windows("Who?", FIRST)]
    batch = batch_of(pairs, encoder.pad_id)
    for row, pair in enumerate(pairs):
        n = len(pair.ids)
        assert batch.mask[row].tolist() == [i < n for i in range(batch.ids.shape[1])]
        assert batch.segments[row].sum() == n - pair.question_length
        assert batch.passage[row].sum() == len(pair.offsets)
        assert bool(batch.passage[row, pair.passage_start])
        assert not bool(batch.passage[row, n - 1])


def test_the_answer_loss_is_cross_entropy_after_what_the_wording_tells() -> None:
    logits, answers, priors = [0.3, -2.0, 1.5], [1.0, 0.0, 0.0], [0.0, -1.0, 2.0]
    expected = np.mean(
        [
            -math.log(sigmoid(x + p)) if y else -math.log(1 - sigmoid(x + p))
            for x, y, p in zip(logits, answers, priors, strict=True)
        ]
    )
    found = answer_loss(torch.tensor(logits), torch.tensor(answers), torch.tensor(priors))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_group_loss_is_a_softmax_over_each_list() -> None:
    logits = [0.3, -2.0, 1.5, 0.7, 0.1]
    lists = [[0, 1, 2], [3, 4], [2]]
    expected = np.mean(
        [-math.log(math.exp(logits[a[0]]) / sum(math.exp(logits[i]) for i in a)) for a in lists[:2]]
    )
    assert float(group_loss(torch.tensor(logits), lists)) == pytest.approx(expected, rel=1e-5)
    assert float(group_loss(torch.tensor(logits), [[2]])) == 0


def test_the_counterpart_loss_is_a_softplus_of_the_difference() -> None:
    logits = [0.3, -2.0, 1.5]
    expected = np.mean([math.log(1 + math.exp(logits[b] - logits[a])) for a, b in [(0, 1), (0, 2)]])
    found = counterpart_loss(torch.tensor(logits), [(0, 1), (0, 2)])
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert float(counterpart_loss(torch.tensor(logits), [])) == 0


def test_evidence_is_counted_over_the_tokens_of_the_passage() -> None:
    logits = torch.tensor([[9.0, 0.5, -1.0, 3.0], [9.0, 0.2, 0.4, 9.0]])
    labels = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    passage = torch.tensor([[False, True, True, True], [False, True, True, False]])
    found = evidence_losses(logits, labels, passage, torch.tensor([1.0, 0.0]))
    first = [-math.log(sigmoid(0.5)), -math.log(1 - sigmoid(-1)), -math.log(1 - sigmoid(3))]
    second = [-math.log(1 - sigmoid(0.2)), -math.log(1 - sigmoid(0.4))]
    assert found.tolist() == pytest.approx(
        [np.mean(first), NEGATIVE_EVIDENCE * np.mean(second)], rel=1e-5
    )


def test_a_short_answer_is_a_softmax_over_the_passage_and_no_answer() -> None:
    starts = torch.tensor([[0.1, 50.0, 0.3, 0.9]])
    ends = torch.tensor([[0.2, 50.0, 0.5, -0.4]])
    passage = torch.tensor([[False, False, True, True]])

    def cross_entropy(row: list[float], right: int) -> float:
        allowed = [row[0], row[2], row[3]]
        return -math.log(math.exp(row[right]) / sum(math.exp(x) for x in allowed))

    found = span_losses(starts, ends, torch.tensor([[2, 3]]), passage)
    expected = (cross_entropy(starts[0].tolist(), 2) + cross_entropy(ends[0].tolist(), 3)) / 2
    assert float(found) == pytest.approx(expected, rel=1e-5)
    nothing = span_losses(starts, ends, torch.tensor([[0, 0]]), passage)
    expected = (cross_entropy(starts[0].tolist(), 0) + cross_entropy(ends[0].tolist(), 0)) / 2
    assert float(nothing) == pytest.approx(expected, rel=1e-5)


def test_the_contrastive_loss_is_a_softmax_over_all_passages_of_a_batch() -> None:
    generator = np.random.default_rng(1)
    questions, passages = generator.normal(size=(3, 5)), generator.normal(size=(6, 5))
    questions /= np.linalg.norm(questions, axis=1, keepdims=True)
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    z = 20 * questions @ passages.T
    expected = np.mean([np.log(np.exp(z[i]).sum()) - z[i, i] for i in range(3)])
    found = contrastive_loss(torch.tensor(questions), torch.tensor(passages))
    assert float(found) == pytest.approx(expected)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=12),
    st.lists(st.integers(-3, 3), min_size=1, max_size=12),
)
def test_auroc_counts_pairs(right: list[int], wrong: list[int]) -> None:
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    assert auroc(right, wrong) == pytest.approx(np.mean(pairs))


def test_measures_of_nothing_are_no_numbers() -> None:
    assert math.isnan(auroc([], [1.0]))
    assert math.isnan(in_order([], []))
    assert math.isnan(recall([], 5))
    assert recall([0, 4, 5, None], 5) == 0.5


def test_probabilities_that_say_what_happens_have_no_calibration_error() -> None:
    p = np.array([0.25] * 8 + [0.75] * 4)
    y = [True, True] + [False] * 6 + [True] * 3 + [False]
    assert calibration_error(p, y) == pytest.approx(0)
    assert calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)


def test_a_logistic_fit_finds_the_weights_that_made_the_rows() -> None:
    generator = np.random.default_rng(2)
    x = generator.normal(size=(20_000, 2))
    y = generator.random(20_000) < 1 / (1 + np.exp(-(0.5 + x @ [2.0, -1.0])))
    w = logistic_fit(x, y, ridge=0.0)
    assert w == pytest.approx([0.5, 2.0, -1.0], abs=0.1)
    assert logistic(x, w).mean() == pytest.approx(y.mean(), abs=1e-4)


def test_exported_weights_are_fp16_without_word_embeddings_and_give_the_same_logits(
    encoder: PairEncoder, network: ReaderNetwork, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file

    file = export_weights(network, tmp_path, kind="reader", facts={"steps_done": 7})
    tensors = load_file(file)
    assert {t.dtype for t in tensors.values()} == {np.dtype(np.float16)}
    assert not any(WORD_EMBEDDINGS in name for name in tensors)
    assert file.stat().st_size < 30e6
    torch.manual_seed(5)
    other = ReaderNetwork(base_folder())
    card = load_weights(other, tmp_path, kind="reader")
    assert card["steps_done"] == 7
    pairs = [ToRead("Which member was New Zealand?", FIRST), ToRead("Who?", SECOND)]
    before, after = (
        Scorer(each, encoder, device=CPU, bf16=False).read(pairs) for each in (network, other)
    )
    assert [r.logit for r in before] == pytest.approx([r.logit for r in after], abs=1e-2)


def test_damaged_or_foreign_weights_are_refused(network: ReaderNetwork, tmp_path: Path) -> None:
    with pytest.raises(WeightsDamaged, match="no exported weights"):
        load_weights(network, tmp_path, kind="reader")
    file = export_weights(network, tmp_path, kind="reader", facts={})
    with pytest.raises(WeightsDamaged, match="another kind"):
        load_weights(network, tmp_path, kind="embedder")
    card = json.loads((tmp_path / CARD_NAME).read_text("utf-8"))
    other = {**card, "base_sha256": "0" * 64}
    (tmp_path / CARD_NAME).write_text(json.dumps(other), "utf-8")
    with pytest.raises(WeightsDamaged, match="base model"):
        load_weights(network, tmp_path, kind="reader")
    (tmp_path / CARD_NAME).write_text(json.dumps(card), "utf-8")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS_NAME).write_bytes(content)
    with pytest.raises(WeightsDamaged, match="not the file"):
        load_weights(network, tmp_path, kind="reader")


def test_the_word_embeddings_do_not_learn(network: ReaderNetwork) -> None:
    frozen = [n for n, p in network.named_parameters() if not p.requires_grad]
    assert len(frozen) == 1
    assert WORD_EMBEDDINGS in frozen[0]
    learned = {*map(id, network.body()), *map(id, network.heads())}
    assert len(learned) == sum(p.requires_grad for p in network.parameters())


def test_the_sentences_of_a_long_passage_all_get_a_number(
    encoder: PairEncoder, network: ReaderNetwork
) -> None:
    from corpus.documents.sentences import split_sentences

    sentences = tuple((s.start, s.end) for s in split_sentences(LONG))
    scorer = Scorer(network, encoder, device=CPU, bf16=False)
    (read,) = scorer.read([ToRead("Which member joined?", LONG, sentences=sentences)])
    assert read.windows > 1
    assert len(read.sentences) == len(sentences)
    assert all(math.isfinite(x) for x in read.sentences)


def test_an_embedder_that_learned_nothing_embeds_as_the_base_model_does(tmp_path: Path) -> None:
    from embeddings import SentenceTransformerEmbedder, find_model

    network = EmbedderNetwork(base_folder()).eval()
    write_model_folder(network, base_folder(), tmp_path)
    product = SentenceTransformerEmbedder(find_model(str(tmp_path)))
    texts = [CLAUSE, FIRST, "Where?"]
    encoder = TextEncoder(base_folder() / "tokenizer.json")
    with torch.inference_mode():
        rows = network.embed(encoder, texts, device=CPU, bf16=False).numpy()
    assert rows == pytest.approx(product.embed_passages(texts), abs=1e-5)


class Line:
    """Learns that three times a number is the answer."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        self._network = torch.nn.Linear(1, 1)
        self.steps: list[int] = []
        self.fails_at: int | None = None

    @property
    def network(self) -> torch.nn.Module:
        return self._network

    def rates(self) -> list[tuple[list[torch.nn.Parameter], float]]:
        return [(list(self._network.parameters()), 0.1)]

    def learn(self, step: int) -> dict[str, float]:
        if step == self.fails_at:
            raise KeyboardInterrupt
        self.steps.append(step)
        x = torch.tensor([[float(step % 5)]])
        value = (self._network(x) - 3 * x).square().mean()
        value.backward()  # type: ignore[no-untyped-call]
        return {"loss": float(value.detach())}

    def check(self) -> dict[str, float]:
        return {"weight": float(self._network.weight.detach())}


PLAN = Plan(steps=60, warm_up=5, check_every=20, save_every_s=0.0)


def test_a_killed_stage_goes_on_where_it_was_and_ends_the_same(tmp_path: Path) -> None:
    whole = Line()
    assert run_stage(whole, PLAN, folder=tmp_path / "whole", device=CPU)
    killed = Line()
    killed.fails_at = 33
    with pytest.raises(KeyboardInterrupt):
        run_stage(killed, PLAN, folder=tmp_path / "killed", device=CPU)
    again = Line()
    assert run_stage(again, PLAN, folder=tmp_path / "killed", device=CPU)
    assert again.steps == list(range(33, 60))
    after = float(again.network.weight.detach())
    assert after == pytest.approx(float(whole.network.weight.detach()), abs=1e-7)
    rows = [json.loads(r) for r in (tmp_path / "killed" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "weight" in row] == [20, 40, 60]
    assert all(math.isfinite(row["loss"]) for row in rows if "loss" in row)


def test_a_stage_out_of_time_stops_with_a_checkpoint(tmp_path: Path) -> None:
    line = Line()
    assert not run_stage(line, PLAN, folder=tmp_path, device=CPU, minutes=0)
    assert line.steps == [0]
    assert put_checkpoint(Line().network, tmp_path) == 1


def test_a_stage_with_another_plan_is_not_mixed_with_the_first(tmp_path: Path) -> None:
    run_stage(Line(), PLAN, folder=tmp_path, device=CPU, minutes=0)
    with pytest.raises(TrainingError, match="another plan"):
        run_stage(Line(), Plan(steps=61), folder=tmp_path, device=CPU)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run_stage(Line(), PLAN, folder=tmp_path, device=CPU, minutes=0)
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"damaged")
    with pytest.raises(WeightsDamaged, match="Delete it"):
        run_stage(Line(), PLAN, folder=tmp_path, device=CPU)


def test_a_loss_that_is_no_number_ends_the_stage(tmp_path: Path) -> None:
    line = Line()
    with torch.no_grad():
        line.network.weight.fill_(math.nan)  # type: ignore[union-attr, operator]
    with pytest.raises(TrainingError, match="loss of step 0"):
        run_stage(line, PLAN, folder=tmp_path, device=CPU)


def test_the_rate_rises_stays_and_falls() -> None:
    plan = Plan(steps=100, warm_up=10, flat=0.5, last_rate=0.1)
    assert plan.rate(0) == pytest.approx(0.1)
    assert plan.rate(9) == plan.rate(49) == 1
    assert plan.rate(75) == pytest.approx(0.55)
    assert plan.rate(100) == pytest.approx(0.1)


def test_the_average_is_in_place_only_for_a_while() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
    average = MovingAverage(network, 0.9)
    with torch.no_grad():
        network.weight.fill_(1.0)
    average.update()
    with average.in_place():
        assert float(network.weight.detach()) == pytest.approx(1 - 1 / 11)
    assert float(network.weight.detach()) == 1
