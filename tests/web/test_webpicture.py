"""The picture of the pages in README is taken by a command, and is small."""

import importlib.util
import re
from pathlib import Path

import pytest
from browsers import NO_CHROMIUM, chromium_program, started
from websites import Serving, Site

from corpus import Corpus, document_from_text

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "webpictures.py"
if not SCRIPT.exists():
    pytest.skip("the scripts are not here", allow_module_level=True)

PNG = b"\x89PNG\r\n\x1a\n"


def test_readme_shows_the_picture() -> None:
    shown = re.findall(r'src="([^"]+\.png)"', (ROOT / "README.md").read_text("utf-8"))
    assert shown == ["docs/pictures/web.png"]
    picture = (ROOT / shown[0]).read_bytes()
    assert picture.startswith(PNG)
    assert len(picture) <= 200_000


def test_the_command_takes_the_picture_of_an_answer_and_of_its_place(tmp_path: Path) -> None:
    if chromium_program() is None:
        pytest.skip(NO_CHROMIUM)
    spec = importlib.util.spec_from_file_location("webpictures", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    site = Site(tmp_path)
    text = "How many members does the Coalition have? It has eighty-five."
    site.publish(Corpus((document_from_text(text, document_id="d1", title="T"),)))
    with Serving(site.application()) as serving, started() as browser:
        taken = script.pages(browser, serving.url)
        assert [each[:8] for each in taken] == [PNG, PNG]
        assert script.beside(browser, taken).startswith(PNG)
