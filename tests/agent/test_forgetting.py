from collections.abc import Callable

import pandas as pd
import pytest

from marketeer.agent.forgetting import forget_person
from marketeer.agent.models.scripted import call
from marketeer.agent.session import Session
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from tests.agent.conftest import TOOLS

Open = Callable[..., Session]


def test_a_person_is_gone_and_the_shop_stays_as_it_was(shop: Workspace) -> None:
    before = shop.dataset.frame("SELECT * FROM customers ORDER BY customer_row")
    forgotten = forget_person(shop.folder, "Ana Torres")
    after = shop.dataset.frame("SELECT * FROM customers ORDER BY customer_row")
    assert forgotten.customers == 1
    assert after.loc[0, ["first_name", "last_name", "email", "phone", "address"]].isna().all()
    assert after.loc[0, ["customer_id", "email_consent"]].tolist() == ["forgotten 0", "denied"]
    assert after.loc[0, "attr_tier"] == before.loc[0, "attr_tier"]
    pd.testing.assert_frame_equal(after.loc[1:].fillna(""), before.loc[1:].fillna(""), check_dtype=False)


def test_no_file_of_the_workspace_names_the_person_any_more(open_with: Open) -> None:
    session = open_with(call("count_customers"), "Counted.", "Ana Torres buys tea.", "He does not.")
    session.ask("How many?")
    session.ask("What does person0@example.com buy?")
    session.ask("And 王小明?")
    folder = session.workspace.folder
    assert forget_person(folder, "person0@example.com").turns == 1
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            assert b"person0@" not in path.read_bytes(), path
            assert b"Torres" not in path.read_bytes(), path
    assert [turn.question for turn in session.transcripts.turns(session.conversation)] == [
        "How many?",
        "And 王小明?",
    ]


def test_findings_about_the_person_go_and_their_ids_are_not_given_again(open_with: Open) -> None:
    session = open_with("Hi.")
    customer = session.workspace.dataset.frame("SELECT customer_id FROM customers WHERE customer_row = 3")
    profile, count = (
        next(tool for tool in TOOLS if tool.name == name) for name in ("read_profile", "count_customers")
    )
    about, other = run(profile, {}, session.workspace), run(count, {}, session.workspace)
    assert forget_person(session.workspace.folder, str(customer.loc[0, "customer_id"])).findings == 1
    assert [finding.id for finding in session.findings] == [other.id]
    assert run(profile, {}, session.workspace).id not in {about.id, other.id}


def test_several_people_of_one_name_are_not_forgotten_by_it(shop: Workspace) -> None:
    with pytest.raises(Retry, match="row"):
        forget_person(shop.folder, "Pat Doe")


def test_nobody_is_said_to_be_nobody(shop: Workspace) -> None:
    with pytest.raises(Retry, match="No customer"):
        forget_person(shop.folder, "nobody@example.com")
