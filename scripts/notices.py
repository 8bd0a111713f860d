"""Writes the licences of all parts of Verbatim, with their texts.

    python scripts/notices.py                on the terminal
    python scripts/notices.py NOTICES.txt    into a file

The packages are those of the lock files, the texts those that the installed packages carry. Run it
where the lock files are installed (./run notices does).
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from locks import ROOT, read_lock
from packaging.utils import canonicalize_name
from sbom import SHIPPED
from thirdparty import licence_of, licence_texts

_RULE = "=" * 78


def notices() -> Iterator[str]:
    """Yield the lines: first the licence of each package, then the text of each."""
    pins = {pin for name in SHIPPED for pin in read_lock(ROOT / name).pins}
    ordered = sorted(pins, key=lambda pin: canonicalize_name(pin.name))
    yield "Verbatim consists of itself (see LICENSE) and of these packages."
    yield ""
    texts = {pin: list(licence_texts(pin.name)) for pin in ordered}
    for pin in ordered:
        without = "" if texts[pin] else " (it carries no text of it)"
        yield f"{pin.name} {pin.version}: {licence_of(pin.name)}{without}"
    for pin in ordered:
        for file, text in texts[pin]:
            yield ""
            yield _RULE
            yield f"{pin.name} {pin.version}, {file}"
            yield _RULE
            yield text.rstrip()


def main() -> None:
    """Write the licences."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", nargs="?", type=Path, help="the terminal without it")
    file = parser.parse_args().file
    text = "\n".join(notices()) + "\n"
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
