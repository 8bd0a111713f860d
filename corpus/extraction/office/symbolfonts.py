"""Maps the signs of symbol fonts, which Word keeps as codes of the font, to Unicode.

Source of the Symbol font's table: Adobe's mapping of its encoding
(https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt). Of Wingdings, it knows the signs
that texts use as marks and bullets.
"""

_PRIVATE = 0xF000
_LOWER = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"
    "‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
)
_UPPER = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪"
_LAST = "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
_SYMBOL = {
    **{0x20 + n: sign for n, sign in enumerate(_LOWER)},
    **{0xA0 + n: sign for n, sign in enumerate(_UPPER)},
    **{0xF1 + n: sign for n, sign in enumerate(_LAST)},
}
_WINGDINGS = {
    0x28: "☎", 0x29: "✆", 0x2A: "✉", 0x46: "☞", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6D: "❍",
    0x6E: "■", 0x6F: "□", 0x71: "❑", 0x72: "❒", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x9F: "•",
    0xA7: "▪", 0xA8: "◻", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔",
    0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip


def sign_of(font: str, code: int) -> str | None:
    """Return the Unicode character of a font's sign; None for one that is not known.

    ``code`` may lie in the private area from U+F000 on, where Word keeps the codes of symbol
    fonts. In any other font a code outside of it is the character itself.
    """
    name = font.strip().casefold()
    own = code - _PRIVATE if _PRIVATE <= code <= _PRIVATE + 0xFF else code
    if name == "symbol":
        return _SYMBOL.get(own)
    if name == "wingdings":
        return _WINGDINGS.get(own)
    if own != code or not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
        return None
    character = chr(code)
    return character if character.isprintable() else None


def is_symbol_font(font: str) -> bool:
    """Return whether the letters of a font are signs."""
    return font.strip().casefold() in {
        "symbol",
        "wingdings",
        "wingdings 2",
        "wingdings 3",
        "webdings",
    }
