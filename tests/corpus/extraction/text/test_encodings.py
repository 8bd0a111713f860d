"""Texts in old encodings, and texts with a byte or two that are wrong."""

import pytest

from corpus.extraction.extract import DeviationKind
from corpus.extraction.kinds import Kind, kind_of
from corpus.extraction.text.plaintext import decoded, read_plain_text
from corpus.extraction.web.webpage import read_web_page

SPANISH = (
    "Los ministros reafirmaron su compromiso. «No olvidaremos», dijo el señor Núñez. ¿Cuándo?\n"
)
GERMAN = "Die Minister bekräftigten ihr Bekenntnis, große Übereinkunft über Maßnahmen in Köln.\n"
HUNGARIAN = (
    "A miniszterek megerősítették elkötelezettségüket. Őszintén köszönjük a győri követnek.\n"
)
TURKISH = "Bakanlar barışa bağlılıklarını teyit ettiler, dedi büyükelçi Şahin Güneş İstanbul'da.\n"
CZECH = "Příští schůzka bude v Plzni, řekl Jiří Šťastný. Žádné další náklady nevzniknou.\n"
POLISH = "Łukasz Żółć powiedział, że źle się dzieje. Święto odbędzie się w Łodzi.\n"
ROMANIAN = "Miniştrii au reafirmat angajamentul faţă de pace. Următoarea întâlnire: Bucureşti.\n"
RUSSIAN = "Министры подтвердили приверженность миру. Следующая встреча состоится в Москве.\n"
JAPANESE = "閣僚らは平和への取り組みを再確認した。次回の会合は東京で開催される。\n"
ENGLISH = "The ministers met in Québec. All were present, and the talks were good for everyone.\n"
ASCII = "The ministers met at the lake. All were present, and the talks were good for everyone.\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("mac_roman", SPANISH),
        ("mac_roman", GERMAN),
        ("cp1250", HUNGARIAN),
        ("iso8859-2", HUNGARIAN),
        ("iso8859-2", CZECH),
        ("iso8859-2", POLISH),
        ("cp1254", TURKISH),
        ("cp1250", "In Zürich, Ms Łukasz and Mr Żółć said that 40 million € are “fair”.\n"),
        ("cp1250", ROMANIAN),
        ("iso8859-15", "Le coût s'élève à 12 € par tête, à l'été où tout fut décidé.\n"),
        ("koi8-r", RUSSIAN),
        ("iso2022_jp", JAPANESE),
        ("euc_jp", JAPANESE * 3),
    ],
)
def test_letters_of_a_language_decide_the_encoding_and_the_guess_is_told(
    encoding: str, text: str
) -> None:
    found = read_plain_text(text.encode(encoding))
    assert found.text == text
    assert [each.kind for each in found.deviations] == [DeviationKind.GUESSED]


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xe2\x80", b"\xf0\x9f", b"\x00", b"\xe9"])
@pytest.mark.parametrize("at", [0, 30, len(ENGLISH) - 1])
def test_one_wrong_byte_leaves_a_text_with_few_accents_in_utf8(wrong: bytes, at: int) -> None:
    before, after = ENGLISH[:at], ENGLISH[at:]
    found = read_plain_text(before.encode() + wrong + after.encode())
    assert found.text.replace("\ufffd", "") == ENGLISH
    assert [each.kind for each in found.deviations] == [DeviationKind.REPAIRED]


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xe2\x80", b"\xf0\x9f", b"\x00"])
def test_a_byte_that_is_no_letter_of_an_old_encoding_is_marked_in_plain_ascii(wrong: bytes) -> None:
    found = read_plain_text(ASCII[:40].encode() + wrong + ASCII[40:].encode())
    assert found.text == f"{ASCII[:40]}\ufffd{ASCII[40:]}"
    assert [(each.kind, each.text) for each in found.deviations] == [
        (DeviationKind.REPAIRED, wrong.hex(" "))
    ]


def test_one_accent_of_an_old_encoding_in_plain_ascii_is_read() -> None:
    assert read_plain_text(ENGLISH.encode("cp1252")).text == ENGLISH


def test_a_zero_byte_makes_no_page_one_of_two_bytes_a_character() -> None:
    text = RUSSIAN * 5
    found = decoded(text[:100].encode() + b"\x00" + text[100:].encode())
    assert found.text.replace("\ufffd", "") == text
    assert found.wrong == ((found.text.index("\ufffd"), b"\x00"),)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Hi.", "Да.", ASCII, RUSSIAN, JAPANESE])
def test_utf16_without_a_mark_is_still_read(encoding: str, text: str) -> None:
    assert read_plain_text(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["<!doctype html><html>", "<p>Words of the page.</p>"])
@pytest.mark.parametrize("text", [ASCII, RUSSIAN, JAPANESE])
def test_a_page_in_utf16_without_a_mark_is_read(encoding: str, start: str, text: str) -> None:
    data = f"{start}<body><h1>Joint</h1><p>{text.strip()}</p>".encode(encoding)
    assert kind_of(data, name="page.html") is Kind.HTML
    assert text.strip() in read_web_page(data).text


def test_a_zero_byte_at_the_head_of_a_page_makes_it_no_other_file() -> None:
    assert kind_of(b"<p>The\x00 ministers met.</p>", name="page.html") is Kind.HTML


def test_utf8_that_is_declared_as_something_else_is_read_as_utf8_and_told() -> None:
    found = decoded(SPANISH.encode(), declared="cp1252")
    assert found.text == SPANISH
    assert found.guessed == "utf-8"
