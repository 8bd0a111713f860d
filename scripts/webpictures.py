"""Takes the picture docs/pictures/web.png: an answer, and the quoted words in their place.

    python scripts/webpictures.py [PICTURE.png]    after a page or the way it looks was changed

The real model and reader answer over the shipped statement, in an index of this command alone.
Headless Chromium shows the pages as the web server serves them, on loopback. It needs Debian's
package "chromium" and the environment of "./run setup".
"""

import argparse
import base64
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from browsers import chromium_program, started, window
from playwright.sync_api import Browser
from websites import Serving, application_of

from bot.answering.liveanswerer import LiveAnswerer
from bot.composition.extractor import open_extractor
from bot.composition.serving import open_served
from bot.settings import Settings
from bot.verification.visibletexts import VisibleTexts
from corpus import Snapshots

PICTURE = ROOT / "docs" / "pictures" / "web.png"
MOST_BYTES = 200_000
QUESTION = "How many members does the Coalition have?"
SIZE = (560, 600)


def pages(browser: Browser, url: str) -> list[bytes]:
    """Return a picture of the answer, and one of the place to which it leads."""
    with window(browser, url, size=SIZE) as (_, page):
        page.goto(f"/?q={QUESTION.replace(' ', '+')}&top=1")
        answer = page.screenshot()
        page.get_by_role("link", name="In its place").first.click()
        page.locator("#quote").wait_for()
        return [answer, page.screenshot()]


def beside(browser: Browser, pictures: list[bytes]) -> bytes:
    """Return the pictures beside each other as one."""
    shown = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(each).decode("ascii")}">'
        for each in pictures
    )
    page = browser.new_page(viewport={"width": 2 * SIZE[0] + 12, "height": SIZE[1]})
    page.set_content(f'<body style="margin:0;background:#888;display:flex;gap:12px">{shown}')
    return page.screenshot()


def served_answerers(home: Path) -> tuple[LiveAnswerer, VisibleTexts]:
    """Return the answerers over the shipped statement, and its texts."""
    given = {"VERBATIM_HOME": str(home)}
    if exports := os.environ.get("VERBATIM_EXPORTS"):
        given["VERBATIM_EXPORTS"] = exports
    settings = Settings.from_environment(given)
    from rich.console import Console

    from bot.cli.progressbar import progress_bar

    console = Console(stderr=True)
    served = open_served(settings, progress_bar=lambda text: progress_bar(console, text))
    lay_out = open_extractor().stored_document
    visible = VisibleTexts(Snapshots(settings.snapshots_directory), lay_out=lay_out)
    return served.answerers, visible


def main() -> None:
    """Take the picture; exit code 1 if it is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=PICTURE, metavar="PICTURE.png")
    file = parser.parse_args().picture
    if chromium_program() is None:
        sys.exit("There is no chromium. Type: apt-get install chromium")
    with tempfile.TemporaryDirectory() as home:
        answerers, visible = served_answerers(Path(home))
        with Serving(application_of(answerers, visible)) as serving, started() as browser:
            taken = beside(browser, pages(browser, serving.url))
    if len(taken) > MOST_BYTES:
        sys.exit(f"The picture has {len(taken):,} bytes; {MOST_BYTES:,} are allowed.")
    file.write_bytes(taken)
    print(f"{file}: {len(taken):,} bytes")


if __name__ == "__main__":
    main()
