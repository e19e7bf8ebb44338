import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.agent.assembly import display_names
from marketeer.agent.grounding import ground
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SHOP, FactKind, Note, Subject, SubjectKind, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segment_customers import TOOL
from marketeer.tools.segmentation.families import families
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod
from marketeer.tools.warehouse.features import customer_features
from tests.shops import publish_shop, shop_frames, workspace_of


def test_no_arguments_give_rfm_segments_that_add_up(workspace: Workspace) -> None:
    finding = run(TOOL, {}, workspace)
    payload = workspace.require(Segmentation)
    frames = shop_frames()
    assert len(payload.frame) == frames[Table.CUSTOMERS].shape[0]
    assert finding.views[0].code == "segments"
    assert tuple(row.name for row in finding.views[0].rows) == payload.segments
    counts = payload.frame["segment"].value_counts()
    spent = frames[Table.ORDERS].groupby("customer_row")["net_amount"].sum()
    by_segment = payload.frame.set_index("customer_row")["segment"]
    for code in payload.segments:
        assert finding.fact("customers", segment(code)).value == counts[code]
        expected = spent[by_segment[by_segment == code].index].sum()
        assert finding.fact("revenue", segment(code)).value == pytest.approx(expected)
    assert finding.fact("customers", SHOP).value == counts.sum()
    shares = [finding.fact("share_of_revenue", segment(code)).value for code in payload.segments]
    assert sum(shares) == pytest.approx(100)
    revenues = [finding.fact("revenue", segment(code)).value for code in payload.segments]
    assert revenues == sorted(revenues, reverse=True)


@pytest.mark.parametrize(
    "args",
    [{}, {"scheme": "klaviyo"}, {"scheme": "eight_groups"}, {"method": "kmeans"}, {"method": "value_bands"}],
)
def test_the_same_arguments_give_the_same_figures(workspace: Workspace, args: dict[str, str]) -> None:
    assert replay(run(TOOL, args, workspace), TOOL, workspace).agrees


def test_as_of_counts_nothing_later(workspace: Workspace) -> None:
    finding = run(TOOL, {"as_of": "2024-06-30"}, workspace)
    orders = shop_frames()[Table.ORDERS]
    before = orders[orders["ordered_at"] < pd.Timestamp("2024-07-01")]
    assert finding.fact("customers").value == before["customer_row"].nunique()
    assert finding.fact("revenue").value == pytest.approx(before["net_amount"].sum())
    assert finding.fact("as_of").value == date(2024, 6, 30)


def test_chosen_clusters_show_every_candidate_and_their_figures(workspace: Workspace) -> None:
    finding = run(TOOL, {"method": "kmeans"}, workspace)
    candidates = next(view for view in finding.views if view.code == "candidates")
    assert [row.name for row in candidates.rows] == [f"k = {k}" for k in range(2, 11)]
    assert finding.quality.stability is not None


def test_clusters_of_attributes_need_no_orders(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    groups = np.repeat([0.0, 30.0], 60)
    customers = pd.DataFrame(
        {
            "customer_row": np.arange(120),
            "customer_id": [f"C{n}" for n in range(120)],
            "attr_age": 20 + groups + random.normal(0, 1, 120),
        }
    )
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, {Table.CUSTOMERS: customers}))
    finding = run(TOOL, {"method": "kmeans", "features": ["age"], "k": 2}, workspace)
    payload = workspace.require(Segmentation)
    assert [finding.fact("customers", segment(code)).value for code in payload.segments] == [60, 60]
    assert any(note.code == "clear_clusters" for note in finding.notes)
    with pytest.raises(Insufficient, match="age"):
        run(TOOL, {}, workspace)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"scheme": "eight_groups", "since": "2025-03-31"},
        {"method": "kmeans"},
        {"method": "natural"},
        {"method": "value_bands"},
        {"method": "purchase_processes", "k": 2},
        {"method": "hdbscan", "scaling": "yeo_johnson"},
        {"method": "compare"},
        {"moved_from": "loyal", "moved_to": "at risk", "since": "2025-06"},
        {"moved_from": "loyal"},
        {"moved_to": "At Risk", "since": "last_90_days"},
    ],
)
def test_every_number_it_is_worded_with_rests_on_a_fact(
    workspace: Workspace, language: Language, args: dict[str, object]
) -> None:
    finding = run(TOOL, args, workspace)
    text = word_finding(finding, language)
    assert f"[{finding.fact('customers').id}]" in text
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)
    checked = ground(text, [finding], "", display_names)
    assert checked.bound
    assert not checked.unverified


def test_a_comparison_shows_every_method_and_takes_one_of_them(workspace: Workspace) -> None:
    finding = run(TOOL, {"method": "compare", "k": 3}, workspace)
    view = next(view for view in finding.views if view.code == "comparison")
    named = {row.name for row in view.rows}
    assert named == {*families(), "purchase_processes", "rfm_quintiles", "value_bands"}
    best = next(note for note in finding.notes if note.code.startswith("best_"))
    assert best.params["model"] in named
    assert replay(finding, TOOL, workspace).agrees


def test_moves_since_an_earlier_day_add_up(workspace: Workspace) -> None:
    finding = run(TOOL, {"since": "2025-03-31"}, workspace)
    orders = shop_frames()[Table.ORDERS]
    before = orders.loc[orders["ordered_at"] < pd.Timestamp("2025-04-01"), "customer_row"].nunique()
    assert finding.fact("customers_before", SHOP).value == before
    flows = next(view for view in finding.views if view.code == "flows")
    for row in flows.rows:
        had, came, left, new = (
            finding.fact(name, row).value for name in ("customers_before", "arrived", "left", "joined")
        )
        now = finding.fact("customers", row)
        assert had + came - left + new == (now.value if now else 0)


def test_moves_asked_for_are_answered_also_when_nobody_made_them(workspace: Workspace) -> None:
    asked = {"moved_from": "Loyal", "moved_to": "at-risk", "since": "2025-03-31"}
    finding = run(TOOL, asked, workspace)
    method, now = RfmMethod(SCHEMES["quintiles"]), customer_features(workspace.dataset)
    fitted = method.fit(now)
    then = customer_features(workspace.dataset, date(2025, 3, 31))
    was = pd.Series(fitted.assign(then), index=then["customer_row"])
    became = pd.Series(fitted.assign(now), index=now["customer_row"])[was.index]
    loyal, at_risk = (method.scheme.segments.index(code) for code in ("loyal", "at_risk"))
    pair = Subject(SubjectKind.SEGMENT, "at_risk", segment("loyal"))
    assert finding.fact("moved", pair).value == ((was == loyal) & (became == at_risk)).sum() > 0
    assert [view.rows for view in finding.views if view.code == "moves"] == [(pair,)]
    assert Note("asked_before_now", {"before": "loyal", "now": "at_risk"}) in finding.notes
    never = run(TOOL, {**asked, "moved_from": "new customers", "moved_to": "lost"}, workspace)
    assert never.fact("moved", Subject(SubjectKind.SEGMENT, "lost", segment("new_customers"))).value == 0
    with pytest.raises(Retry) as caught:
        run(TOOL, {**asked, "moved_to": "the bored"}, workspace)
    assert caught.value.code == "unknown_segment"


def test_since_a_period_compares_with_the_day_before_it(workspace: Workspace) -> None:
    by_month = run(TOOL, {"since": "2025-06"}, workspace)
    assert by_month.fact("compared_with").value == date(2025, 5, 31)
    assert run(TOOL, {"since": "2025-05-31"}, workspace).facts == tuple(
        replace(fact, id=fact.id.replace(by_month.id, "F2")) for fact in by_month.facts
    )
    unsaid = run(TOOL, {"moved_from": "loyal"}, workspace).fact("compared_with")
    assert unsaid.value == workspace.dataset.need_as_of() - timedelta(days=91)
    assert unsaid.kind is FactKind.ASSUMED


def test_a_previous_run_gives_its_names_and_shows_who_moved(tmp_path: Path) -> None:
    frames = shop_frames()
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, frames, snapshot="first"))
    first = run(TOOL, {"method": "kmeans", "k": 3, "as_of": "2025-09-30"}, workspace)
    later = workspace_of(tmp_path, publish_shop(tmp_path, frames, snapshot="second"))
    finding = run(TOOL, {"method": "kmeans", "k": 3, "previous": first.id}, later)
    assert set(later.require(Segmentation).segments) == {row.name for row in first.views[0].rows}
    drifts = [fact.value for fact in finding.facts if fact.name == "drift"]
    assert len(drifts) == 3
    assert max(drifts) < 1
    assert finding.fact("customers_before", SHOP).value == first.fact("customers").value
    with pytest.raises(Retry, match="F99"):
        run(TOOL, {"previous": "F99"}, later)


def test_the_same_clustering_on_refreshed_data_keeps_its_names_and_says_how_far_it_drifted(
    tmp_path: Path,
) -> None:
    frames = shop_frames()
    early = frames[Table.ORDERS][frames[Table.ORDERS]["ordered_at"] < "2025-10-01"]
    tables = {Table.CUSTOMERS: frames[Table.CUSTOMERS], Table.ORDERS: early}
    before = workspace_of(tmp_path, publish_shop(tmp_path, tables, snapshot="before"))
    args = {"method": "kmeans", "k": 3}
    first = run(TOOL, args, before)
    run(TOOL, {"method": "kmeans", "k": 4}, before)
    tables[Table.ORDERS] = frames[Table.ORDERS]
    now = workspace_of(tmp_path, publish_shop(tmp_path, tables, snapshot="now"))
    finding = run(TOOL, args, now)
    assert finding.recipe is not None
    assert finding.recipe.args["previous"] == first.id
    assert {row.name for row in finding.views[0].rows} == {row.name for row in first.views[0].rows}
    drifts = {row.name: finding.fact("drift", row).value for row in finding.views[0].rows}
    assert finding.fact("largest_drift").value == max(drifts.values()) > 0
    assert "continued" in {note.code for note in finding.notes}
    flows = next(view for view in finding.views if view.code == "flows")
    assert flows.columns[-1] == "drift"
    assert run(TOOL, args, now).id == finding.id
    assert replay(finding, TOOL, now).agrees
    for language in ("en", "zh"):
        assert not ground(word_finding(finding, language), [finding], "", display_names).unverified


def test_neither_schemes_nor_another_shop_are_continued(tmp_path: Path) -> None:
    frames = shop_frames()
    early = frames[Table.ORDERS][frames[Table.ORDERS]["ordered_at"] < "2025-10-01"]
    tables = {Table.CUSTOMERS: frames[Table.CUSTOMERS], Table.ORDERS: early}
    before = workspace_of(tmp_path, publish_shop(tmp_path, tables, snapshot="before"))
    for args in ({}, {"method": "kmeans", "k": 3}):
        run(TOOL, args, before)
    tables[Table.ORDERS] = frames[Table.ORDERS]
    tables[Table.CUSTOMERS] = tables[Table.CUSTOMERS].assign(customer_id=[f"X{n}" for n in range(300)])
    other = workspace_of(tmp_path, publish_shop(tmp_path, tables, snapshot="other"))
    for args in ({}, {"method": "kmeans", "k": 3}):
        assert run(TOOL, args, other).fact("customers_before") is None


@pytest.mark.parametrize("k", [3, None])
def test_rows_in_another_order_are_grouped_the_same(tmp_path: Path, k: int | None) -> None:
    frames = shop_frames()
    one = workspace_of(tmp_path / "a", publish_shop(tmp_path / "a", frames))
    mixed = {table: frame.sample(frac=1, random_state=1) for table, frame in frames.items()}
    other = workspace_of(tmp_path / "b", publish_shop(tmp_path / "b", mixed))
    args = {"method": "kmeans", "k": k}
    assert run(TOOL, args, one).facts == run(TOOL, args, other).facts
