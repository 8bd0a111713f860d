"""Finds the words in a message about which a person asks whether they were said."""

from dataclasses import dataclass

from embeddings.wording.wordforms import text_words

_PAIRS = {"“": "”", "«": "»", "„": "“”", '"': '"', "‹": "›", "「": "」"}
_SINGLE = frozenset("'‘’‚‛")
_LEAST_OF_A_QUOTATION = 2
_LEAST_WITHOUT_ASKING = 5
_LEAST_OF_A_CLAIM = 4
_SAYS = frozenset(
    "say says said saying write writes wrote written state states stated claim claims claimed "
    "mention mentions mentioned contain contains contained announce announced declare declared "
    "declares promise promised quote quotes quoted quotation words phrase sentence true correct "
    "really exactly verbatim dit disent dire écrit écrivent affirme affirmé déclaré déclare "
    "contient mentionne promis citation vrai exact exactement annoncé".split()
)
_ASKING = frozenset(
    "who what whom whose which where when why how is are was were do does did has have had can "
    "could will would should may might must shall list show tell find give summarise summarize "
    "explain describe compare name please qui que quoi quel quelle quels quelles où quand "
    "pourquoi comment combien est sont était étaient ont avait liste montre donne résume "
    "explique cite".split()
)
_QUESTION_WORDS = frozenset(
    "who whom whose what which where when why how wat wich quel quelle quels quelles pourquoi "
    "comment combien".split()
)
_ARTICLES = frozenset("the a an our all no le la les un une".split())
_VERBS = frozenset(
    "is are was were be been has have had will would can could cannot may might must shall should "
    "do does did remains remain calls call met meets said says supports support welcomes welcome "
    "condemns condemn reaffirms reaffirm wants want needs need plays play leads lead "
    "est sont était étaient sera seront a ont avait avaient doit doivent peut peuvent".split()
)


@dataclass(frozen=True, slots=True)
class SaidWords:
    """Words about which somebody asks whether they were said.

    ``certain`` says that nothing else can be meant: if they are not found, that is the reply.
    """

    words: str
    certain: bool


def asked_about(text: str) -> SaidWords | None:
    """Return the words that a message quotes, or states as a claim; None for a question.

    A message that is a quotation, or that has one and asks whether it was said, is certain.
    """
    text = text.strip()
    quotation = _longest_quotation(text)
    if quotation is not None:
        words, rest = quotation
        count = len(text_words(words))
        if not text_words(rest).forms:
            return SaidWords(words, count >= _LEAST_OF_A_QUOTATION) if count else None
        asks = bool(_SAYS.intersection(text_words(rest).forms))
        if asks and count >= _LEAST_OF_A_QUOTATION:
            return SaidWords(words, True)
        return SaidWords(words, False) if count >= _LEAST_WITHOUT_ASKING else None
    return SaidWords(text, False) if _is_claim(text) else None


def as_quotation(text: str) -> str:
    """Return a text in quotation marks, as a message that asks whether it was said."""
    return f"«{text.strip().translate({ord('«'): None, ord('»'): None})}»"


def _longest_quotation(text: str) -> tuple[str, str] | None:
    """Return the longest text in quotation marks, and the rest of the message."""
    if len(text) > 1 and text[0] in _SINGLE and text[-1] in _SINGLE:
        return text[1:-1].strip(), ""
    best: tuple[int, int] | None = None
    following: dict[str, int] = {}  # each mark is looked for once in each part of the text
    at = 0
    while at < len(text):
        ends = []
        for mark in _PAIRS.get(text[at], ""):
            if following.get(mark, -1) <= at:
                found = text.find(mark, at + 1)
                following[mark] = len(text) if found < 0 else found
            if following[mark] < len(text):
                ends.append(following[mark])
        if not ends:
            at += 1
            continue
        end = min(ends)
        if best is None or end - at > best[1] - best[0]:
            best = at, end
        at = end + 1
    if best is None:
        return None
    return text[best[0] + 1 : best[1]].strip(), f"{text[: best[0]]} {text[best[1] + 1 :]}"


def _is_claim(text: str) -> bool:
    """Return whether a message states something as a sentence, rather than asks."""
    words = text_words(text).forms
    if len(words) < _LEAST_OF_A_CLAIM or text.endswith("?") or words[0] in _ASKING:
        return False
    if _QUESTION_WORDS.intersection(word.split("'")[0] for word in words):
        return False
    after = words[1:]
    return any(
        word in _VERBS or (word.endswith("ed") and len(word) > len("need")) for word in after
    )


def is_plain_claim(text: str) -> bool:
    """Return whether a message is a sentence that states something, by its beginning, too."""
    text = text.strip()
    if _longest_quotation(text) is not None or not _is_claim(text):
        return False
    begins = text[0].isupper() or text[0].isdigit()
    return begins or text_words(text).forms[0] in _ARTICLES
