from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools import load_tool
from marketeer.tools.build_audience import TOOL
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Verdict
from marketeer.tools.core.payloads import Audience, Forecast
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from tests.shops import publish_shop, shop_frames, workspace_of


@pytest.fixture
def frames() -> dict[Table, pd.DataFrame]:
    frames = shop_frames()
    customers = frames[Table.CUSTOMERS]
    customers["phone"] = [f"+49{n}" if n % 2 else None for n in range(300)]
    customers["sms_consent"] = ["granted" if n % 3 == 0 else "unknown" for n in range(300)]
    customers["suppressed"] = [n % 10 == 0 for n in range(300)]
    customers["notes"] = ["gift please" if n % 7 == 0 else None for n in range(300)]
    return frames


@pytest.fixture
def shop(tmp_path: Path, frames: dict[Table, pd.DataFrame]) -> Workspace:
    plain = workspace_of(tmp_path, publish_shop(tmp_path, frames), Ports(vocabulary=PromptVocabulary()))
    tools = (load_tool("segment_customers"), TOOL)
    return replace(plain, runner=CatalogRunner(lambda: tools, plain))


def build(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, args, workspace)


def rows(workspace: Workspace, finding: Finding) -> list[int]:
    return workspace.require(Audience, finding.id).rows.tolist()


def test_conditions_select_what_pandas_selects(shop: Workspace, frames: dict[Table, pd.DataFrame]) -> None:
    finding = build(shop, country="de", min_orders=3, where={"tier": "gold"})
    counts = frames[Table.ORDERS].groupby("customer_row").size()
    customers = frames[Table.CUSTOMERS]
    wanted = customers[(customers["country"] == "DE") & (customers["attr_tier"] == "gold")]["customer_row"]
    expected = [row for row in wanted if counts.get(row, 0) >= 3]
    assert rows(shop, finding) == expected
    assert finding.fact("customers").value == len(expected)
    assert finding.fact("share_of_customers").value == pytest.approx(100 * len(expected) / 300)
    spend = frames[Table.ORDERS].groupby("customer_row")["net_amount"].sum()
    assert finding.fact("net_revenue").value == pytest.approx(spend.reindex(expected).sum())


def test_recency_counts_from_the_datas_last_day(shop: Workspace, frames: dict[Table, pd.DataFrame]) -> None:
    last = frames[Table.ORDERS].groupby("customer_row")["ordered_at"].max().dt.normalize()
    days = (last.max() - last).dt.days
    assert rows(shop, build(shop, max_recency_days=30)) == days[days <= 30].index.tolist()
    assert rows(shop, build(shop, min_recency_days=200)) == days[days >= 200].index.tolist()


def test_follow_ups_say_who_joined_and_who_left(shop: Workspace) -> None:
    start = build(shop, min_orders=2)
    recent = set(rows(shop, build(shop, max_recency_days=60)))
    before = rows(shop, start)
    cut = build(shop, audience=start.id, step="exclude", max_recency_days=60)
    assert rows(shop, cut) == [row for row in before if row not in recent]
    assert cut.fact("customers_before").value == len(before)
    assert cut.fact("left").value == len(recent & set(before))
    assert cut.fact("joined").value == 0
    more = build(shop, step="add", max_recency_days=60)
    assert more.recipe.parents == {"audience": cut.id}
    assert rows(shop, more) == sorted(set(rows(shop, cut)) | recent)
    assert more.fact("joined").value == len(recent)


def test_narrowing_keeps_those_who_match(shop: Workspace) -> None:
    start = build(shop, min_orders=2)
    german = set(rows(shop, build(shop, country="DE")))
    assert rows(shop, build(shop, audience=start.id, step="narrow", country="DE")) == [
        row for row in rows(shop, start) if row in german
    ]


def test_only_those_who_agreed_and_can_be_reached_count_as_contactable(
    shop: Workspace, frames: dict[Table, pd.DataFrame]
) -> None:
    finding = build(shop)
    customers = frames[Table.CUSTOMERS]
    sms = Subject(SubjectKind.CHANNEL, "sms")
    agreed, stopped = customers["sms_consent"] == "granted", customers["suppressed"]
    assert finding.fact("contactable", sms).value == (agreed & ~stopped & customers["phone"].notna()).sum()
    assert finding.fact("suppressed", sms).value == (agreed & stopped).sum()
    assert finding.fact("without_address", sms).value == (agreed & ~stopped & customers["phone"].isna()).sum()
    assert finding.fact("unknown", sms).value == (~agreed).sum()
    legal = build(shop, consent="email")
    allowed = customers[(customers["email_consent"] == "granted") & ~stopped]["customer_row"].tolist()
    assert rows(shop, legal) == allowed


def test_who_agreed_is_told_of_everybody_who_matches_otherwise(
    shop: Workspace, frames: dict[Table, pd.DataFrame]
) -> None:
    legal = build(shop, consent="sms", min_orders=2)
    orders = frames[Table.ORDERS].groupby("customer_row").size()
    twice = frames[Table.CUSTOMERS]["customer_row"].isin(orders[orders >= 2].index)
    refused = frames[Table.CUSTOMERS]["sms_consent"] != "granted"
    assert legal.fact("matching_otherwise").value == twice.sum()
    assert legal.fact("unknown", Subject(SubjectKind.CHANNEL, "sms")).value == (twice & refused).sum()
    assert "reach_of_all" in {note.code for note in legal.notes}
    assert "reach_of_all" not in {note.code for note in build(shop, min_orders=2).notes}


def test_the_biggest_spenders_and_a_forecast_rank(shop: Workspace, frames: dict[Table, pd.DataFrame]) -> None:
    spend = frames[Table.ORDERS].groupby("customer_row")["net_amount"].sum()
    assert rows(shop, build(shop, top=10)) == sorted(spend.nlargest(10).index)
    predicted = pd.DataFrame({"customer_row": range(300), "predicted": [float(n % 50) for n in range(300)]})
    folder = shop.payload_folder("F2")
    Forecast(predicted).save(folder)
    from marketeer.tools.core.findings import Recipe

    recipe = Recipe(shop.dataset.snapshot, "predict", {}, "0")
    assert shop.ledger.reserve(recipe, "forecast") == "F2"
    shop.ledger.file(Finding("f").filed("F2", recipe))
    lowest = build(shop, forecast="F2", top=6, order="lowest")
    assert rows(shop, lowest) == [0, 50, 100, 150, 200, 250]


def test_a_segment_can_be_a_condition(shop: Workspace) -> None:
    finding = build(shop, segment="champions")
    segmentation = shop.ledger.get(finding.recipe.parents["segmentation"])
    assert finding.fact("customers").value == next(
        f.value for f in segmentation.facts if f.name == "customers" and f.subject.name == "champions"
    )


def test_nobody_matching_is_said(shop: Workspace) -> None:
    finding = build(shop, min_orders=100_000)
    assert finding.verdict is Verdict.INSUFFICIENT
    assert "nobody_left" in {note.code for note in finding.notes}


def test_a_step_without_conditions_asks_for_one(shop: Workspace) -> None:
    with pytest.raises(Retry, match="exclude"):
        build(shop, step="exclude")


def test_a_shop_without_consents_says_so(workspace: Workspace) -> None:
    with pytest.raises(Insufficient, match="sms_consent"):
        build(workspace, consent="sms")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("example", TOOL.examples, ids=lambda e: e.text)
def test_every_example_computes_and_is_worded(
    shop: Workspace, example: Any, language: str, frames: dict[Table, pd.DataFrame]
) -> None:
    args = dict(example.args)
    args |= {"country": "DE"} if "country" in args else {}
    args |= {"bought": "product 1", "not_bought": "product 2"} if "bought" in args else {}
    text = word_finding(build(shop, **args), language)
    assert "[F" in text
    assert "_" not in text.replace("/why", "")
