"""A verdict about a citation in words, for who runs ``verbatim verify``."""

from bot.verification import Place, Verdict, Verification


def explanation(verification: Verification) -> str:
    """What became of the cited words, and where they are, in one line."""
    if verification.now is not None:
        return _where(verification, verification.now)
    if verification.verdict is Verdict.UNKNOWN:
        return (
            "the text with that digest is not kept, so the cited words are not known. Verify the "
            'JSON of the citation, which has them ("verbatim ask --json" prints it)'
        )
    if verification.verdict is Verdict.MISQUOTED:
        if verification.pieces:
            return "the words of the citation are not those of the text that it names"
        return "the text that the citation names has no words at these offsets"
    document = verification.cited.document
    if verification.document_is_there:
        return f"{document} has nothing like these words any more"
    return f"no document is called {document} any more, and no other has these words"


def _where(verification: Verification, now: Place) -> str:
    document = verification.cited.document
    if verification.verdict is Verdict.CHANGED:
        return f"{now.label} reads differently now"
    if verification.verdict is Verdict.INTACT:
        return f"the words stand at {now.label}"
    if now.document.id == document:
        return f"the words stand at {now.label} now"
    before = "no longer has them" if verification.document_is_there else "is not there any more"
    return f"the words stand in {now.document.id}, {now.label}, now; {document} {before}"
