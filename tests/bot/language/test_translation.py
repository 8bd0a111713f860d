"""Every text that a person reads is in every language, and well set."""

import gettext
import importlib.util
import io
import re
import types
from pathlib import Path

import pytest
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.answering.smalltalk import SmallTalk, small_talk
from bot.jsonforms.answerfields import answer_fields
from bot.language import texts
from bot.language.translation import LANGUAGES, nearest_language, translator
from bot.replies.rendering import render
from corpus import Corpus
from embeddings import FolderIndex, Retriever, refresh

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "catalogues.py"
FOREIGN = [language for language in LANGUAGES if language != "en"]
MARKUP = re.compile(r"[<>*`\[\]]|&\w+;|__|(?<!\w)_\w+_(?!\w)")
NO_BREAK = "\u00a0\u202f"


@pytest.fixture(scope="module")
def script() -> types.ModuleType:
    """The script that keeps the catalogues."""
    if not (ROOT / "bot").is_dir():
        pytest.skip("the sources are not here")
    specification = importlib.util.spec_from_file_location("catalogues", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def said_by(language: str) -> dict[str, str]:
    """Every text of a compiled catalogue with its translation, plural forms one by one."""
    said: dict[object, str] = translator(language).catalogue._catalog  # type: ignore[attr-defined]
    return {str(text): translation for text, translation in said.items() if text != ""}


def message_ids(catalogue: object) -> set[object]:
    return {message.id for message in catalogue if message.id}  # type: ignore[attr-defined]


def test_there_is_a_catalogue_for_every_language_but_that_of_the_code(
    script: types.ModuleType,
) -> None:
    assert [file.parts[-3] for file in script.catalogue_files()] == FOREIGN


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalogue_holds_exactly_the_texts_marked_in_the_code_all_translated(
    script: types.ModuleType, language: str
) -> None:
    (file,) = (f for f in script.catalogue_files() if f.parts[-3] == language)
    catalogue = script.read_catalogue(file)
    marked = message_ids(script.marked_texts())
    assert len(marked) > 50
    assert message_ids(catalogue) == marked
    assert script.faults(catalogue) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_what_the_program_reads_is_what_the_catalogue_compiles_to(
    script: types.ModuleType, language: str
) -> None:
    (file,) = (f for f in script.catalogue_files() if f.parts[-3] == language)
    compiled = gettext.GNUTranslations(io.BytesIO(script.mo_bytes(script.read_catalogue(file))))
    fresh = {k: v for k, v in compiled._catalog.items() if k}  # type: ignore[attr-defined]
    read = translator(language).catalogue._catalog  # type: ignore[attr-defined]
    assert {k: v for k, v in read.items() if k} == fresh


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "not translated"),
        ("Résultats.", "other placeholders"),
        ("Résultats pour {nom}.", "other placeholders"),
    ],
)
def test_a_faulty_translation_is_found(script: types.ModuleType, said: str, fault: str) -> None:
    catalogue = script.Catalog(locale="fr")
    catalogue.add("Showing results for {question}.", said)
    assert [f.partition(":")[0] for f in script.faults(catalogue)] == [fault]


def test_an_unsure_translation_or_a_missing_plural_form_is_found(
    script: types.ModuleType,
) -> None:
    catalogue = script.Catalog(locale="fr")
    catalogue.add("Begin", "Commencer", flags=["fuzzy"])
    catalogue.add(("one", "{count} of them"), ("un", ""))
    assert [f.partition(":")[0] for f in script.faults(catalogue)] == [
        "unsure (fuzzy)",
        "not translated",
    ]


def test_every_text_of_the_bot_is_marked(script: types.ModuleType) -> None:
    marked = message_ids(script.marked_texts())
    constants = {
        name: value
        for name, value in vars(texts).items()
        if name.isupper() and isinstance(value, str) and name != "REFUSED"
    }
    assert len(constants) > 15
    assert {name for name, value in constants.items() if value not in marked} == set()
    assert {what for _, what in texts.COMMANDS} <= marked
    assert set(texts.LANGUAGE_NAMES.values()) <= marked


@pytest.mark.parametrize("language", FOREIGN)
def test_no_text_holds_markup(language: str) -> None:
    for text, said in said_by(language).items():
        assert not MARKUP.search(said.replace("VERBATIM_MODEL", "")), said
        assert not MARKUP.search(text.replace("VERBATIM_MODEL", "").strip("('")), text


def test_french_texts_are_set_as_french_is() -> None:
    for said in said_by("fr").values():
        assert "'" not in said, said
        assert '"' not in said, said
        for before, sign in re.findall(r"(.)([?!;:»])", said):
            assert before in NO_BREAK, (before, sign, said)
        for after in re.findall(r"«(.)", said):
            assert after in NO_BREAK, said
        assert "  " not in said


def test_counts_take_their_plural_and_numbers_their_signs() -> None:
    english, french = translator("en"), translator("fr")
    forms = (
        "Verbatim, 1 document. Type a question; /quit ends.",
        "Verbatim, {count} documents. Type a question; /quit ends.",
    )
    assert english.plural(*forms, 1).startswith("Verbatim, 1 document.")
    assert english.plural(*forms, 1_948).startswith("Verbatim, 1,948 documents.")
    assert french.plural(*forms, 0).startswith("Verbatim, 0 document.")
    assert french.plural(*forms, 1_948).startswith("Verbatim, 1\u202f948 documents.")
    assert (english.number(0.5, decimals=2), french.number(0.5, decimals=2)) == ("0.50", "0,50")


def test_values_are_put_in_as_they_are() -> None:
    odd = "{count} {0} %s </b> «?»"
    for language in LANGUAGES:
        assert odd in translator(language).say(texts.SHOWING_RESULTS_FOR, question=odd)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("fr_FR.UTF-8", "fr"),
        ("FR", "fr"),
        ("en-GB", "en"),
        ("de", "en"),
        ("fry", "en"),
        ("C.UTF-8", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_nearest_language_of_a_tag(tag: str | None, language: str) -> None:
    assert nearest_language(tag) == language


def test_a_language_without_texts_is_misuse() -> None:
    with pytest.raises(ValueError, match="one of en, fr, not 'de'"):
        translator("de")


@pytest.fixture
def letters(store: FolderIndex) -> Answerer:
    """Answers from one passage by its letters."""
    corpus = corpus_of("Zebras zigzag. Zoos buzz.", publisher="P", url="https://example.org/")
    embedder = LetterEmbedder()
    refresh(corpus, index=store, embedder=embedder)
    return Answerer(Retriever(store.open_current(), embedder))


def test_a_french_reply_is_french_but_for_the_quote_and_its_source(
    shipped_answerer: Answerer,
) -> None:
    question = "How many members does the Coalition have?"
    english = shipped_answerer.answer(question)
    french = shipped_answerer.answer(question, language="fr")
    assert [q.text for q in french.quotes] == [q.text for q in english.quotes]
    said, message = (
        "\n".join(part.text for part in render(reply, shipped_answerer.corpus))
        for reply in (english, french)
    )
    assert "2022-05-12 · ¶ 7 · Lire sur canada.ca" in message
    assert message.replace("Lire sur canada.ca", "Read at canada.ca") == said


def test_a_french_reply_without_an_answer_is_french(letters: Answerer) -> None:
    reply = letters.answer("😀", language="fr")
    assert answer_fields(reply)["notices"] == [
        "Cette question ne contient aucun mot. Veuillez en écrire un."
    ]
    long = letters.answer("zoo " * 1_000, language="fr")
    assert "ses 1\u202f000 premiers caractères" in long.notices[0]


def test_small_talk_is_answered_in_its_own_language(letters: Answerer) -> None:
    for asked, language, start in (
        ("bonjour", "en", "Bonjour\u202f! Je cite"),
        ("Qui es-tu ?", "en", "Je suis Verbatim"),
        ("hello", "fr", "Hello! I quote"),
        ("ok", "en", "You are welcome."),
        ("ok", "fr", "Je vous en prie."),
        ("À bientôt !", "en", "Au revoir."),
    ):
        reply = letters.answer(asked, language=language)
        assert answer_fields(reply)["notices"][0].startswith(start), asked


def test_every_kind_of_small_talk_is_known_in_every_language() -> None:
    known = {
        (phrase.language, phrase.kind)
        for text in (
            *("hello", "thanks", "bye", "who are you"),
            *("bonjour", "merci", "au revoir", "qui êtes-vous ?"),
        )
        if (phrase := small_talk(text)) is not None
    }
    assert known == {(language, kind) for language in LANGUAGES for kind in SmallTalk}


def test_the_sources_have_one_greeting_for_one_and_for_many(shipped: Corpus) -> None:
    for language, one, many in (
        ("en", "one official statement,", "2 official statements,"),
        ("fr", "1 déclaration officielle,", "2 déclarations officielles,"),
    ):
        words = translator(language)
        assert one in texts.start(shipped, words)
        assert many in texts.start(corpus_of("A.", "B."), words)


def test_the_example_in_the_french_greeting_is_answered(shipped_answerer: Answerer) -> None:
    greeting = texts.start(shipped_answerer.corpus, translator("fr"))
    (example,) = re.findall(r"par exemple\u00a0: (.*)", greeting)
    assert shipped_answerer.answer(example).outcome is Outcome.ANSWER
