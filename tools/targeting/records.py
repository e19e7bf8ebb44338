"""Decisions kept among the findings, and what came of them."""

from collections.abc import Iterator

from marketeer.tools.core.findings import Fact, FactKind, Finding, SubjectKind, Unit
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.targeting.ranking import SENT
from marketeer.tools.targeting.trials import Campaign

RECORD = "decision_record"
"""The title of a kept decision."""


def newest_ranking(workspace: Workspace) -> Finding | None:
    """Give the newest ranking of this snapshot, or None when there is none."""
    rankings = [
        finding
        for finding in workspace.ledger.all()
        if finding.title.startswith("offer_targets")
        and finding.recipe is not None
        and finding.recipe.snapshot == workspace.dataset.snapshot
    ]
    return rankings[-1] if rankings else None


def record_of(workspace: Workspace, campaign: Campaign) -> Finding | None:
    """Give the newest decision recorded under a campaign's name or id, whatever the data were then."""
    names = {campaign.id.casefold(), campaign.name.casefold()}
    kept = [
        finding
        for finding in workspace.ledger.all()
        if finding.title == RECORD
        and (fact := finding.fact("campaign")) is not None
        and str(fact.value).casefold() in names
    ]
    return kept[-1] if kept else None


def expectation_facts(record: Finding) -> Iterator[Fact]:
    """Give what a record expected, to stand beside what came of it."""
    yield Fact("decision_record", record.id, Unit.TEXT)
    expected = record.fact("profit_if_chosen")
    if expected is not None:
        yield Fact(
            "expected_profit", expected.value, Unit.MONEY, interval=expected.interval, kind=FactKind.ESTIMATED
        )
    read_out = record.fact("read_out_on")
    if read_out is not None:
        yield Fact("read_out_on", read_out.value, Unit.DATE)
    sent = {fact.subject for fact in record.facts if fact.name == "decision" and fact.value in SENT}
    for fact in record.facts:
        if fact.name == "uplift" and fact.subject in sent and fact.subject.kind is SubjectKind.SEGMENT:
            yield Fact(
                "expected_lift", fact.value, Unit.POINTS, fact.subject, fact.interval, FactKind.ESTIMATED
            )
