"""Before anything is typed after the bot's name, topics are offered."""

from gestures import inline, live_answerer

from bot.chat.actions import Offers
from bot.language.translation import translator
from bot.responders.inlinequestions import InlineQuestions
from embeddings import FolderIndex

TEXT = "We met the Zebra Council and the Jazz Forum in Quito, and the Zebra Council agreed."


def test_an_empty_inline_question_offers_topics_each_with_its_quote(store: FolderIndex) -> None:
    questions = InlineQuestions(
        live_answerer(store, TEXT, "The Jazz Forum puzzles us, the Jazz Forum.")
    )
    for typed in ("", "  "):
        acts = questions.respond(inline(typed), translator("en"))
        assert acts is not None
        (offers,) = acts
        assert isinstance(offers, Offers)
        assert offers.offers
        assert len({offer.id for offer in offers.offers}) == len(offers.offers)
        for offer in offers.offers:
            assert "What is said about " in offer.title
            assert offer.message.quoted
