"""Features of candidates, each by value against a slow oracle that follows their definitions."""

import itertools
from datetime import date

import numpy as np
import pytest
from fakes import LetterEmbedder

from corpus import Corpus, document_from_text
from embeddings import FolderIndex, Generation, Query, Retriever, refresh
from embeddings.models.embedder import TextVectors
from embeddings.question.parsedquestion import parse_question
from embeddings.search.features import NAMES
from embeddings.search.signals import CONTEXT_SHARE
from embeddings.text.stemming import stems

TEXTS = (
    (
        "a",
        "Quad summit",
        date(2021, 3, 12),
        "The Quad met Kim Lee. Ships left Tokyo port in May 2020.\n\nTrade grew by 12 percent. It was good.",
    ),
    (
        "b",
        "Trade talks",
        date(2022, 5, 1),
        "Ministers spoke on trade policy.\n\nTokyo port was closed. Zebras were seen.",
    ),
    ("c", "Zebra report", None, "Nothing else was said here."),
)
QUESTIONS = (
    "How many percent did trade grow in 2021?",
    "Who met the Quad in March 2021?",
    "Which port in Tokyo was closed",
    "zebras pizza",
    "When did ships leave the Tokyo port?",
)


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    corpus = Corpus(
        tuple(
            document_from_text(text, document_id=i, title=title, published=published)
            for i, title, published, text in TEXTS
        )
    )
    store = FolderIndex(tmp_path_factory.mktemp("index"))
    refresh(corpus, index=store, embedder=LetterEmbedder())
    return store.open_current()


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def oracle(generation: Generation, text: str) -> dict[str, list[float]]:
    """Every column, passage by passage, sentence by sentence."""
    embedder = LetterEmbedder()
    question = parse_question(text, generation.lexical)
    q = embedder.read_query(question.text).vector.astype(np.float64)
    words = generation.context_lexical.scores(question.stems)
    columns: dict[str, list[float]] = {name: [] for name in NAMES}
    context_cosine: dict[str, list[float]] = {}
    for row, passage in enumerate(generation.passages):
        columns["context_words_raw"].append(float(np.log1p(words[row])))
        document = generation.document_of(passage)
        c = embedder.read_query(document.context).vector.astype(np.float64)
        own = embedder.read_query(passage.text).vector.astype(np.float64)
        sentences = [
            embedder.read_query(s.text).vector.astype(np.float64) for s in passage.sentences
        ]
        cosines = sorted((float(s @ q) for s in sentences), reverse=True)
        bags = [stems(s.text) for s in passage.sentences]
        inside = {stem for bag in bags for stem in bag}
        around = inside | set(stems(document.context))
        columns["passage"].append(float(own @ q))
        columns["context_passage"].append(float(unit(own + CONTEXT_SHARE * c) @ q))
        columns["sentence"].append(cosines[0])
        columns["context_sentence"].append(
            max(float(unit(s + CONTEXT_SHARE * c) @ q) for s in sentences)
        )
        found = {p for bag in bags for p in itertools.pairwise(bag)}
        known = [p for p in question.pairs if all(s in generation.terms.vocabulary for s in p)]
        best = max(len(set(itertools.pairwise(bag)) & set(known)) for bag in bags) if found else 0
        columns["pairs"].append(best / max(len(known), 1))
        wanted = question.numbers
        columns["numbers"].append(len(wanted & around) / len(wanted) - 0.5 if wanted else 0)
        when = document.published
        for name, named, own_part in (
            ("year", question.years, when.year if when else None),
            ("month", question.months, when.month if when else None),
        ):
            agrees = 0 if not named or own_part is None else (1 if own_part in named else -1)
            columns[name].append(agrees)
        asked = embedder.read_query(question.text)
        rarity = generation.token_weights(asked.token_ids)

        def near(texts: list[str], weights: np.ndarray, asked: TextVectors = asked) -> float:
            tokens = np.concatenate([embedder.read_query(t).token_vectors for t in texts])
            best = (asked.token_vectors @ tokens.T).max(axis=1)
            return float(weights @ best / weights.sum())

        own_texts = [s.text for s in passage.sentences]
        whole = [*own_texts, document.context]
        columns["sentence_rare_tokens"].append(max(near([s], rarity) for s in own_texts))
        columns["context_tokens"].append(near(whole, np.ones_like(rarity)))
        columns["context_rare_tokens"].append(near(whole, rarity))
        context_cosine.setdefault(document.id, []).append(columns["context_passage"][-1])
    columns["document"] = [max(context_cosine[p.document_id]) for p in generation.passages]
    return columns


@pytest.mark.parametrize("text", QUESTIONS)
def test_features_are_those_of_their_definitions(generation: Generation, text: str) -> None:
    candidates = Retriever(generation, LetterEmbedder()).candidates(Query(text))
    assert candidates is not None
    assert candidates.rows.tolist() == list(range(len(generation.passages)))
    assert candidates.features.shape == (len(generation.passages), len(NAMES))
    assert candidates.features.dtype == np.float32
    for name, expected in oracle(generation, text).items():
        if expected:
            got = candidates.features[:, NAMES.index(name)]
            # token vectors are kept as whole numbers up to 127
            atol = 0.02 if "tokens" in name else 2e-5
            np.testing.assert_allclose(got, expected, atol=atol, err_msg=name)


def column(generation: Generation, text: str, name: str) -> list[float]:
    candidates = Retriever(generation, LetterEmbedder()).candidates(Query(text))
    assert candidates is not None
    return candidates.features[:, NAMES.index(name)].tolist()


def test_the_kind_of_thing_that_is_asked_for_is_seen_in_the_passages(
    generation: Generation,
) -> None:
    assert column(generation, "How many percent?", "quantity") == [0, 1, 0, 0, 0]
    assert column(generation, "When did they leave?", "date") == [1, 0, 0, 0, 0]
    assert column(generation, "Was trade good?", "quantity") == [0, 0, 0, 0, 0]


def test_a_sentence_without_what_is_asked_for_fits_less(generation: Generation) -> None:
    text = "How many percent?"
    fitting = np.array(column(generation, text, "fitting_sentence"))
    best = np.array(column(generation, text, "sentence"))
    lost = best - fitting
    assert lost[1] <= 0.2 + 1e-6
    np.testing.assert_allclose(lost[[0, 2, 3, 4]], 0.2, atol=1e-6)
