"""A raised sign is read as the mark of a note, as an exponent or as the end of an ordinal."""

import pytest

from corpus.extraction.text.raisedsigns import Role, is_raised_sign, meaning_of, superscript


@pytest.mark.parametrize(
    ("before", "sign", "after"),
    [
        ("The fund counts 85", "1", " members"),
        ("by the end of 2023.", "3", ""),
        ("as agreed", "12", " by all"),
        ("as agreed", "1,2", ""),
        ("as agreed,", "[4]", ""),
        ("as agreed", "3–5", " by all"),
        ("as agreed", "*", ""),
        ("the Group", "†", " met"),
        ("in 1,250", "7", " schools"),
        ("the region”", "a", " and"),
        ("the total", "b", " of"),
        ("¹".replace("¹", "the sum"), "¹", ""),
    ],
)
def test_a_sign_behind_a_word_or_long_number_is_a_note(before: str, sign: str, after: str) -> None:
    meaning = meaning_of(sign, before=before, after=after)
    assert (meaning.role, meaning.text) == (Role.NOTE, "")


@pytest.mark.parametrize(
    ("before", "sign", "after", "text"),
    [
        ("the zone of 120 km", "2", " is open", "²"),
        ("a flow of 3 m", "3", " a day", "³"),
        ("120 km", "²", "", "²"),
        ("about 10", "6", " people", "⁶"),
        ("4.5 × 10", "12", " t", "¹²"),
        ("a rate of 10", "−5", "", "⁻⁵"),
        ("20 km h", "-1", "", "⁻¹"),
        ("the release of ", "137", "Cs", "¹³⁷"),
        ("Ca", "2+", " ions", "²⁺"),
        ("the value m", "0", "", "⁰"),
    ],
)
def test_an_exponent_stays_in_superscript_characters(
    before: str, sign: str, after: str, text: str
) -> None:
    meaning = meaning_of(sign, before=before, after=after)
    assert (meaning.role, meaning.text) == (Role.EXPONENT, text)


@pytest.mark.parametrize(
    ("before", "sign", "after", "text"),
    [
        ("the 21", "st", " century", "st"),
        ("le 1", "er", " mai", "er"),
        ("au XXI", "e", " siècle", "e"),
        ("la 2", "e", " session", "e"),
        ("el 3", "o", " de mayo", "º"),
        ("at 20 ", "o", "C", "°"),
        ("at 20", "o", "C", "°"),
        ("at 20", "0", " C", "°"),
        ("the 3", "1", "/2 years", " 1"),
        ("Acme", "TM", " tools", "™"),
        ("M", "me", " Diallo", "me"),
        ("", "1", " Including two observers", "1"),
    ],
)
def test_letters_stay_as_they_are_written(before: str, sign: str, after: str, text: str) -> None:
    assert meaning_of(sign, before=before, after=after).text == text


def test_what_is_known_of_notes_decides_between_a_note_and_an_exponent() -> None:
    assert meaning_of("6", before="about 10", noted=True).role is Role.NOTE
    assert meaning_of("6", before="about 10", noted=False).text == "⁶"
    assert meaning_of("2", before="120 km", noted=True).text == "²"
    assert meaning_of("2", before="the 412", noted=False).text == "²"
    assert not meaning_of("2", before="the 412", noted=False).certain
    assert meaning_of("2", before="a grid of 5", noted=None).text == "²"
    assert not meaning_of("3", before="a grid of 512").certain


def test_superscript_characters_have_no_white_space() -> None:
    assert superscript("- 12") == "⁻¹²"
    assert superscript("") == ""


@pytest.mark.parametrize(
    ("text", "is_sign"),
    [
        ("1", True),
        ("12,13", True),
        ("a", True),
        ("†", True),
        ("¹", True),
        ("km", False),
        ("", False),
    ],
)
def test_a_sign_is_a_number_a_mark_or_one_letter(text: str, is_sign: bool) -> None:
    assert is_raised_sign(text) is is_sign
