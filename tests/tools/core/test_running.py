from dataclasses import replace

import pandas as pd
import pytest
from pydantic import Field

from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Refused, Retry
from marketeer.tools.core.findings import Fact, Finding, Note, Unit, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import CatalogRunner, replay, run
from marketeer.tools.core.workspace import Workspace


class SplitArgs(Args):
    parts: int = Field(default=2, ge=1, le=9, description="How many parts.")


def split_customers(args: SplitArgs, workspace: Workspace) -> Outcome:
    """Split customers by row."""
    rows = range(workspace.dataset.rows["customers"])
    frame = pd.DataFrame({"customer_row": pd.array(rows, dtype="int32")})
    frame["segment"] = [f"part_{row % args.parts}" for row in rows]
    codes = sorted(frame["segment"].unique())
    facts = tuple(
        Fact("customers", int((frame["segment"] == code).sum()), Unit.CUSTOMERS, segment(code))
        for code in codes
    )
    return Outcome(Finding("parts", facts), Segmentation(frame, {"segments": codes}))


class CountArgs(Args):
    segmentation: str | None = Field(default=None, description="Which segmentation.")


def count_segments(args: CountArgs, workspace: Workspace) -> Finding:
    """Count segments."""
    segmentation = workspace.require(Segmentation, args.segmentation)
    return Finding("count", (Fact("segments", len(segmentation.segments), Unit.SEGMENTS),))


SPLIT = Tool(split_customers, SplitArgs, (Example("split them"),), produces=Segmentation)
COUNT = Tool(count_segments, CountArgs, (Example("how many parts"),))


def test_the_same_request_gives_the_filed_finding_back(workspace: Workspace) -> None:
    first = run(SPLIT, {"parts": 3}, workspace)
    assert first.id == "F1"
    assert [fact.id for fact in first.facts] == ["F1.1", "F1.2", "F1.3"]
    assert run(SPLIT, {"parts": 3}, workspace) == first
    assert run(SPLIT, {"parts": 4}, workspace).id == "F2"


def test_a_needed_payload_is_made_and_filed_as_a_finding_of_its_own(workspace: Workspace) -> None:
    whole = replace(workspace, runner=CatalogRunner(lambda: (SPLIT, COUNT), workspace))
    counted = run(COUNT, {}, whole)
    assert counted.recipe is not None
    assert counted.recipe.parents == {"segmentation": "F1"}
    assert workspace.ledger.get("F1").title == "parts"


def test_a_new_current_payload_makes_a_new_finding_and_a_replay_keeps_the_old_parent(
    workspace: Workspace,
) -> None:
    whole = replace(workspace, runner=CatalogRunner(lambda: (SPLIT, COUNT), workspace))
    before = run(COUNT, {}, whole)
    run(SPLIT, {"parts": 5}, whole)
    after = run(COUNT, {}, whole)
    assert (before.facts[0].value, after.facts[0].value) == (2, 5)
    assert replay(before, COUNT, whole).agrees
    assert run(COUNT, {"segmentation": "F1"}, whole).facts[0].value == 2


class PartArgs(Args):
    parts: int = Field(default=2, description="How many parts there must be.")


def count_in_parts(args: PartArgs, workspace: Workspace) -> Finding:
    """Count segments, in as many parts as asked for."""
    at_hand = workspace.require(Segmentation)
    if len(at_hand.segments) != args.parts:
        at_hand = workspace.make(Segmentation, {"parts": args.parts})
        workspace.notes.append(Note("split_for", {"made": workspace.parents["segmentation"]}))
    return Finding("count", (Fact("segments", len(at_hand.segments), Unit.SEGMENTS),), notes=(Note("own"),))


PARTS = Tool(count_in_parts, PartArgs, (Example("count so many parts"),))


def test_a_payload_made_to_order_takes_the_place_of_the_one_at_hand(workspace: Workspace) -> None:
    whole = replace(workspace, runner=CatalogRunner(lambda: (SPLIT, PARTS), workspace))
    first = run(SPLIT, {"parts": 3}, whole)
    counted = run(PARTS, {"parts": 5}, whole)
    assert counted.recipe is not None
    assert counted.recipe.parents == {"segmentation": "F2"}
    assert counted.notes == (Note("own"), Note("split_for", {"made": "F2"}))
    assert workspace.current("segmentation") == "F2"
    run(SPLIT, {"parts": 3}, whole)
    assert workspace.current("segmentation") == first.id
    assert run(PARTS, {"parts": 5}, whole).id == counted.id
    assert replay(counted, PARTS, whole).agrees


def test_arguments_the_making_tool_does_not_take_are_told_as_such(workspace: Workspace) -> None:
    whole = replace(workspace, runner=CatalogRunner(lambda: (SPLIT, PARTS), workspace))
    run(SPLIT, {"parts": 3}, whole)
    with pytest.raises(Retry, match=r"split_customers: parts"):
        run(PARTS, {"parts": 40}, whole)


def test_nothing_is_made_where_no_tool_can_be_run(workspace: Workspace) -> None:
    with pytest.raises(Retry) as caught:
        workspace.make(Segmentation, {})
    assert caught.value.code == "no_payload"


def test_a_lost_payload_is_computed_again_from_its_recipe(workspace: Workspace) -> None:
    whole = replace(workspace, runner=CatalogRunner(lambda: (SPLIT, COUNT), workspace))
    run(SPLIT, {"parts": 3}, whole)
    for path in workspace.payload_folder("F1").iterdir():
        path.unlink()
    workspace.payload_folder("F1").rmdir()
    assert run(COUNT, {}, whole).facts[0].value == 3


def test_a_replay_names_the_fact_that_differs(workspace: Workspace) -> None:
    filed = run(SPLIT, {"parts": 2}, workspace)
    forged = replace(filed, facts=(replace(filed.facts[0], value=1), *filed.facts[1:]))
    result = replay(forged, SPLIT, workspace)
    assert [difference.fact.id for difference in result.differences] == ["F1.1"]


def test_a_replay_refuses_another_version(workspace: Workspace) -> None:
    filed = run(SPLIT, {}, workspace)
    with pytest.raises(Refused, match="version"):
        replay(filed, replace(SPLIT, version=2), workspace)


def test_wrong_arguments_name_the_field_and_the_fields_there_are(workspace: Workspace) -> None:
    with pytest.raises(Retry, match=r"parts.*Its arguments are: parts"):
        run(SPLIT, {"parts": 40}, workspace)
    with pytest.raises(Retry, match="slices"):
        run(SPLIT, {"slices": 4}, workspace)


def test_an_unknown_handle_is_answered_with_the_ones_there_are(workspace: Workspace) -> None:
    run(SPLIT, {}, workspace)
    with pytest.raises(Retry, match="F1"):
        run(COUNT, {"segmentation": "F7"}, workspace)


class PersonArgs(Args):
    customer: str = Field(description="Who.")


def greet_customer(args: PersonArgs, workspace: Workspace) -> Finding:
    """Greet."""
    return Finding("greeting", (Fact("who", args.customer, Unit.TEXT),))


def test_an_argument_that_names_a_person_is_a_key_before_anything_is_filed(workspace: Workspace) -> None:
    def keyed(args: PersonArgs, _: Workspace) -> Args:
        return args.model_copy(update={"customer": f"row {len(args.customer)}"})

    tool = Tool(greet_customer, PersonArgs, (Example("greet"),), keyed=keyed)
    filed = run(tool, {"customer": "ana@example.com"}, workspace)
    assert filed.facts[0].value == "row 15"
    assert "ana" not in str(workspace.ledger.get(filed.id))
