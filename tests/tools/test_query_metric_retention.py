"""Retention split by who the customers are, or where they first bought, counted again with pandas."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Subject, SubjectKind
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.query_metric import TOOL
from tests.shops import publish_shop, shop_frames, workspace_of

STEPS = (1, 2, 3, 6, 12)


def ask(workspace: Workspace, **args: Any) -> Finding:
    return run(TOOL, {"measures": ["retention"], **args}, workspace)


@pytest.fixture(scope="module")
def frames() -> dict[Table, pd.DataFrame]:
    made = shop_frames(customers=300)
    orders = made[Table.ORDERS]
    channels = np.random.default_rng(3).choice(["web", "store", "app"], len(orders), p=[0.7, 0.25, 0.05])
    return {**made, Table.ORDERS: orders.assign(channel=channels)}


@pytest.fixture(scope="module")
def shop(frames: dict[Table, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shop")
    return workspace_of(folder, publish_shop(folder, frames))


def by_hand(
    orders: pd.DataFrame, groups: pd.Series, as_of: pd.Timestamp
) -> dict[tuple[str, int], tuple[float, int]]:
    """Group and month after → share back and how many could be followed; `groups` is by customer row."""
    sales = orders[(orders["order_kind"] == "sale") & orders["customer_row"].notna()]
    month = sales["ordered_at"].dt.to_period("M")
    first = month.groupby(sales["customer_row"]).min()
    last_whole = pd.Period(as_of + pd.Timedelta(days=1), "M") - 1
    seen = set(zip(sales["customer_row"], month, strict=True))
    found = {}
    for name, members in groups.groupby(groups):
        for step in STEPS:
            followed = [c for c in members.index if c in first.index and first[c] + step <= last_whole]
            if followed:
                back = sum((c, first[c] + step) in seen for c in followed)
                found[str(name), step] = (100 * back / len(followed), len(followed))
    return found


def told(finding: Finding, kind: SubjectKind) -> dict[tuple[str, int], tuple[float, int]]:
    facts = {(f.subject, f.name): f.value for f in finding.facts if f.subject.kind is kind}
    return {
        (subject.name, step): (
            facts[subject, f"retained_month_{step}"],
            facts[subject, f"followed_month_{step}"],
        )
        for subject, name in facts
        for step in STEPS
        if name == f"retained_month_{step}"
    }


def same(got: dict[Any, tuple[float, int]], expected: dict[Any, tuple[float, int]]) -> bool:
    assert got.keys() == expected.keys()
    return all(got[key] == pytest.approx(value) for key, value in expected.items())


def test_retention_by_channel_is_by_the_channel_of_the_first_sale(
    shop: Workspace, frames: dict[Table, pd.DataFrame]
) -> None:
    finding = ask(shop, by="channel")
    orders = frames[Table.ORDERS].sort_values(["ordered_at", "order_id"])
    groups = orders.groupby("customer_row")["channel"].first()
    as_of = pd.Timestamp(shop.dataset.need_as_of())
    assert same(told(finding, SubjectKind.CHANNEL), by_hand(orders, groups, as_of))


@pytest.mark.parametrize(("by", "column"), [("country", "country"), ("attribute", "attr_tier")])
def test_retention_by_country_or_attribute_is_by_the_customer(
    by: str, column: str, shop: Workspace, frames: dict[Table, pd.DataFrame]
) -> None:
    finding = ask(shop, by=by, **({"attribute": "tier"} if by == "attribute" else {}))
    groups = frames[Table.CUSTOMERS].set_index("customer_row")[column].astype(str)
    as_of = pd.Timestamp(shop.dataset.need_as_of())
    kept = {key: value for key, value in told(finding, SubjectKind.GROUP).items() if key[0] in set(groups)}
    assert same(kept, by_hand(frames[Table.ORDERS], groups, as_of))
    assert finding.views[0].code == f"by_{by}"


def test_groups_add_up_to_everybody(shop: Workspace) -> None:
    split, whole = ask(shop, by="channel"), ask(shop)
    total = next(f.subject for f in whole.facts if f.name == "cohort_customers")
    parts = [
        f.value for f in split.facts if f.name == "cohort_customers" and f.subject.kind is SubjectKind.CHANNEL
    ]
    assert sum(parts) == whole.fact("cohort_customers", total).value
    for step in STEPS:
        name = f"retained_month_{step}"
        expected = whole.fact(name, total)
        if expected is not None:
            assert split.fact(name, total).value == pytest.approx(expected.value)


def test_retention_by_segment_takes_the_current_segmentation(shop: Workspace) -> None:
    from marketeer.tools import load_tool
    from marketeer.tools.core.running import CatalogRunner
    from marketeer.tools.core.workspace import Ports

    tools = (load_tool("segment_customers"), TOOL)
    whole = Workspace(shop.folder, shop.dataset, shop.ledger, Ports(), CatalogRunner(lambda: tools, shop))
    finding = ask(whole, by="segment")
    sizes = [
        f for f in finding.facts if f.name == "cohort_customers" and f.subject.kind is SubjectKind.SEGMENT
    ]
    assert len(sizes) > 1
    everybody = next(
        f for f in finding.facts if f.name == "cohort_customers" and f.subject.kind is not SubjectKind.SEGMENT
    )
    assert sum(f.value for f in sizes) == everybody.value


def test_rates_of_few_customers_are_marked(shop: Workspace) -> None:
    finding = ask(shop, by="channel")
    few = {
        f.subject.name
        for f in finding.facts
        if f.name.startswith("followed_month_") and f.value < 30 and f.subject.kind is SubjectKind.CHANNEL
    }
    assert "app" in few
    assert {note.params["name"] for note in finding.notes if note.code == "few_in_group"} == few


def test_small_cohorts_are_marked(shop: Workspace) -> None:
    finding = ask(shop, by="month")
    few = [
        f.subject.name
        for f in finding.facts
        if f.name == "cohort_customers" and f.subject.kind is SubjectKind.PERIOD and f.value < 30
    ]
    (note,) = [note for note in finding.notes if note.code == "few_in_cohort"]
    assert note.params["name"].split(", ") == few


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_split_retention_is_worded(language: str, shop: Workspace) -> None:
    text = word_finding(ask(shop, by="channel"), language)
    assert "Web" in text
    assert "[F" in text


def test_what_cannot_be_split_by_is_said(shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(Retry, match="segment"):
        ask(shop, by="product")
    bare = workspace_of(tmp_path, publish_shop(tmp_path, shop_frames(customers=20)))
    with pytest.raises(Insufficient, match="channel"):
        ask(bare, by="channel")


def test_a_group_of_nobody_followed_has_no_rate(tmp_path: Path) -> None:
    made = shop_frames(customers=4)
    days = pd.to_datetime(["2025-01-03", "2025-02-03", "2025-03-30"])
    orders = (
        made[Table.ORDERS].head(3).assign(customer_row=[0, 0, 1], ordered_at=days, channel=["a", "b", "b"])
    )
    shop = workspace_of(tmp_path, publish_shop(tmp_path, {**made, Table.ORDERS: orders}))
    finding = ask(shop, by="channel")
    late = Subject(SubjectKind.CHANNEL, "b")
    assert finding.fact("cohort_customers", late).value == 1
    assert finding.fact("retained_month_1", late) is None
    assert finding.fact("retained_month_1", Subject(SubjectKind.CHANNEL, "a")).value == 100
