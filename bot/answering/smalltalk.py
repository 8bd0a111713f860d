"""Answers greetings, thanks and questions about the bot itself with fixed texts, never a quote."""

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.language.translation import mark, nearest_language, translator
from corpus import Corpus
from embeddings import search_form


class SmallTalk(enum.Enum):
    """The kinds of text that ask nothing of the statements."""

    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ABOUT_BOT = "about the bot"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Recognised small talk and its language; None for words of several languages."""

    kind: SmallTalk
    language: str | None


_PHRASES = {
    Phrase(SmallTalk.GREETING, "en"): """
        hi|hello|hey|hello there|hi there|hey there|good morning|good afternoon|good evening
        |good day|greetings|how are you|how are you doing|how do you do|how is it going|whats up
        |testing""",
    Phrase(SmallTalk.GREETING, "fr"): """
        bonjour|salut|bonsoir|coucou|ca va|comment ca va|comment allez vous|comment vas tu""",
    Phrase(SmallTalk.GREETING, None): "hallo|test|ping",
    Phrase(SmallTalk.THANKS, "en"): """
        thanks|thank you|thx|many thanks|thanks a lot|thank you very much|thank you so much|cheers
        |great|great thanks|okay|ok thanks|nice|good|good bot""",
    Phrase(SmallTalk.THANKS, "fr"): """
        merci|merci beaucoup|merci bien|grand merci|ok merci|super merci|d accord|parfait|tres bien
        |genial""",
    Phrase(SmallTalk.THANKS, None): "ok|cool|super|perfect",
    Phrase(SmallTalk.FAREWELL, "en"): """
        bye|goodbye|good bye|bye bye|see you|see you later|good night""",
    Phrase(SmallTalk.FAREWELL, "fr"): "au revoir|a bientot|bonne nuit|bonne journee|bonne soiree",
    Phrase(SmallTalk.ABOUT_BOT, "en"): """
        who are you|what are you|what is this|what can you do|what do you do|what can i ask
        |what can i ask you|what should i ask|what do you know|what can you tell me|how do you work
        |how does this work|how does it work|how can you help|how can you help me|can you help me
        |can you help|help|help me|i need help|who made you|who built you|who created you
        |who wrote you|who runs you|who is behind you|are you a bot|are you a robot|are you human
        |are you an ai|are you real|are you there|is this a bot|what is your name|whats your name
        |do you have a name""",
    Phrase(SmallTalk.ABOUT_BOT, "fr"): """
        qui es tu|qui etes vous|que peux tu faire|que pouvez vous faire|que sais tu faire
        |que savez vous faire|aide|aide moi|aidez moi|a l aide|qui t a cree|qui vous a cree
        |comment ca marche|comment tu marches|es tu un robot|etes vous un robot
        |quel est ton nom|comment t appelles tu|comment vous appelez vous
        |que puis je demander""",
}
_BY_PHRASE = {
    words.strip(): phrase for phrase, listed in _PHRASES.items() for words in listed.split("|")
}
_PLEASANTRIES = frozenset(
    words.strip()
    for words in """
        very useful|useful|very helpful|helpful|that helps|that helped|this helps|that was helpful
        |that was useful|that is helpful|that is useful|thats helpful|thats useful|so helpful
        |so useful|great work|good work|good job|great job|nice work|nice job|well done|excellent
        |awesome|amazing|brilliant|wonderful|fantastic|lovely|perfect|have a nice day
        |have a good day|have a great day|nice to meet you|pleased to meet you|again|so much
        |very much|a lot|for your help|for the help|for helping|for that|for this|for everything
        |friend|my friend|everyone|all|team|and|then|now|today|for now|that is all|thats all
        |take care|tres utile|utile|tres bien|bien joue|bravo|pour ton aide|pour votre aide|et
        |a tous|bonne continuation|c est tout|c est tres utile|excellente journee""".split("|")
)
"""Words that may stand beside small talk and are none alone."""
_LONGEST_PHRASE = max(len(words.split()) for words in (*_BY_PHRASE, *_PLEASANTRIES))
_ADDRESS = re.compile(r"\b(?:please|verbatim|bot|dear|s il (?:te|vous) plait)\b")
_CAPITALISED_WORDS = re.compile(r"[A-Z][\w-]++(?: [A-Z][\w-]++)*+")
_BEFORE_NAME = re.compile(r"[a-z,;] $")
_EXAMPLES = 3


def small_talk(text: str) -> Phrase | None:
    """Return the small talk that the whole text is; None for any other text.

    Only whole phrases count: "hello" is a greeting, "Who said hello in Paris?" is a question.
    Several phrases may follow each other, with pleasantries between: "thanks a lot, very useful".
    What is asked about the bot counts first, then a farewell, a greeting, thanks.
    """
    folded = search_form(text).casefold().replace("what's", "whats").replace("what’s", "whats")
    plain = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    letters = re.sub(r"[^\w]+", " ", plain).strip()
    phrase = _BY_PHRASE.get(letters)
    if phrase is None:
        phrase = _several(_ADDRESS.sub(" ", letters).split())
    return phrase


def _several(words: list[str]) -> Phrase | None:
    """Return the weightiest small talk of words that are nothing but small talk."""
    found: list[Phrase] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - place), 0, -1):
            part = " ".join(words[place : place + length])
            if part in _BY_PHRASE or part in _PLEASANTRIES:
                break
        else:
            return None
        if part in _BY_PHRASE:
            found.append(_BY_PHRASE[part])
        place += length
    return min(found, key=lambda phrase: _WEIGHTIEST.index(phrase.kind), default=None)


_WEIGHTIEST = (SmallTalk.ABOUT_BOT, SmallTalk.FAREWELL, SmallTalk.GREETING, SmallTalk.THANKS)


_REPLIES = {
    SmallTalk.GREETING: mark("Hello! I quote official statements, word for word."),
    SmallTalk.THANKS: mark("You are welcome."),
    SmallTalk.FAREWELL: mark("Goodbye."),
    SmallTalk.ABOUT_BOT: mark(
        "I am Verbatim, a program. I answer questions about official statements, only in their own "
        "words, each quote with its source; I write nothing of my own."
    ),
}
_FOR_EXAMPLE = mark("You can ask, for example:")
_EXAMPLE = mark("What is said about {name}?")


def small_talk_reply(phrase: Phrase, corpus: Corpus, *, language: str) -> str:
    """Return the fixed reply, with questions that can be asked of the corpus.

    It is in the language of the phrase, or in ``language`` where several languages have the words.
    """
    words = translator(phrase.language or language)
    reply = words.say(_REPLIES[phrase.kind])
    examples = [] if phrase.kind is SmallTalk.FAREWELL else example_questions(corpus)
    if not examples:
        return reply
    return "\n".join([reply, words.say(_FOR_EXAMPLE), *(f"• {e}" for e in examples)])


def example_questions(corpus: Corpus) -> tuple[str, ...]:
    """Return up to three questions that the corpus can answer, about its most frequent names.

    They are in the language of most of the statements, which every model in use can bring
    together with them; in English where there is no catalogue of it.
    """
    chosen = _frequent_names(corpus)
    languages = Counter(document.language for document in corpus.documents)
    most = languages.most_common(1)[0][0] if languages else None
    words = translator(nearest_language(most))
    return tuple(words.say(_EXAMPLE, name=name) for name in chosen)


def _frequent_names(corpus: Corpus) -> list[str]:
    """Return up to three names that most passages have, none with a word of another one."""
    names: Counter[str] = Counter()
    for passage in corpus.quotable():
        names.update(set(names_in(passage.text)))
    ranked = sorted(names, key=lambda name: (-names[name], name))
    chosen: list[str] = []
    for name in ranked:
        if not any(set(name.split()) & set(other.split()) for other in chosen):
            chosen.append(name)
        if len(chosen) == _EXAMPLES:
            break
    return chosen


def names_in(passage: str) -> Iterator[str]:
    """Yield the whole names in a passage, except those that begin a sentence."""
    text = " ".join(passage.split())
    for match in _CAPITALISED_WORDS.finditer(text):
        several = " " in match.group()
        if several and _BEFORE_NAME.search(text, max(0, match.start() - 2), match.start()):
            yield match.group()


class Examples:
    """The example questions of a corpus, found once, because that reads every paragraph."""

    def __init__(self) -> None:
        self._found: tuple[Corpus, tuple[str, ...]] | None = None
        self._names: tuple[Corpus, tuple[str, ...]] | None = None

    def names_of(self, corpus: Corpus) -> tuple[str, ...]:
        """Return up to three of its most frequent names. Safe to call from several threads."""
        found = self._names
        if found is None or found[0] is not corpus:
            found = self._names = corpus, tuple(_frequent_names(corpus))
        return found[1]

    def of(self, corpus: Corpus) -> tuple[str, ...]:
        """Return up to three questions that the corpus can answer. Safe to call from several
        threads.
        """
        found = self._found
        if found is None or found[0] is not corpus:
            found = self._found = corpus, example_questions(corpus)
        return found[1]
