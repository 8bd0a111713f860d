"""The bytes of a text file become its text, in any encoding."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnreadableSource
from corpus.extraction.extract import counted
from corpus.extraction.text.plaintext import Decoded, decoded, read_plain_text

FRENCH = "L'été était très chaud. J'ai acheté un café pour 3,50 € – « c'était délicieux »."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_as_it_says_and_nothing_is_noted(encoding: str) -> None:
    assert decoded(FRENCH.encode(encoding)) == Decoded(FRENCH)


def test_big_endian_marks_are_read() -> None:
    assert decoded(codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be")).text == FRENCH
    assert decoded(codecs.BOM_UTF32_BE + FRENCH.encode("utf-32-be")).text == FRENCH


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("Die schöne Frau sagte: „Das war köstlich!“ und lächelte für 15,50 €.", "cp1252"),
        ("The minister said: “we will not stop” – and that’s all.", "cp1252"),
        ("Министр иностранных дел сделал заявление о положении в регионе.", "cp1251"),
        ("Pan Łukasz mówił o rzece: „Żółć płynie” – rzekł.", "cp1250"),
        ("Ο υπουργός Εξωτερικών προέβη σε δήλωση για την κατάσταση.", "cp1253"),
        ("外務大臣は声明を発表しました。交渉は続いていると述べました。", "cp932"),
    ],
)
def test_an_older_encoding_is_guessed_and_the_guess_is_noted(text: str, encoding: str) -> None:
    extract = read_plain_text(text.encode(encoding))
    assert extract.text == text
    assert extract.notes == (f"read as {encoding}: save it as UTF-8 if letters look wrong",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    [FRENCH, "Министр сделал заявление.\n\nО положении.", "关于渔业协定。\n\n部长们表示，公平。"],
)
def test_unicode_without_a_mark_is_read_and_noted(text: str, encoding: str) -> None:
    extract = read_plain_text(text.encode(encoding))
    assert extract.text == text
    assert counted(extract.deviations) == "1 encoding guessed"


def test_utf8_with_a_wrong_byte_or_two_stays_utf8_and_the_bytes_are_noted() -> None:
    data = f"{FRENCH}\n".encode() + b"caf\xe9 and a\xf1ejo stay."
    extract = read_plain_text(data)
    assert extract.text == f"{FRENCH}\ncaf\ufffd and a\ufffdejo stay."
    assert counted(extract.deviations) == "2 bytes repaired"
    assert [each.text for each in extract.deviations] == ["e9", "f1"]
    assert all(extract.text[each.position] == "\ufffd" for each in extract.deviations)


def test_a_declared_page_with_one_wrong_byte_is_not_guessed_anew() -> None:
    assert decoded(b"Plain words \x96 here.", declared="utf-8").text == "Plain words \ufffd here."
    assert decoded(b"Plain words \x96 here.").guessed == "cp1252"


@given(st.text(st.characters(categories=["L", "P", "Zs"]), min_size=1), st.data())
def test_wrong_bytes_change_nothing_but_their_own_places(text: str, data: st.DataObject) -> None:
    before = "é" * 40 + text
    at = data.draw(st.integers(0, len(before)))
    wrong = data.draw(st.sampled_from([b"\xff", b"\xfe", b"\xc0"]))
    found = decoded(before[:at].encode() + wrong + before[at:].encode(), declared="utf-8")
    assert found.text == f"{before[:at]}\ufffd{before[at:]}"
    assert found.wrong == ((at, wrong),)


def test_a_declared_encoding_comes_before_a_guess() -> None:
    assert decoded("Šárka".encode("cp1250"), declared="cp1250") == Decoded("Šárka")


def test_front_matter_stays_in_the_text() -> None:
    text = "---\ntitle: A\n---\n\nHello."
    assert read_plain_text(text.encode()).text == text


@pytest.mark.parametrize("data", [b"\x00\x01\x02text", b"\x01\x02\x03\x04\x05\x06" * 20])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSource, match="binary"):
        read_plain_text(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_plain_text(data)
    except UnreadableSource as refusal:
        assert str(refusal).endswith(".")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff")))
def test_every_text_in_utf8_comes_back_as_it_was(text: str) -> None:
    assert decoded(text.encode()) == Decoded(text)
