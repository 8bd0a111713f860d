"""A vote as it is kept."""

from bot.citations.citation import CitedQuote
from bot.state.peoplevalues import KeptVote
from corpus import Span

ADA, BOB, GROUP = 11, 12, -100
VOTE = KeptVote(
    *(ADA, ADA, 5, 3, (CitedQuote("d1", Span(4, 9), "c0ffee012345", paragraph=7),)),
    good=True,
    question="Who stripes zebras?",
    earlier=("Zebras?",),
)
