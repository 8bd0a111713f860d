"""Lists the names of the months, January first."""

ENGLISH = tuple(
    "January February March April May June July August September October November December".split()
)
FRENCH = tuple(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
)
