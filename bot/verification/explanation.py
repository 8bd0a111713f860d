"""Explains a verdict about a citation in a sentence."""

from bot.verification.verification import Location, Verdict, Verification

READ_ANEW = ": its source was read again, and has not changed itself"
ORIGINAL_IS_NOT_STORED = (
    "the bytes of its source are not kept (VERBATIM_KEEP_ORIGINALS_MB): the words were "
    "compared with the stored text alone"
)
_MOST_SHOWN = 300


def explanation(verification: Verification) -> str:
    """Return a line that says what became of the cited words, and where they stand."""
    document = verification.cited.document
    if verification.verdict is Verdict.UNKNOWN:
        return _unknown(verification)
    if verification.verdict is Verdict.MISQUOTED:
        return _misquoted(verification)
    anew = READ_ANEW if verification.read_anew else ""
    if verification.now is not None:
        return _where(verification, verification.now) + anew
    if verification.document_is_there:
        return f"{document} no longer has words like these{anew}"
    return f"there is no document {document} any more, and no other has these words"


def differences(verification: Verification) -> tuple[str, ...]:
    """Return a line for each field in which the citation differs from the source."""
    return tuple(
        f"{each.field}: the citation has {_shortened(each.cited)}, "
        f"the source has {_shortened(each.source)}"
        for each in verification.mismatches
        if each.field not in {"quote", "start and end"}
    )


def _unknown(verification: Verification) -> str:
    now = verification.now
    where = "" if now is None else f". The same words stand in {now.document.id}, {now.where}, now"
    if verification.text_is_stored:
        document = verification.cited.document
        return f"no document called {document} is known to have had this text{where}"
    if verification.cited.quote is None:
        return (
            "the text with that digest is not kept, so the cited words are not known. Verify the "
            'JSON of the citation, which has them ("verbatim ask --json" prints it)'
        )
    return f"the text that the citation names is not kept, so it cannot be checked{where}"


def _misquoted(verification: Verification) -> str:
    fields = {each.field for each in verification.mismatches}
    if "start and end" in fields:
        return "the text that the citation names has no words at these offsets"
    if "reference" in fields:
        return "the reference of the citation and its other fields name different words"
    if fields and "quote" not in fields:
        named = " and ".join(sorted(fields))
        return f"{named} of the citation differ from the text that it names"
    return "the words of the citation are not those of the text that it names"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 2] + " …"}"'


def _where(verification: Verification, now: Location) -> str:
    document = verification.cited.document
    if verification.verdict is Verdict.CHANGED:
        return f"{now.where} reads differently now"
    if verification.verdict in {Verdict.INTACT, Verdict.DESCRIBED_OTHERWISE}:
        return f"the words stand at {now.where}"
    if now.document.id == document:
        return f"the words stand at {now.where} now"
    before = "no longer has them" if verification.document_is_there else "is gone"
    return f"the words stand in {now.document.id}, {now.where}, now; {document} {before}"
