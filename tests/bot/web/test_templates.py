"""Templates escape every value, know every name, and a change of their look can be told."""

import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from bot.language.translation import translator
from bot.web import templates


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        templates.written("error.html", {"layout": "base.html"}, translator("en"))


def test_no_template_marks_a_value_as_safe() -> None:
    folder = Path(templates.__file__).parent / "templates"
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert texts
    for name, text in texts.items():
        assert "|safe" not in text.replace(" ", ""), name
        assert "autoescape" not in text, name
        assert "<style" not in text, name
        assert "{# values are text" in text or "javascript:" not in text, name


def test_another_style_or_template_gives_another_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = templates.look()
    copy = tmp_path / "static"
    shutil.copytree(Path(templates.__file__).parent / "static", copy)
    monkeypatch.setattr(templates, "_STYLE", copy)
    assert templates.look.__wrapped__() == before
    (copy / "verbatim.css").write_text("body { color: red }", "utf-8")
    assert templates.look.__wrapped__() != before
