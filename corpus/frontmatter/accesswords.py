"""Recognises names of fields that could say who may read a document.

A wrong yes costs a sentence that says what to write; a wrong no makes a document public. Lists
exclude names that front matter often has for other things.
"""

import re
from functools import lru_cache

from corpus.frontmatter.lookalikes import mixes_alphabets, plain, skeleton
from corpus.worddistance import distance

MOST_KEY_CHARACTERS = 60
_WORDS = re.compile(r"[^\W_@$§€¢]*[@$§€¢]?[^\W_]+[@$§€¢]*")
_NUMBER_AT_END = re.compile(r"(?<=[^\W\d_])\d{1,3}$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_STRONG = frozenset(
    """access accesses acl acls acces accès acceso accesso acesso acesso zugriff zugang toegang
    доступ adgang tilgang dostep erisim 权限 访问 存取 アクセス アクセス権 الوصول גישה""".split()
)
"""Words for access itself, in several languages."""

_RIGHTS = frozenset(
    """reader readers readable readership readby viewer viewers viewable viewership group groups
    usergroup usergroups audience audiences permission permissions permit permits permitted perms
    perm restrict restricted restricts restriction restrictions restrictedto limitedto visibility
    visible visibleto confidential confidentiality classification classified clearance clearances
    private privacy privileged privilege privileges secret secrecy topsecret internal internally
    internalonly staffonly membersonly eyesonly hidden protected authorized authorised
    authorization authorisation auth entitlement entitlements allow allowed allowlist allows
    password whitelist deny denied forbidden forbid roles rights rightholders readrights embargo
    embargoed sensitivity sensitive dissemination distributionlist noforn tlp sharedwith canread
    mayread whocanread readableby openfor onlyfor intendedfor public publicly ispublic nonpublic
    unlisted tenant tenants
    lecteur lecteurs lectrices groupe groupes restreint restreinte restreints confidentiel
    confidentielle confidentialite visibilite prive privee interne autorisation autorisations
    autorise habilitation droits acceder
    leser leserkreis leserinnen gruppe gruppen vertraulich vertraulichkeit sichtbarkeit sichtbar
    berechtigung berechtigungen rechte beschrankt eingeschrankt geheim zielgruppe zugelassen
    freigabe privat intern offentlich
    lector lectores grupo grupos restringido restringida visibilidad permiso permisos
    confidencial privado lettori gruppo gruppi riservato riservata visibilita permessi privato
    leitores restrito visibilidade permissoes lezers groep groepen vertrouwelijk zichtbaarheid
    rechten besloten
    группа группы читатели czytelnicy grupa grupy poufne brugere lasere grupp grupper""".split()
)
"""Words for people who may read, and for degrees of secrecy."""

_HEAVY = frozenset(
    """readers readership audience audiences permission permissions restricted confidential
    confidentiality visibility visible clearance viewers allowlist acl""".split()
)
"""Words that could mean a right whatever stands beside them in the name of a field."""

_CONNECTING = frozenset(
    """to for by of the a an is are be only who whom which what can may level levels list lists
    control controls policy policies mode modes type types status state name names key read
    reads reading view views see seen user users people person persons member members staff team
    teams open closed limited use not x doc document page post content item file set setting
    settings rule rules scope default allowed granted given required require requires with pour
    target targeted intended nur fur von aux de des du la le les""".split()
)
"""Words that add nothing beside a word for a right."""

_NO_RIGHT_BESIDE = frozenset(
    """date dates time times day days year month last url uri link links number num count
    counts point points log logs""".split()
)
"""Beside these words, "access" says when, where or how often a page was fetched."""

_NO_RIGHTS = frozenset(
    """accessed accession accessions accessory accessories accessibility accessible accessibly
    address addresses across accent accents assess assesses actress abscess excess recess success
    process princess header headers leader leaders loader loaders trader traders render renders
    renderer review reviews reviewer reviewers interval intervals international external
    visited visitor visual visuals decision division revision revisions viewed views view reading
    read reads readme ready readings published publish publisher publishers publication
    publications permalink permanent audio classes classify clear license licence provisions
    remission submission submissions commission commissions emission mission missions admission
    admissions intermission emissions viability disability divisibility clarification clarifications
    classifier classifiers accept accepts aces grouping grouped grout grown readiness""".split()
)

_NEAR = tuple(
    """readers reader restricted restriction restrictions confidential permission permissions
    visibility audience audiences classification classified private clearance viewers groups
    group""".split()
)
"""Words of which a slip counts, too."""
_LONG = 9
_ALONE = frozenset("for only allowed granted users staff".split())
"""Connecting words that could mean a right without another word."""
_WHO, _READS = frozenset("who whom can may for".split()), frozenset("read see seen view".split())
"""Words that do so together, as in "who can read"."""
_OTHERS = ("accessed", "accession", "accessor", "accessib", "accesstime", "accessdate", "accessurl")
"""Words that contain "access" and say nothing about permission."""
_LICENCE = re.compile(
    r"\bcc\b|creative|licen[cs]e|copyright|©|reserved|public domain|domaine public|https?:", re.I
)


@lru_cache(maxsize=4096)
def names_access(name: str) -> bool:
    """Return whether a name means "access", in whatever letters or with a slip, and nothing
    else.
    """
    words = _telling(name)
    return any(map(_is_access, words)) and all(_is_access(w) or _is_right(w) for w in words)


@lru_cache(maxsize=4096)
def is_a_right(name: str) -> bool:
    """Return whether a name says who may read, perhaps with a slip, and nothing else."""
    words = _telling(name)
    if not words:
        connecting = set(_words(name))
        return bool(connecting & _ALONE or (connecting & _WHO and connecting & _READS))
    return all(_is_access(word) or _is_right(word) for word in words)


def tells_a_right(name: str) -> bool:
    """Return whether a name says who may read, with a word that has no other use."""
    return bool(_telling(name)) and is_a_right(name)


@lru_cache(maxsize=4096)
def could_mean_a_right(name: str) -> bool:
    """Return whether a name says who may read, or speaks of access among other things."""
    return is_a_right(name) or any(_is_access(w) or w in _HEAVY for w in _telling(name))


def is_licence(name: str, value: object) -> bool:
    """Return whether a field "rights" names the licence of a text."""
    words = {"rights", "droits", "rechte", "rechten"}
    return set(_words(name)) <= words and bool(_LICENCE.search(str(value)[:1_000]))


def _telling(name: str) -> tuple[str, ...]:
    """Return the words of a name without connecting words.

    There are none in a name that dates or counts access.
    """
    words = _words(name)
    if set(words) & _NO_RIGHT_BESIDE:
        return ()
    joined = "".join(words)
    if joined in _NO_RIGHTS:
        return ()
    if _is_slip_of_access(joined) or _is_right(joined):
        return (joined,)
    return tuple(word for word in words if word not in _CONNECTING)


@lru_cache(maxsize=4096)
def _is_access(word: str) -> bool:
    if word in _NO_RIGHTS:
        return False
    if word in _STRONG:
        return True
    if "access" in word:
        return not any(other in word for other in _OTHERS)
    return _is_slip_of_access(word)


def _is_slip_of_access(word: str) -> bool:
    if word == "access":
        return True
    if word in _NO_RIGHTS or not 4 <= len(word) <= 9:  # noqa: PLR2004 (two letters off either way)
        return False
    edits = distance(word, "access", most=2)
    same_ends = word[0] in "aeox" and word[-1] in "szx" and word[1] in "cskxgq"
    return edits <= 1 or (edits == 2 and same_ends)  # noqa: PLR2004


@lru_cache(maxsize=4096)
def _is_right(word: str) -> bool:
    if word in _RIGHTS:
        return True
    if word in _NO_RIGHTS or len(word) < 4:  # noqa: PLR2004 (short words are near to too many)
        return False
    return any(
        distance(word, right, most=most) <= most
        for right in _NEAR
        for most in [2 if len(right) >= _LONG else 1]
    )


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """Split a name into words, as skeletons.

    One that mixes alphabets counts as "access", to be safe.
    """
    seen = plain(name)[:MOST_KEY_CHARACTERS]
    found: list[str] = []
    for piece in _WORDS.findall(seen):
        if not piece.isascii():
            if piece.casefold() in _STRONG or mixes_alphabets(piece):
                found.append("access")
                continue
            if piece.casefold() in _RIGHTS:
                found.append("reader")
                continue
        if not piece.isdecimal():
            parts = map(skeleton, _CAMEL.sub(" ", piece).split())
            found += [_NUMBER_AT_END.sub("", part) or part for part in parts]
    return tuple(found)
