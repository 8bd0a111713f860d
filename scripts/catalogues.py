"""Updates the catalogues in ``bot/locale`` with the texts marked in the code, and compiles them.

    python scripts/catalogues.py            after a text was changed or translated
    python scripts/catalogues.py --check    exit code 1, and what is wrong, if anything is

A new text appears in each ``verbatim.po`` without a translation; a text that is gone disappears.
Writing the translation and running this again makes the ``verbatim.mo`` that the program reads.
Nothing in the files depends on the day or on line numbers, so the same texts give the same bytes.
"""

import argparse
import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BOT = Path(__file__).resolve().parents[1] / "bot"
LOCALE = BOT / "locale"
KEYWORDS = {"mark": None, "plural": (1, 2)}
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
PLACEHOLDER = re.compile(r"{\w*}")


def marked_texts() -> Catalog:
    """Return the texts that the code marks, without translations."""
    template = Catalog(creation_date=NO_DAY, revision_date=NO_DAY)
    found = extract_from_dir(BOT, [("**.py", "python")], keywords=KEYWORDS)
    for _file, _line, text, _comments, _context in sorted(found, key=lambda one: one[:2]):
        template.add(text)
    return template


def catalogue_files() -> list[Path]:
    """Return the catalogues, in order of their languages."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/verbatim.po"))


def read_catalogue(file: Path) -> Catalog:
    """Return the catalogue in a ``.po`` file; its language is that of the folder."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.parts[-3])


def updated(catalogue: Catalog) -> Catalog:
    """Return the catalogue with exactly the texts that the code marks."""
    catalogue.update(marked_texts(), no_fuzzy_matching=True, update_creation_date=False)
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the content of the ``.po`` file."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, no_location=True, ignore_obsolete=True)
    return stream.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return the content of the ``.mo`` file."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def faults(catalogue: Catalog) -> list[str]:
    """List the faults of the translations: one missing, unsure, or with other placeholders."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        plural = isinstance(message.id, tuple)
        texts = message.id if plural else (message.id,)
        said = message.string if plural else (message.string,)
        allowed = {name for text in texts for name in PLACEHOLDER.findall(text)}
        if message.fuzzy:
            found.append(f"unsure (fuzzy): {texts[0]!r}")
        if len(said) != (catalogue.num_plurals if plural else 1) or not all(said):
            found.append(f"not translated: {texts[0]!r}")
        elif any(
            set(PLACEHOLDER.findall(form)) - allowed
            or (not plural and set(PLACEHOLDER.findall(form)) != allowed)
            for form in said
        ) or (plural and set(PLACEHOLDER.findall(said[-1])) != allowed):
            found.append(f"other placeholders: {texts[0]!r}")
    return found


def main() -> None:
    """Update and compile, or check; exit code 1 reports a fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    wrong = []
    for file in catalogue_files():
        catalogue = updated(read_catalogue(file))
        wrong += [f"{file.parts[-3]}: {fault}" for fault in faults(catalogue)]
        for path, wanted in (
            (file, po_bytes(catalogue)),
            (file.with_suffix(".mo"), mo_bytes(catalogue)),
        ):
            if check and (not path.is_file() or path.read_bytes() != wanted):
                wrong.append(f"{path}: not up to date; run scripts/catalogues.py")
            elif not check:
                path.write_bytes(wanted)
    print("\n".join(wrong) if wrong else "every text is translated")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
