import pytest

from marketeer.agent.fact_sheet import LIMIT, fact_sheet
from marketeer.agent.gateway.people import KnownPeople
from marketeer.agent.gateway.pseudonyms import Pseudonyms
from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings
from marketeer.tools import tool_names
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import ToolError
from tests.shops import publish_shop, shop_frames

FIRST = ("Ana", "Bruno", "Chloé", "Dmitri", "Elif", "小明", "丽华", "Γιώργος")
LAST = ("Torres", "O'Neill", "van Dijk", "Šimić", "Øster", "王", "欧阳", "Παππάς")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    frames = shop_frames(customers=120)
    customers = frames[Table.CUSTOMERS]
    customers["first_name"] = [FIRST[row % 8] for row in range(120)]
    customers["last_name"] = [f"{LAST[row % 8]}" for row in range(120)]
    customers["notes"] = [f"{FIRST[row % 8]} {LAST[row % 8]} complained, write to person{row}@example.com"
                          for row in range(120)]  # fmt: skip
    folder = tmp_path_factory.mktemp("people")
    publish_shop(folder, frames)
    return open_session(load_settings(workspace=folder, model="", embedder="lexical"))


@pytest.fixture(scope="module")
def pseudonyms(session: Session) -> Pseudonyms:
    return Pseudonyms(b"k" * 32, KnownPeople(session.workspace.dataset))


def said_by(session: Session, name: str, args: dict[str, object]) -> list[str]:
    """Give what a model outside reads of a tool in each language, or its error."""
    try:
        finding = session.run_tool(name, args)
    except ToolError as error:
        return [error.message]
    return [fact_sheet(finding, "en"), fact_sheet(finding, "zh")]


@pytest.mark.parametrize("name", tool_names())
def test_nothing_a_tool_says_names_a_customer(session: Session, pseudonyms: Pseudonyms, name: str) -> None:
    for text in said_by(session, name, {}):
        assert len(text) <= LIMIT
        assert pseudonyms.leaks(text) == "", text


def test_notes_that_a_search_finds_name_nobody(session: Session, pseudonyms: Pseudonyms) -> None:
    sheets = said_by(session, "find_customers", {"text": "complained", "field": "notes"})
    assert "complained" in sheets[0]
    assert [pseudonyms.leaks(sheet) for sheet in sheets] == ["", ""]


@pytest.mark.parametrize("row", range(8))
def test_names_of_many_scripts_are_hidden_and_come_back(pseudonyms: Pseudonyms, row: int) -> None:
    glue = "" if row in {5, 6} else " "
    name = f"{LAST[row]}{FIRST[row]}" if row in {5, 6} else f"{FIRST[row]}{glue}{LAST[row]}"
    text = f"What did {name} (person{row}@example.com, customer C{row:04d}) buy?"
    hidden = pseudonyms.hide(text)
    assert name not in hidden
    assert f"person{row}@" not in hidden
    assert f"C{row:04d}" not in hidden
    assert pseudonyms.restore(hidden) == text
