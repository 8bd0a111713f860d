"""The trained network, run without torch, gives torch's numbers, whatever it is given."""

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from readerweights import tensors_of, write_weights

from corpus import Span
from embeddings import ModelDamaged, ModelNotFound, PassageText, ReadingFailed
from embeddings.models.runtimes.bertgraph import BertShape
from embeddings.models.runtimes.onnxsession import open_session
from embeddings.models.tensorfile import TensorFile
from embeddings.models.trainedweights import read_trained_weights
from embeddings.reader.encoding import MOST_TOKENS, PairEncoder
from embeddings.reader.networkreader import MOST_WINDOWS, NetworkReader, open_network_reader
from embeddings.reader.readergraph import OUTPUTS, draft_graph, inputs
from training.network.readernetwork import ReaderNetwork, batch_of

TEXTS = (
    "The coalition met in Marrakech on 11 May 2022. Eighty-two members took part.",
    "Où ça ? 日本語の文章です。 🙂 مرحبا בירת",
    "a",
    "word " * 400,
)
LEAST_LIKENESS = 0.99
MOST_DIFFERENCE = 0.1
QUESTIONS = ("How many members took part?", "日本?", "", "what " * 2_000)


def passage(text: str, *, title: str = "A statement", date: str = "11 May 2022") -> PassageText:
    return PassageText(title, date, text, (Span(0, len(text)),) if text else ())


@pytest.fixture(scope="module")
def network(base: tuple[Path, str], weights: Path) -> ReaderNetwork:
    """The same weights in torch."""
    from safetensors.torch import load_file

    made = ReaderNetwork(base[0])
    tensors = {k: v.float() for k, v in load_file(str(weights / "model.safetensors")).items()}
    found = made.load_state_dict(tensors, strict=False)
    assert not found.unexpected_keys
    assert all("word_embeddings" in name for name in found.missing_keys)
    return made.eval()


@pytest.fixture(scope="module")
def whole_reader(base: tuple[Path, str], weights: Path) -> NetworkReader:
    """The reader of the same weights whose products are of fp32."""
    shape = BertShape.of(base[0])
    trained = read_trained_weights(weights, kind="reader", base_sha256=base[1])
    graph = draft_graph(trained, shape, int8=False)
    words = TensorFile(base[0] / "model.safetensors")
    return NetworkReader(
        open_session(graph.to_bytes(inputs=inputs(shape), outputs=OUTPUTS)),
        words=words.tensor("embeddings.word_embeddings.weight"),
        encoder=PairEncoder(base[0] / "tokenizer.json"),
        name="whole",
        digest="whole",
    )


def test_whole_numbers_give_almost_the_numbers_of_fp32(
    reader: NetworkReader, whole_reader: NetworkReader, base: tuple[Path, str]
) -> None:
    encoder = PairEncoder(base[0] / "tokenizer.json")
    ours, theirs = [], []
    for question in QUESTIONS:
        for text in TEXTS:
            for window in encoder.windows(question, text, earlier=(), title="A title", when=""):
                ours.append(reader._run(window).tokens.ravel())
                theirs.append(whole_reader._run(window).tokens.ravel())
    found, expected = np.concatenate(ours), np.concatenate(theirs)
    assert np.corrcoef(found, expected)[0, 1] > LEAST_LIKENESS
    assert np.abs(found - expected).mean() < MOST_DIFFERENCE * np.abs(expected).mean()
    assert (found != expected).any()


def test_the_logits_are_those_of_the_network_in_torch(
    whole_reader: NetworkReader, network: ReaderNetwork, base: tuple[Path, str]
) -> None:
    reader = whole_reader
    encoder = PairEncoder(base[0] / "tokenizer.json")
    for question in QUESTIONS:
        for text in TEXTS:
            windows = encoder.windows(
                question, text, earlier=("Who met?",), title="A statement", when="11 May 2022"
            )
            with torch.inference_mode():
                read = network(batch_of(windows, encoder.pad_id))
            (found,) = reader.read(question, ("Who met?",), [passage(text)])
            assert found.logit == pytest.approx(float(read.answers.max()), abs=1e-3)
            for number, window in enumerate(windows):
                ours = reader._run(window).tokens
                theirs = torch.stack([read.evidence, read.starts, read.ends], dim=2)[number]
                np.testing.assert_allclose(ours, theirs[: len(window.ids)], atol=1e-3)


def test_what_is_read_beside_a_passage_does_not_change_its_numbers(reader: NetworkReader) -> None:
    passages = [passage(text) for text in (*TEXTS, "")]
    together = reader.read("How many took part?", (), passages)
    for each, found in zip(passages, together, strict=True):
        assert reader.read("How many took part?", (), [each]) == [found]
    assert reader.read("How many?", (), []) == []


def test_what_was_asked_before_the_title_and_the_date_are_read(reader: NetworkReader) -> None:
    text = TEXTS[0]
    plain = reader.read("How many?", (), [passage(text)])[0].logit
    for question, history, given in (
        ("How many?", ("Who met?",), passage(text)),
        ("How many?", (), passage(text, title="Another one")),
        ("How many?", (), passage(text, date="3 June 2019")),
    ):
        assert reader.read(question, history, [given])[0].logit != pytest.approx(plain, abs=1e-4)


def test_an_empty_passage_and_an_empty_question_have_a_reading(reader: NetworkReader) -> None:
    (found,) = reader.read("", (), [PassageText("", "", "")])
    assert np.isfinite(found.logit)
    assert found.sentence_scores == ()
    assert found.answer is None
    (found,) = reader.read("Who \ud800 met?", ("\udfff",), [passage("They \ud83d met.")])
    assert np.isfinite(found.logit)


def test_a_long_passage_has_the_logit_of_its_best_window(
    reader: NetworkReader, base: tuple[Path, str]
) -> None:
    text = " ".join(f"Sentence {n} is about aid." for n in range(100))[:2_500]
    windows = PairEncoder(base[0] / "tokenizer.json").windows("Which one?", text)
    assert len(windows) > 1
    best = max(reader._run(window).logit for window in windows)
    (found,) = reader.read("Which one?", (), [PassageText("", "", text)])
    assert found.logit == best


def test_of_a_very_long_passage_those_windows_are_read_that_share_words_with_the_question(
    reader: NetworkReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    run = reader._run
    monkeypatch.setattr(reader, "_run", lambda pair: read.append(pair) or run(pair))
    text = f"{'Nothing of note. ' * 4_000}The giraffe sleeps. {'Nothing of note. ' * 4_000}"
    assert np.isfinite(
        reader.read("Does a giraffe sleep?", (), [PassageText("", "", text)])[0].logit
    )
    assert len(read) == MOST_WINDOWS
    assert any("giraffe" in text[p.offsets[0][0] : p.offsets[-1][1]] for p in read)
    assert all(len(p.ids) <= MOST_TOKENS for p in read)


def test_questions_at_once_are_read_as_they_are_alone(reader: NetworkReader) -> None:
    questions = [f"How many of the {n}?" for n in range(12)]
    passages = [passage(text) for text in TEXTS]
    alone = [reader.read(question, (), passages) for question in questions]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda q: reader.read(q, (), passages), questions)) == alone


def test_a_runtime_without_memory_is_an_error_of_the_reader(
    reader: NetworkReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(pair: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reader, "_run", run)
    with pytest.raises(ReadingFailed, match="tiny cannot read"):
        reader.read("Who?", (), [passage("They.")])


def opened(folder: Path, base: tuple[Path, str], exports: Path) -> NetworkReader:
    return open_network_reader(
        folder, name="tiny", base=base[0], base_sha256=base[1], exports=exports
    )


def test_the_export_is_made_once_and_again_when_it_is_damaged(
    base: tuple[Path, str], weights: Path, tmp_path: Path
) -> None:
    first = opened(weights, base, tmp_path)
    (folder,) = tmp_path.iterdir()
    made = (folder / "model.weights").stat().st_mtime_ns
    logit = first.read("Who?", (), [passage("They met.")])[0].logit
    assert opened(weights, base, tmp_path).digest == first.digest
    assert (folder / "model.weights").stat().st_mtime_ns == made
    content = bytearray((folder / "model.weights").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "model.weights").write_bytes(content)
    again = opened(weights, base, tmp_path)
    assert again.read("Who?", (), [passage("They met.")])[0].logit == logit
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]


def test_where_nothing_can_be_written_the_reader_is_held_in_memory(
    base: tuple[Path, str], weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    first = opened(weights, base, tmp_path / "file" / "exports")
    assert "held in memory" in caplog.text
    there = opened(weights, base, tmp_path / "exports")
    for text in TEXTS:
        assert first.read("Who?", (), [passage(text)]) == there.read("Who?", (), [passage(text)])


def _open_and_read(folder: Path, base: tuple[Path, str], exports: Path) -> float:
    return opened(folder, base, exports).read("Who?", (), [passage("They met.")])[0].logit


def test_two_processes_at_once_make_one_export(
    base: tuple[Path, str], weights: Path, tmp_path: Path
) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        found = processes.starmap(_open_and_read, [(weights, base, tmp_path)] * 2)
    assert found[0] == found[1]
    assert len(list(tmp_path.iterdir())) == 1


def test_damaged_and_foreign_weights_are_refused(base: tuple[Path, str], tmp_path: Path) -> None:
    def refused(folder: Path, match: str) -> None:
        with pytest.raises(ModelDamaged, match=match):
            opened(folder, base, tmp_path / "exports")

    with pytest.raises(ModelNotFound, match="no reader weights"):
        opened(tmp_path, base, tmp_path / "exports")
    sha = base[1]
    refused(write_weights(tmp_path / "a", base_sha256=sha, kind="embedder"), "reader weights")
    refused(write_weights(tmp_path / "b", base_sha256=sha, card={"format": 2}), "of this version")
    refused(write_weights(tmp_path / "c", base_sha256="0" * 64), "another base model")
    refused(write_weights(tmp_path / "d", base_sha256=sha, card={"sha256": "1" * 64}), "is damaged")
    tensors = tensors_of(np.random.default_rng(1))
    missing = {name: values for name, values in tensors.items() if name != "dense.bias"}
    refused(write_weights(tmp_path / "e", base_sha256=sha, tensors=missing), "another network")
    other = {**tensors, "dense.bias": np.zeros(7, np.float16)}
    refused(write_weights(tmp_path / "f", base_sha256=sha, tensors=other), "not what it should be")
    endless = {**tensors, "dense.bias": np.full_like(tensors["dense.bias"], np.inf)}
    refused(
        write_weights(tmp_path / "g", base_sha256=sha, tensors=endless), "not what it should be"
    )
    whole = write_weights(tmp_path / "h", base_sha256=sha)
    (whole / "weights.json").write_text("[")
    refused(whole, "cannot be read")
    assert not list((tmp_path / "exports").glob("*"))


@pytest.mark.parametrize("length", [0, 4, 8, 200, 5_000])
def test_a_file_that_was_cut_is_refused_even_where_its_digest_is_noted(
    base: tuple[Path, str], tmp_path: Path, length: int
) -> None:
    from readerweights import digest_of

    folder = write_weights(tmp_path / "cut", base_sha256=base[1])
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:length])
    card = json.loads((folder / "weights.json").read_text())
    (folder / "weights.json").write_text(json.dumps({**card, "sha256": digest_of(file)}))
    with pytest.raises(ModelDamaged):
        opened(folder, base, tmp_path / "exports")
