"""What a caller may not see makes no difference to any answer of the web application."""

from pathlib import Path

import pytest
from canaries import documents
from webapps import client_of
from webcanaries import SETTINGS, Requests, compared, paths_of

from bot.answering.liveanswerer import LiveAnswerer
from bot.webaccess.desk import Desk
from bot.webaccess.visitor import Visitor
from corpus import Corpus

ROUNDS = 4


def routes(folder: Path) -> list[str]:
    with client_of(folder, Corpus(tuple(documents())), **SETTINGS) as client:
        return paths_of(client)


def test_every_route_gets_such_requests(tmp_path: Path) -> None:
    requests = Requests()
    for path in routes(tmp_path):
        assert requests.to(path).address


def test_the_hidden_statements_are_as_if_they_had_never_been(tmp_path: Path) -> None:
    count = ROUNDS * len(routes(tmp_path / "routes"))
    statuses, wrong = compared(tmp_path, count)
    assert wrong == []
    assert sum(statuses.values()) == 3 * count
    assert statuses[200] > count
    assert set(statuses) <= {200, 303, 400, 404, 422}  # 303 leads from /login to a page


def test_a_leak_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(desk: Desk, _: Visitor) -> object:
        answerers: LiveAnswerer = desk._answerers
        return answerers.everything

    monkeypatch.setattr(Desk, "answerer", everything)
    _, wrong = compared(tmp_path, 4, paths=["/api/v1/documents"])
    assert wrong
