"""Lists function words, which carry no topic, so that the lexical index ignores them."""

_ENGLISH = """
a about all also am an and any anybody anyone anything are as at be been being but by can could
did do does doing for from had has have having he her hers him his how i if in into is it its
itself just let me might mine must my myself no nor not of on or our ours ourselves please shall
she should so some somebody someone something such tell than that the their theirs them themselves
then there these they this those to too us very was we were what whatever when where which who
whom whose why will with would you your yours yourself say says said
"""
_FRENCH = """
a ai ainsi alors as au aucun aucune aussi autre aux avait avec avez avoir avons c ce ceci cela ces
cet cette ceux chez ci comme comment d dans de des dit donc du elle elles en est et été être eu eux
fait il ils j je l la laquelle le lequel les lesquels leur leurs lui m ma mais me même mes moi mon
n ne ni nos notre nous on ont ou où par pas peu plus pour pourquoi qu quand que quel quelle quelles
quels qui quoi s sa sans se sera ses si son sont sur t ta te tes toi ton tu un une vos votre vous y
combien
"""
_BY_LANGUAGE = {"en": frozenset(_ENGLISH.split()), "fr": frozenset(_FRENCH.split())}
FUNCTION_WORD_LANGUAGES = tuple(_BY_LANGUAGE)
"""The languages that have a list."""


def function_words(language: str) -> frozenset[str]:
    """Return the function words of a language code ("en", "fr-CA"); empty for a language without a
    list.

    Words are in lower case, elided forms without their apostrophe ("qu", "l").
    """
    return _BY_LANGUAGE.get(language.split("-", 1)[0].lower(), frozenset())
