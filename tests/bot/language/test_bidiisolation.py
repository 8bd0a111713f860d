"""Names in a line of other text: none can turn the rest of the line round."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.language.bidiisolation import in_line, isolated, without_controls

CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
NAMES = st.text(st.one_of(st.sampled_from([*CONTROLS, "a", "א", "1", " "]), st.characters()))
EMBEDDINGS, ISOLATES = {"LRE", "RLE", "LRO", "RLO"}, {"LRI", "RLI", "FSI"}


def depth_after(text: str) -> tuple[int, bool]:
    """How many isolates and embeddings are open behind a text, and whether one was ended that began
    before it, by the rules X1 to X8 and BD9 of Unicode's standard annex 9."""
    open_: list[str] = []
    outside = False
    for c in text:
        kind = unicodedata.bidirectional(c)
        if kind in EMBEDDINGS | ISOLATES:
            open_.append(kind)
        elif kind == "PDI":
            if not ISOLATES & set(open_):
                outside = True
                continue
            while open_.pop() not in ISOLATES:
                pass
        elif kind == "PDF":
            if not open_:
                outside = True
            elif open_[-1] in EMBEDDINGS:
                open_.pop()
    return len(open_), outside


@given(NAMES)
def test_whatever_a_name_begins_it_ends_and_it_ends_nothing_else(name: str) -> None:
    shown = isolated(name)
    assert depth_after(shown) == (0, False)
    assert depth_after(shown[1:-1] if shown != name else shown) == (0, False)
    # so it is for a screen that knows embeddings alone
    assert sum(shown.count(c) for c in "\u202a\u202b\u202d\u202e") == shown.count("\u202c")
    assert without_controls(shown) == without_controls(name)
    assert len(shown) <= len(name) + 10
    assert isolated(shown).strip("\u2068\u2069") == shown.strip("\u2068\u2069")


@given(NAMES)
def test_what_can_act_on_other_text_stands_between_fsi_and_pdi(name: str) -> None:
    acts = any(c in CONTROLS or unicodedata.bidirectional(c) in {"R", "AL"} for c in name)
    shown = isolated(name)
    assert (shown[:1] == "\u2068" and shown[-1:] == "\u2069") == acts or name[:1] == "\u2068"
    if not acts:
        assert shown == name


def test_a_name_that_is_balanced_stays_as_it_is_inside() -> None:
    name = "Über \u2067אב\u2069 and \u202babc\u202c\u200f"
    assert isolated(name) == f"\u2068{name}\u2069"


def test_what_is_left_open_is_closed_and_an_end_of_nothing_left_out() -> None:
    assert isolated("a\u202eb") == "\u2068a\u202eb\u202c\u2069"
    assert isolated("a\u2067b") == "\u2068a\u2067b\u2069\u2069"
    assert isolated("a\u2069b\u202c") == "\u2068ab\u2069"
    assert isolated("\u2066\u202ea\u2069b") == "\u2068\u2066\u202ea\u202c\u2069b\u2069"


def test_many_beginnings_make_a_name_ten_characters_longer_at_most() -> None:
    assert len(isolated("\u202e" * 1000 + "a")) <= 8 + 1 + 10
    assert isolated("\u2067" * 9 + "a" + "\u2069" * 9).count("\u2069") == 9


def test_a_name_does_not_seem_to_be_two_parts_of_a_line() -> None:
    assert in_line("A title · A ministry · 2022-05-12") == "A title – A ministry – 2022-05-12"
    for dot in "\u00b7\u0387\u2022\u2219\u22c5\u2027\u30fb":
        assert in_line(f"A {dot} {dot} B") == "A – – B"
        assert in_line(f"A\u00a0{dot}\u2003B") == "A\u00a0–\u2003B"
    for unseen in "\u200b\u2060\ufeff\u3164\u2800":
        assert in_line(f"A {unseen}·{unseen} B") == f"A {unseen}–{unseen} B"
    assert in_line("col·lecció") == "col·lecció"


@given(NAMES)
def test_no_name_divides_a_line(name: str) -> None:
    assert " · " not in in_line(name)
