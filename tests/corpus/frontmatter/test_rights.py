"""Rights fail closed: what could say who may read a document, and is not understood, refuses it."""

import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from corpus import UnreadableSource, normalise
from corpus.frontmatter.accesswords import could_mean_a_right
from corpus.frontmatter.frontmatter import (
    Provenance,
    allowed_groups,
    provenance_of,
    split_front_matter,
    with_front_matter,
)
from corpus.frontmatter.lookalikes import _LOOKS_LIKE

BODY = "The ministers met in Bergen and agreed on a quota.\n\nThey meet again in May.\n"


def groups_of(text: str) -> frozenset[str] | None:
    """The groups that a file is for, none if it is public; None where it is refused."""
    try:
        front_matter, _ = split_front_matter(normalise(text))
        return allowed_groups(provenance_of(front_matter).access)
    except UnreadableSource as error:
        assert "\n" not in str(error)
        return None


SPELLINGS = [
    # another kind of front matter
    '+++\naccess = ["staff"]\n+++\n',
    '+++\ntitle = "A"\naccess = "staff"\n+++\n',
    "+++\n\naccess = 'staff'\n\n+++\n",
    '+++\ntitle = "A"\n\n[access]\ngroups = ["staff"]\n+++\n',
    "+++\n[params.access]\nstaff = true\n+++\n",
    '{"access": ["staff"]}\n',
    '{"title": "A", "access": ["staff"]}\n\n',
    '{"title": "A", "readers": ["staff"]}\n\n',
    '{\n  "title": "A",\n  "access": ["staff"]\n}\n\n',
    '{\n\n"access": ["staff"]\n\n}\n\n',
    '---json\n{"access": ["staff"]}\n---\n',
    '---json\n{\n  "access": ["staff"]\n}\n---\n',
    ';;;\n{"access": "staff"}\n;;;\n',
    "```yaml\naccess: staff\n```\n",
    "--- # front matter\naccess: staff\n---\n",
    "----\naccess: staff\n----\n",
    "- - -\naccess: staff\n- - -\n",
    "***\naccess: staff\n***\n",
    "===\naccess: staff\n===\n",
    "———\naccess: staff\n———\n",
    "<!-- access: staff -->\n",
    "<!--\ntitle: A\naccess: staff\n-->\n",
    '<meta name="access" content="staff">\n\n',
    "[//]: # (access: staff)\n\n",
    "[access]: # (staff)\n\n",
    "#+ACCESS: staff\n\n",
    ":access: staff\n\n",
    ".. access: staff\n\n",
    "% access: staff\n\n",
    "@access staff\n\n",
    "/* access: staff */\n\n",
    "| access | staff |\n|---|---|\n\n",
    "**Access:** staff\n\n",
    "# Access: staff\n\n",
    "title: A\nreaders: staff\n\n",
    "access: staff\n\n",
    "Access:\n- staff\n\n",
    # letters
    "---\nаccess: staff\n---\n",
    "---\nасcеss: staff\n---\n",
    "---\nассеѕѕ: staff\n---\n",
    "---\nACCESS: staff\n---\n",
    "---\nａｃｃｅｓｓ: staff\n---\n",
    "---\n𝐚𝐜𝐜𝐞𝐬𝐬: staff\n---\n",
    "---\nⓐⓒⓒⓔⓢⓢ: staff\n---\n",
    "---\nꓮꓚꓚꓰꓢꓢ: staff\n---\n",
    "---\nacc\u200bess: staff\n---\n",
    "---\nacc\u00adess: staff\n---\n",
    "---\n\u2060access: staff\n---\n",
    "---\naccess\u200d: staff\n---\n",
    "---\nacc\u034fess: staff\n---\n",
    "---\na\u0301ccess: staff\n---\n",
    "---\naccès: staff\n---\n",
    "---\nacc3ss: staff\n---\n",
    "---\nacce55: staff\n---\n",
    "---\n'@ccess': staff\n---\n",
    "---\naccess： staff\n---\n",
    "---\naccess꞉ staff\n---\n",
    "---\naccess∶ staff\n---\n",
    "---\n\u202essecca: staff\n---\n",
    "\u200b---\naccess: staff\n---\n",
    "\u200b\n\u2060---\naccess: staff\n---\n",
    # places
    "---\n# access: staff\n---\n",
    "---\ntitle: A # access: staff\n---\n",
    "---\ntitle: A\n#access:staff\n---\n",
    "---\ntitle: A\n---\naccess: staff\n",
    "---\ntitle: A\n---\naccess: staff\n\n",
    "---\ntitle: A\n---\n\n\naccess: staff\n\n",
    "---\ntitle: A\n---\n---\naccess: staff\n---\n",
    "---\ntitle: A\n---\n\n---\n\naccess: staff\n\n---\n\n",
    "---\ntitle: A\n---\n# access: staff\n\n",
    "---\ntitle: A\n---\n<!-- access: staff -->\n\n",
    "---\ntitle: A\n---\nacess: staff\n\n",
    "---\ntitle: A\n---\nreaders: staff\n\n",
    "---\ntitle: A\n---\n# A heading\n\naccess: staff\n\n",
    "---\ntitle: A\n---\nAccess: open to all.\n\n",
    "---\n---\naccess: staff\n\n",
    "---\ntitle: A\n...\naccess: staff\n---\n",
    "---\ntitle: A\naccess: staff\n...\n",
    "---\ntitle: A\n\naccess: staff\n\n",
    "---\n\naccess: staff\n\n",
    "---\n\ntitle: A\n\nreaders: staff\n\n",
    "---\ntitle: A\n--- \n---\naccess: staff\n\n",
    "---\nmeta:\n  access: staff\n---\n",
    "---\nmeta:\n- access: staff\n---\n",
    "---\nmeta: [access: staff]\n---\n",
    "---\nmeta: {access: staff}\n---\n",
    "---\n<<: {access: staff}\n---\n",
    "---\ntitle: A\n  access = staff\n---\n",
    "---\ntitle: A\n  access staff\n---\n",
    "---\ntitle: |\n  A\n  access: staff\n---\n",
    "---\nnote: |\n  access: [staff, legal]\n---\n",
    "---\n- access: staff\n---\n",
    "---\n- access=staff\n---\n",
    "---\nmeta:\n- access=staff\n---\n",
    "---\ntitle: A\n---\n" + "\n" * 100_000 + "access: staff\n\n",
    "---\ntitle: A\n---\n" + "\u200b\n\u00a0\n" * 100 + "access: staff\n\n",
    "---\ntitle: A\n---\n" + " " * 3_000 + "access: staff\n\n",
    "---\ntitle: A\n---\n" + "\u200b" * 3_000 + "access: staff\n\n",
    "---\ntitle: A\n---\n" + "-" * 3_000 + " access: staff\n\n",
    "---\ntitle: A\n# " + "-" * 3_000 + " access: staff\n---\n",
    "---\n? acc" + "\u200b" * 3_000 + "ess\n: staff\n---\n",
    # signs
    "---\naccess = staff\n---\n",
    "---\naccess staff\n---\n",
    "---\naccess - staff\n---\n",
    "---\naccess -> staff\n---\n",
    "---\naccess\tstaff\n---\n",
    "---\naccess(staff)\n---\n",
    "---\naccess[]=staff\n---\n",
    "---\n[access]\nstaff\n---\n",
    "---\ntitle: A\naccess staff\n---\n",
    "---\ntitle: A\naccess - staff\n---\n",
    "---\naccess:staff\n---\n",
    '---\n"access : staff"\n---\n',
    '---\n"access ": staff\n---\n',
    "---\n? [access]\n: staff\n---\n",
    "---\nstaff only\n---\n",
    # values
    "---\naccess:\n---\n",
    "---\naccess: ~\n---\n",
    "---\naccess: []\n---\n",
    "---\naccess: ''\n---\n",
    "---\naccess: stаff\n---\n",
    "---\naccess: ｓｔａｆｆ\n---\n",
    "---\naccess: staff, legal\n---\n",
    "---\naccess: [public, staff]\n---\n",
    "---\naccess: рublic\n---\n",
    "---\naccess: staff\naccess: public\n---\n",
    "---\naccess: public\naccess: staff\n---\n",
    "---\naccess: public\nacces: staff\n---\n",
    "---\naccess: public\nAccess: staff\n---\n",
    "---\naccess: &a [*a]\n---\n",
    "---\nx: &a staff\naccess: [*a]\n---\n",
    "---\naccess: !!set {staff}\n---\n",
    "---\nstatus: confidential\n---\n",
    "---\ntype: staff-internal only\n---\n".replace("staff-", ""),
    # words
    *(
        f"---\n{word}: staff\n---\n"
        for word in (
            "acess acces accesss acsess axcess accss accesd accses Readers reader group groups "
            "restricted restrict visibility visible audience permissions permision classification "
            "private confidential acl access_level accessGroups read-access who_can_read canRead "
            "allowed allowed_groups visible_to restricted-to for only for_groups user_groups "
            "lecteurs accès groupes confidentiel visibilité Zugriff Gruppen vertraulich Leser "
            "accesso acceso permisos доступ 权限 reders grups restrcited visibilty audiance "
            "classificaton privat params.access x-access access2 accesscontrol roles internal"
        ).split()
    ),
]


@pytest.mark.parametrize("head", SPELLINGS)
@pytest.mark.parametrize("prepared", [str, lambda t: "\ufeff" + t.replace("\n", "\r\n")])
def test_a_spelling_of_a_right_that_is_not_understood_refuses_the_document(
    head: str,
    prepared: type[str],
) -> None:
    assert groups_of(prepared(head + BODY)) is None


@pytest.mark.parametrize(
    "head",
    [
        "---\naccess: staff\n---\n",
        "\n\n---\naccess: [staff]\n---\n",
        "---  \n'access': staff\n---\t\n",
        '---\n"acc\\u0065ss": staff\n---\n',
        "---\n!!str access: !x staff\n---\n",
        "---\n? access\n: - staff\n---\n",
        "---\n{title: A, access: [staff]}\n---\n",
        '---\n{"title": "A", "access": ["staff"]}\n---\n',
        "---\u2028access: staff\u2028---\u2029",
        "---\r\naccess: staff\r\n---\r\n",
        "---\raccess: staff\r---\r",
        "---\naccess: staff # and nobody else\nreaders: legal\n---\naccess: everybody\n",
    ],
)
def test_what_is_understood_restricts(head: str) -> None:
    assert groups_of(head + BODY) == {"staff"}


@pytest.mark.parametrize(
    "head",
    [
        "",
        "---\naccess: public\n---\n",
        "---\naccess: [Public]\n---\naccess: staff\n",
        "---\naccess: public\nrole: Minister\nreaders: all\n---\n",
        "---\ntitle: Access to justice\ntags: [access, restricted]\n---\n",
        "---\ntitle: 'Access: A report'\naccessed: 2024-05-01\naccess_date: 2024-05-01\n---\n",
        "---\naddress: Rabat\nheader: a.png\nheaders: b\nleaders: all\nprocess: x\n---\n",
        "---\nlayout: post\ndraft: true\nauthor: A\ncategories: [a]\nworking_group: x\n---\n",
        "---\nrights: CC-BY 4.0\naccessibility: wcag\nsecurity_council: true\n---\n",
        "---\ntitle: A\n# a comment on the groups that met\n---\n",
        "---\ntitle: A\n---\nHumanitarian access: the ministers spoke of it at length.\n\n",
        "---\ntitle: A\n---\nMinisters of the group: Ghana, Togo and Benin.\n\n",
        "---\ntitle: >\n  On the right of\n  access to the sea: a report\n---\n",
        "# Access\n\n",
        "FOR IMMEDIATE RELEASE: the ministers met.\n\n",
        "---\ntitle: A\n---\nMay 12 2022 - Marrakesh, Morocco\n\n",
        "May 12 2022 - Marrakesh, Morocco\n\n",
        "---\nwho: Ministers\nmay: 12\n---\n",
        "From: A\nTo: B\nFor: information\nMarket access: two talks\n\n",
        "Distr.: General\nOriginal: English\n\n",
        "We met.\n\nAccess: open to all who come.\n\n",
        "---\ndescription: |\n  We spoke.\n  Access: it was discussed by all.\n---\n",
    ],
)
def test_what_is_no_right_is_public_as_before(head: str) -> None:
    assert groups_of(head + BODY) == set()


UNSEEN = ["\u200b", "\u200c", "\u2060", "\u00ad", "\ufeff", "\u034f", "\u3164", "\u180e"]
SIGNS = [":", " :", ": ", "：", " = ", "=", " - ", "\t", " -> ", "꞉ ", " : : "]
QUOTES = ["", '"', "'", "`", "**", "_"]
PLACES = [
    "---\n{}\n---\n",
    "---\ntitle: A\n{}\n---\n",
    "---\n{}\ntitle: A\n---\n",
    "---\ntitle: A\n  {}\n---\n",
    "---\nmeta:\n  {}\n---\n",
    "---\n# {}\n---\n",
    "---\ntitle: A\n---\n{}\n\n",
    "---\ntitle: A\n---\n\n{}\n",
    "---\ntitle: A\n{}\n\n",
    "+++\n{}\n+++\n",
    "<!-- {} -->\n",
    "---json\n{{{}}}\n---\n",
    "{}\n---\n",
    "\n \n{}\n\n",
]


@st.composite
def slips(draw: st.DrawFn, word: str) -> str:
    """A word with letters in other guises, and at most one slip of the keyboard."""
    letters = list(word)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(letters) - 1))
        match draw(st.sampled_from(["left out", "twice", "other", "swapped"])):
            case "left out":
                del letters[at]
            case "twice":
                letters.insert(at, letters[at])
            case "other":
                letters[at] = draw(st.sampled_from("aeiosxcz"))
            case _ if at + 1 < len(letters):
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
    found = []
    for letter in letters:
        match draw(st.integers(0, 9)):
            case 0:
                found.append(letter.upper())
            case 1:
                found.append(chr(ord(letter) + 0xFEE0))  # full width
            case 2:
                found.append(draw(st.sampled_from([c for c in _LOOKS_LIKE[letter] if c.isalpha()])))
            case 3:
                found.append(letter + draw(st.sampled_from(UNSEEN)))
            case _:
                found.append(letter)
    return "".join(found)


@settings(max_examples=3_000, deadline=None)
@given(
    st.sampled_from(PLACES),
    slips("access"),
    st.sampled_from(SIGNS),
    st.sampled_from(QUOTES),
    st.sampled_from(["staff", "[staff]", '["staff"]', '"staff"', "- staff", ""]),
    st.sampled_from(["", " ", "\u200b", "\u00a0"]),
    st.sampled_from(["\n", "\r\n", "\u2028", "\r"]),
)
def test_no_mutation_of_the_line_that_restricts_makes_a_document_public(
    place: str, word: str, sign: str, quote: str, value: str, indent: str, end: str
) -> None:
    assume(value or sign.strip(" \t-"))  # a word alone names nobody
    line = f"{indent}{quote}{word}{quote}{sign}{value}"
    text = (place.format(line) + BODY).replace("\n", end)
    assert groups_of(text) in (None, {"staff"}), repr(text)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(["readers", "restricted", "permissions", "visibility"]).flatmap(slips))
def test_no_slip_of_another_word_for_a_right_makes_a_document_public(word: str) -> None:
    assert groups_of(f"---\ntitle: A\n{word}: staff\n---\n{BODY}") is None, repr(word)


KEYS_OF_STATIC_SITES = """address addresses accessed access_date date_accessed accessDate accessURL
accessibility header headers leader author authors tags tag title date published_time modified_time
source_url layout draft categories category permalink slug description summary keywords subject lang
language place location publisher site_name canonical_url url source original weight type toc math
image images cover series aliases lastmod expiryDate publishDate markup isCJKLanguage comments
featured pinned sitemap redirect_from excerpt excerpt_separator classes sidebar nav_order parent
has_children grand_parent status version id doc_id doi isbn license copyright country city speaker
speakers event topic topics region participants members signatories delegation department ministry
office contact email phone role team working_group group_photo security_council internal_id
public_url views read_time reading_time дата заголовок タイトル 日期 tâche thème accent_color process
success excess recess abstract editor translator section sections format size pages edition""".split()


@pytest.mark.parametrize("key", KEYS_OF_STATIC_SITES)
def test_usual_keys_cannot_be_a_right(key: str) -> None:
    assert not could_mean_a_right(key)


def test_the_sentence_shows_what_was_found_and_says_what_to_write() -> None:
    with pytest.raises(UnreadableSource) as caught:
        split_front_matter("---\nacess: staff\n---\nText.")
    assert str(caught.value).startswith('"acess" seems to name groups that may read the text')
    assert 'write "access: name"' in str(caught.value)
    assert 'write "access: public"' in str(caught.value)


def test_a_document_that_says_public_says_so_still_when_it_is_written_again() -> None:
    written = with_front_matter(Provenance(access=frozenset({"public"})), {}, BODY)
    front_matter, body = split_front_matter(written)
    assert (front_matter, body) == ({"access": ["public"]}, BODY)
    assert allowed_groups(provenance_of(front_matter).access, frozenset({"staff"})) == set()
    assert allowed_groups(None, frozenset({"staff"})) == {"staff"}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
    for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    "front",
    [
        BOMB,
        "a: &a\n  b: *a\n",
        "a: " + "[" * 30_000 + "\n",
        "a: " + "{a: " * 10_000 + "\n",
        "- " * 30_000 + "\n",
        "? " * 30_000 + "\n",
        "a: [" + "x," * 31_000 + "]\n",
        "".join(f"k{n}: v\n" for n in range(6_000)),
        "#" * 63_000 + "\n",
        "a: " + " " * 63_000 + "\n",
        "a: '" + "\n" * 63_000 + "'\n",
        "a: b " + "'" * 63_000 + "\n",
        "a: |\n" + " \n" * 31_000,
        "&a " * 20_000 + "\n",
        "!a " * 20_000 + "\n",
    ],
)
def test_no_front_matter_takes_longer_than_a_moment(front: str) -> None:
    started = time.process_time()
    groups_of(f"---\n{front}---\nText.")
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "unit",
    [" ", "\n", "a", ":", '"', "-", "---\n", "access", "access ", "-\n", "#", "\u200b", "漢"],
)
def test_the_head_of_a_text_is_looked_at_in_linear_time(unit: str) -> None:
    started = time.process_time()
    for before, after in [("", ""), ("---\n", ""), ("x: ", ":"), ("---\na: 1\n---\n", "b: 1")]:
        groups_of(before + unit * (2_000_000 // len(unit)) + after)
    assert time.process_time() - started < 2.0


@settings(max_examples=500, deadline=None)
@example("access:\n")
@given(st.text(st.sampled_from("ab: -\n#'\"[]{}&*|>?!%@\\\t,аé"), max_size=80))
def test_any_front_matter_is_read_or_refused_with_one_sentence(front: str) -> None:
    groups_of(f"---\n{front}\n---\n{BODY}")
