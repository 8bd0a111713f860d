"""Generated texts: what statements from anywhere may hold."""

from hypothesis import strategies as st

AWKWARD = (
    "😀",
    "👩‍👩‍👧‍👦",
    "🇫🇷",
    "e\u0301",
    "a\u0323\u0307",
    "\u00a0",
    "\u202f",
    "\u200b",
    "\u200f",
    "\u202e",
    "\r\n",
    "\r",
    "\n\n",
    "\n \t\n",
    "\t",
    "\u2028",
    "\u0085",
    "\x00",
    "\x1b[31m",
    "\ufeff",
    "مرحبا بالعالم.",
    "שלום!",
    "日本語。",
    "<b>&amp;</b>",
    "<&_*`[]()~>#+-=|{}.!",
    "_*[link](https://example.org)*_",
    "@channel https://example.org",
    "U.S. Secretary of State Antony J. Blinken ",
    "The Ministers met. ",
    "Dr. No said: “Yes.” ",
    "3.5 ",
    "No. 5 ",
    "--- ",
    "Contacts",
    "From: X",
    "May 12 2022 – Marrakesh, Morocco - Global Affairs Canada",
)

awkward_texts = st.lists(
    st.one_of(
        st.sampled_from(AWKWARD),
        st.text(max_size=12),
        st.text(alphabet="abc AB.\n!?", max_size=30),
    ),
    min_size=1,
    max_size=25,
).map("".join)
