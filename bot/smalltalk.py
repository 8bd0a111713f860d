"""Greetings, thanks and questions about the bot itself: a fixed reply, never a quote."""

import enum
import re
from collections import Counter

from corpus import Corpus
from embeddings import search_form


class SmallTalk(enum.Enum):
    """What a person said that is no question to the statements."""

    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ABOUT_BOT = "about the bot"


_PHRASES = {
    SmallTalk.GREETING: """
        hi|hello|hey|hallo|hello there|hi there|hey there|good morning|good afternoon|good evening
        |good day|greetings|how are you|how are you doing|how do you do|how is it going|whats up
        |bonjour|salut|bonsoir|coucou|ca va|comment allez vous|test|testing|ping""",
    SmallTalk.THANKS: """
        thanks|thank you|thx|many thanks|thanks a lot|thank you very much|thank you so much|cheers
        |great|great thanks|ok|okay|ok thanks|cool|nice|perfect|good|good bot|merci|merci beaucoup
        |super|d accord""",
    SmallTalk.FAREWELL: "bye|goodbye|good bye|bye bye|see you|see you later|good night|au revoir",
    SmallTalk.ABOUT_BOT: """
        who are you|what are you|what is this|what can you do|what do you do|what can i ask
        |what can i ask you|what should i ask|what do you know|what can you tell me|how do you work
        |how does this work|how does it work|how can you help|how can you help me|can you help me
        |can you help|help|help me|i need help|who made you|who built you|who created you
        |who wrote you|who runs you|who is behind you|are you a bot|are you a robot|are you human
        |are you an ai|are you real|are you there|is this a bot|what is your name|whats your name
        |do you have a name|what statements do you have|which statements do you have
        |qui es tu|qui etes vous|que peux tu faire|que pouvez vous faire|aide|qui t a cree
        |comment ca marche|es tu un robot|etes vous un robot""",
}
_BY_PHRASE = {
    phrase.strip(): kind for kind, phrases in _PHRASES.items() for phrase in phrases.split("|")
}
_ADDRESS = re.compile(r"\b(?:please|verbatim|bot|dear|s il (?:te|vous) plait)\b")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w-]+(?: [A-Z][\w-]+)+")
_EXAMPLES = 3


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk the whole text is; None for anything else.

    Only whole phrases count: "hello" is a greeting, "Who said hello in Paris?" is a question.
    """
    folded = search_form(text).casefold().replace("’", "'")
    for accented, plain in (("é", "e"), ("ê", "e"), ("ç", "c"), ("î", "i")):
        folded = folded.replace(accented, plain)
    letters = re.sub(r"[^\w]+", " ", folded.replace("what's", "whats")).strip()
    kind = _BY_PHRASE.get(letters)
    if kind is None:
        kind = _BY_PHRASE.get(" ".join(_ADDRESS.sub(" ", letters).split()))
    return kind


_REPLIES = {
    SmallTalk.GREETING: "Hello! I quote official statements, word for word.",
    SmallTalk.THANKS: "You are welcome.",
    SmallTalk.FAREWELL: "Goodbye.",
    SmallTalk.ABOUT_BOT: (
        "I am Verbatim, a program. I answer questions about official statements, only in their own "
        "words, each quote with its source; I write nothing of my own."
    ),
}


def small_talk_reply(kind: SmallTalk, corpus: Corpus) -> str:
    """The fixed reply, with questions that can be asked of the corpus."""
    examples = [] if kind is SmallTalk.FAREWELL else example_questions(corpus)
    if not examples:
        return _REPLIES[kind]
    return "\n".join([_REPLIES[kind], "You can ask, for example:", *(f"• {e}" for e in examples)])


def example_questions(corpus: Corpus) -> tuple[str, ...]:
    """Up to three questions that the corpus can answer, about names that most passages have."""
    names: Counter[str] = Counter()
    for passage in corpus.quotable():
        names.update(set(_NAME.findall(" ".join(passage.text.split()))))
    ranked = sorted(names, key=lambda name: (-names[name], name))
    chosen: list[str] = []
    for name in ranked:
        if not any(set(name.split()) & set(other.split()) for other in chosen):
            chosen.append(name)
        if len(chosen) == _EXAMPLES:
            break
    return tuple(f"What is said about {name}?" for name in chosen)
