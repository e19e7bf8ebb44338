from dataclasses import replace

import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.plan_campaign import TOOL
from marketeer.tools.segment_customers import TOOL as SEGMENT


@pytest.fixture
def whole(workspace: Workspace) -> Workspace:
    ports = Ports(vocabulary=PromptVocabulary())
    return replace(workspace, ports=ports, runner=CatalogRunner(lambda: (SEGMENT, TOOL), workspace))


def _contacts(finding: Finding) -> dict[str, int]:
    totals: dict[str, int] = {}
    for fact in finding.facts:
        if fact.name == "contacts" and fact.subject.within:
            name = fact.subject.within.name
            totals[name] = totals.get(name, 0) + int(str(fact.value))
    return totals


def test_only_people_who_consented_and_are_not_held_out_are_counted(whole: Workspace) -> None:
    args = {"segments": ["champions"], "email_per_week": 1, "sms_per_week": 0, "holdout_percent": 50}
    finding = run(TOOL, args | {"start": "2026-01-05", "end": "2026-01-11"}, whole)
    segment = next(f for f in whole.ledger.all() if f.title.startswith("segments"))
    frame = whole.dataset.frame("SELECT customer_row, email_consent FROM customers")
    members = set(_members(whole, segment.id, "champions"))
    granted = frame[(frame["email_consent"] == "granted") & frame["customer_row"].isin(members)]
    assert _contacts(finding) == {"champions": len(granted) - round(len(granted) / 2)}


def _members(workspace: Workspace, finding_id: str, segment: str) -> list[int]:
    return [int(row) for row in workspace.require(Segmentation, finding_id).rows_of(segment)]


def test_an_event_by_its_chinese_name_gives_the_last_day(whole: Workspace) -> None:
    finding = run(TOOL, {"event": "双11"}, whole)
    end = finding.fact("end")
    assert end is not None
    assert str(end.value)[5:] == "11-11"


@pytest.mark.parametrize(
    "args", [{"event": "someday"}, {"start": "2026-02-01", "end": "2026-01-01"}, {"segments": ["nobody"]}]
)
def test_impossible_plans_are_answered_with_what_would_work(
    whole: Workspace, args: dict[str, object]
) -> None:
    with pytest.raises(Retry):
        run(TOOL, args, whole)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("args", [{}, {"email_per_week": 0, "sms_per_week": 0}])
def test_calendars_can_be_worded(whole: Workspace, language: str, args: dict[str, object]) -> None:
    text = word_finding(run(TOOL, args, whole), language)  # type: ignore[arg-type]  # parametrised
    assert "[F" in text
