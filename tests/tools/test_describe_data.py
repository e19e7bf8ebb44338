from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.findings import Finding, Subject, SubjectKind
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.describe_data import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, shop_frames, workspace_of


def about(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, args, workspace)


def status(finding: Finding, capability: str) -> tuple[str, str]:
    subject = Subject(SubjectKind.CAPABILITY, capability)
    return str(finding.fact("status", subject).value), str(finding.fact("reason", subject).value)


def test_contents_and_period_equal_plain_pandas(workspace: Workspace) -> None:
    orders = shop_frames()[Table.ORDERS]
    finding = about(workspace)
    got = {fact.name: fact.value for fact in finding.facts}
    assert got["customers"] == 300
    assert got["orders"] == len(orders)
    assert got["net_revenue"] == pytest.approx(orders["net_amount"].sum())
    assert got["first_order"] == orders["ordered_at"].min().date()
    assert got["last_order"] == orders["ordered_at"].max().date()
    counts = orders.groupby("customer_row").size()
    assert got["one_time_share"] == pytest.approx(100 * (counts == 1).mean())
    assert got["median_order"] == pytest.approx(orders["gross_amount"].median())
    days = pd.Series(sorted(set(orders["ordered_at"].dt.normalize())))
    assert got["longest_gap_days"] == days.diff().dt.days.max()


def test_consents_are_counted_and_blank_is_not_consent(workspace: Workspace) -> None:
    finding = about(workspace)
    email = Subject(SubjectKind.CHANNEL, "email")
    expected = shop_frames()[Table.CUSTOMERS]["email_consent"].value_counts()
    assert {c: finding.fact(f"consent_{c}", email).value for c in expected.index} == expected.to_dict()


def test_abilities_name_what_is_missing(workspace: Workspace) -> None:
    finding = about(workspace, about="abilities")
    assert status(finding, "segments") == ("full", "all_there")
    assert status(finding, "value") == ("degraded", "few_customers")
    assert status(finding, "uplift") == ("refused", "no_campaign")
    assert status(finding, "recommendations") == ("degraded", "few_products")
    assert status(finding, "tests") == ("degraded", "small_tests")


def test_abilities_say_what_they_rest_on(workspace: Workspace) -> None:
    finding = about(workspace, about="abilities")
    uplift = Subject(SubjectKind.CAPABILITY, "uplift")
    assert finding.fact("needs", uplift).value == "campaigns_and_sends"
    assert finding.views[0].columns == ("needs", "there", "status", "reason")
    orders = shop_frames()[Table.ORDERS]
    assert finding.fact("there", Subject(SubjectKind.CAPABILITY, "segments")).value == len(orders)
    assert finding.fact("there", uplift).value == 0


def test_a_change_in_the_last_ninety_days_is_told(tmp_path: Path) -> None:
    frames = shop_frames()
    orders = frames[Table.ORDERS]
    age = (orders["ordered_at"].max().normalize() - orders["ordered_at"].dt.normalize()).dt.days
    steady = about(workspace_of(tmp_path / "steady", publish_shop(tmp_path / "steady", frames)))
    recent, earlier = orders[age < 90], orders[(age >= 90) & (age < 180)]
    assert steady.fact("recent_orders").value == len(recent)
    assert steady.fact("earlier_median_order").value == pytest.approx(earlier["gross_amount"].median())
    assert "drift" not in {note.code for note in steady.notes}
    orders.loc[age < 90, ["gross_amount", "net_amount"]] *= 2
    dearer = about(workspace_of(tmp_path / "dearer", publish_shop(tmp_path / "dearer", frames)))
    assert "drift" in {note.code for note in dearer.notes}
    assert "90 days" in word_finding(dearer, "en")


def test_a_hundred_and_forty_customers_are_too_few_to_predict(tmp_path: Path) -> None:
    small = workspace_of(tmp_path, publish_shop(tmp_path, shop_frames(140)))
    finding = about(small, about="abilities")
    assert status(finding, "lapse") == ("refused", "few_customers")
    assert status(finding, "segments") == ("degraded", "few_customers")


def campaign_frames(assignment: str) -> dict[Table, pd.DataFrame]:
    frames = shop_frames(200)
    return {
        Table.CUSTOMERS: frames[Table.CUSTOMERS],
        Table.CAMPAIGNS: pd.DataFrame({"campaign_id": ["spring"], "assignment": [assignment]}),
        Table.SENDS: pd.DataFrame(
            {
                "campaign_id": "spring",
                "customer_row": range(200),
                "arm": ["control" if n % 4 == 0 else "offer" for n in range(200)],
            }
        ),
    }


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("randomised", ("full", "all_there")),
        ("not_randomised", ("degraded", "not_randomised")),
        ("unknown", ("degraded", "assignment_unknown")),
    ],
)
def test_an_effect_hangs_on_the_declared_assignment(
    tmp_path: Path, assignment: str, expected: tuple[str, str]
) -> None:
    shop = workspace_of(tmp_path, publish_shop(tmp_path, campaign_frames(assignment)))
    finding = about(shop)
    assert status(finding, "uplift") == expected
    assert status(finding, "segments") == ("degraded", "attributes_only")
    assert status(finding, "value") == ("refused", "no_orders")


def loaded(tmp_path: Path) -> Workspace:
    file = tmp_path / "lines.csv"
    file.write_text(
        "order_id,customer,date,sku,qty,price\n1,a,2025-01-02,X,1,10\n1,a,2025-01-02,X,1,10\n"
        "2,b,2025-01-03,Y,2,0\n3,,2025-02-01,Y,2,4.5\n4,a,2025-02-02,X,-1,10\n"
    )
    return workspace_of(tmp_path / "ws", load([file], tmp_path / "ws").dataset)


def test_cleaning_shows_every_rule_and_reconciles(tmp_path: Path) -> None:
    finding = about(loaded(tmp_path), about="cleaning")
    got = {fact.name: fact.value for fact in finding.facts if fact.subject.kind is SubjectKind.SHOP}
    assert (got["raw_rows"], got["kept_rows"]) == (5, 3)
    assert (got["raw_amount"], got["kept_amount"]) == (19.0, 9.0)
    duplicate = Subject(SubjectKind.RULE, "exact_duplicate")
    assert finding.fact("amount_dropped", duplicate).value == 10.0
    returned = Subject(SubjectKind.RULE, "return_line")
    assert finding.fact("rows_kept", returned).value == 1
    assert "currency_unknown" in {note.code for note in about(loaded(tmp_path)).notes}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("part", ["overview", "cleaning", "abilities"])
def test_every_part_is_worded_in_both_languages(tmp_path: Path, part: str, language: str) -> None:
    for shop in (
        loaded(tmp_path),
        workspace_of(tmp_path, publish_shop(tmp_path, campaign_frames("unknown"))),
    ):
        text = word_finding(about(shop, about=part), language)
        assert "[F" in text or "{{" not in text
        assert "_" not in text
