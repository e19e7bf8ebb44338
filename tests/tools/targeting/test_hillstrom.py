from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.findings import Fact, Finding
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.measure_campaign import TOOL as MEASURE
from marketeer.tools.rank_offer_targets import TOOL as RANK
from tests.tools.targeting.planted import campaign_workspace

pytestmark = pytest.mark.real


@pytest.fixture
def hillstrom(real_data: Path, tmp_path: Path) -> Workspace:
    raw = pd.read_csv(real_data / "hillstrom.csv.gz")
    known = ["recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel"]
    customers = (
        raw[known]
        .add_prefix("attr_")
        .assign(customer_row=np.arange(len(raw)), customer_id=[f"H{n}" for n in range(len(raw))])
    )
    sends = pd.DataFrame(
        {
            "campaign_id": "email",
            "customer_row": np.arange(len(raw)),
            "arm": raw["segment"].replace("No E-Mail", "control"),
            "visited": raw["visit"].astype(bool),
            "ordered": raw["conversion"].astype(bool),
            "revenue": raw["spend"],
        }
    )
    campaigns = pd.DataFrame(
        {"campaign_id": ["email"], "campaign_name": ["E-mail test"], "assignment": ["randomised"]}
    )
    frames = {Table.CUSTOMERS: customers, Table.SENDS: sends, Table.CAMPAIGNS: campaigns}
    return campaign_workspace(tmp_path, frames, Ports(vocabulary=PromptVocabulary()))


def _fact(finding: Finding, name: str, subject: str = "") -> Fact:
    return next(f for f in finding.facts if f.name == name and f.subject.name == subject)


def _says(fact: Fact, value: float, half: float, decimals: int) -> bool:
    assert isinstance(fact.value, float)
    assert fact.interval is not None
    width = (fact.interval.high - fact.interval.low) / 2
    return (round(fact.value, decimals), round(width, decimals)) == (value, half)


def _measure(workspace: Workspace, **args: object) -> Finding:
    return run(MEASURE, {"interval": "wald", **args}, workspace)


def test_the_womens_email_by_area(hillstrom: Workspace) -> None:
    finding = _measure(hillstrom, arm="women's", by="zip_code", outcome="visits")
    for area, lift, half in (("Rural", 2.91, 1.84), ("Surburban", 4.89, 0.93), ("Urban", 4.69, 0.97)):
        assert _says(_fact(finding, "visits_lift", f"zip_code={area}"), lift, half, 2)
    assert round(float(str(_fact(finding, "visits_treated", "zip_code=Rural").value)), 2) == 18.26
    assert round(float(str(_fact(finding, "visits_control", "zip_code=Rural").value)), 1) == 15.4
    assert round(float(str(_fact(finding, "visits_lift").value)), 2) == 4.52


def test_the_mens_email_overall(hillstrom: Workspace) -> None:
    finding = _measure(hillstrom, arm="men's", outcome="visits")
    assert round(float(str(_fact(finding, "visits_lift").value)), 2) == 7.66


def test_the_womens_email_moves_the_spend_of_new_customers_only(hillstrom: Workspace) -> None:
    finding = _measure(hillstrom, arm="women's", by="newbie", outcome="revenue")
    assert _says(_fact(finding, "revenue_lift", "newbie=0"), 0.114, 0.389, 3)
    assert _says(_fact(finding, "revenue_lift", "newbie=1"), 0.732, 0.331, 3)


def test_mens_against_womens_for_new_customers_has_no_winner_on_spend_but_one_on_visits(
    hillstrom: Workspace,
) -> None:
    args = {"arm": "Mens", "versus": "Womens", "segment": "new customers"}
    spend = _measure(hillstrom, outcome="revenue", **args)
    assert _says(_fact(spend, "revenue_lift", "newbie=1"), 0.228, 0.439, 3)
    assert "focus_open" in [note.code for note in spend.notes]
    visits = _measure(hillstrom, outcome="visits", **args)
    assert _says(_fact(visits, "visits_lift", "newbie=1"), 2.49, 0.93, 2)
    assert "focus_better" in [note.code for note in visits.notes]


def test_the_best_response_is_not_a_reason_to_send_to_rural_customers(hillstrom: Workspace) -> None:
    finding = _measure(hillstrom, arm="women's", segment="Rural", outcome="visits")
    codes = {note.code for note in finding.notes}
    expected = {"response_misleads", "lowest_estimate", "focus_better", "not_told_from_others"}
    assert expected <= codes
    text = word_finding(finding, "en")
    assert "18.3 %" in text
    assert "15.4 %" in text


def test_ranking_by_visits_gives_rural_the_lowest_lift(hillstrom: Workspace) -> None:
    finding = run(RANK, {"by": "zip_code", "arm": "women's", "objective": "visits"}, hillstrom)
    lifts = {f.subject.name: f.value for f in finding.facts if f.name == "uplift" and f.subject.name}
    assert min(lifts, key=lifts.__getitem__) == "zip_code=Rural"
