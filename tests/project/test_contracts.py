"""Each contract of import-linter holds for the tree, and fails for an import that it forbids."""

import tomllib
from copy import deepcopy
from typing import Any

import grimp
import pytest
from documentpages import ROOT
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the sources are not here"
)

KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "independence": IndependenceContract,
    "forbidden": ForbiddenContract,
}
BREAKS = {
    "bot → embeddings → corpus, never back": ("corpus.model", "bot.errors"),
    "corpus, floor by floor": ("corpus.model", "corpus.directory.additions"),
    "extraction, floor by floor": (
        "corpus.extraction.kinds",
        "corpus.extraction.pdf.pdftext",
    ),
    "embeddings, floor by floor": (
        "embeddings.text.searchform",
        "embeddings.storage.folderindex",
    ),
    "bot, floor by floor": ("bot.answering.answerer", "bot.state.lanes"),
    "the parts of the Telegram bot, floor by floor": (
        "bot.telegrambot.incoming.polling",
        "bot.telegrambot.outgoing.sender",
    ),
    "the state of the bot, floor by floor": ("bot.state.contracts", "bot.state.files.inbox"),
    "responders know nothing of each other": (
        "bot.responders.privacy",
        "bot.responders.questions",
    ),
    "only the Telegram bot imports Telegram's library": ("bot.chat.events", "telegram"),
}
"""Name of a contract → an import that it forbids: the importing module and the imported one."""


def options() -> dict[str, Any]:
    if not (ROOT / "pyproject.toml").is_file():
        return {"contracts": []}
    written = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: dict[str, Any] = written["tool"]["importlinter"]
    return found


CONTRACTS: dict[str, dict[str, Any]] = {each["name"]: each for each in options()["contracts"]}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """The imports of the tree, as import-linter sees them."""
    configure()
    chosen = options()
    return grimp.build_graph(
        *chosen["root_packages"],
        include_external_packages=chosen["include_external_packages"],
        exclude_type_checking_imports=chosen["exclude_type_checking_imports"],
        cache_dir=None,
    )


def kept(name: str, imports: grimp.ImportGraph) -> bool:
    session = {key: value for key, value in options().items() if key != "contracts"}
    given = {
        key: str(value) if isinstance(value, bool) else value  # as its reader of TOML gives them
        for key, value in CONTRACTS[name].items()
        if key not in {"name", "type"}
    }
    contract = KINDS[CONTRACTS[name]["type"]](name, session, given)
    return contract.check(deepcopy(imports), verbose=False).kept


def test_each_contract_has_an_import_that_breaks_it() -> None:
    assert BREAKS.keys() == CONTRACTS.keys()


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_holds_and_fails_for_an_import_that_it_forbids(
    name: str, imports: grimp.ImportGraph
) -> None:
    importer, imported = BREAKS[name]
    assert importer in imports.modules
    assert kept(name, imports)
    broken = deepcopy(imports)
    if imported not in broken.modules:
        broken.add_module(imported, is_squashed=True)
    broken.add_import(importer=importer, imported=imported, line_number=1, line_contents="import")
    assert not kept(name, broken)
