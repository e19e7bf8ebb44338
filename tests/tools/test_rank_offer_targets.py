from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Refused, Retry
from marketeer.tools.core.findings import DataLevel, FactKind, Finding, SubjectKind, Unit, Verdict
from marketeer.tools.core.payloads import Uplift
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.rank_offer_targets import TOOL
from marketeer.tools.segment_customers import TOOL as SEGMENT
from tests.shops import publish_shop, shop_frames, workspace_of
from tests.tools.targeting.planted import campaign_frames, campaign_workspace

MOVED = {"moved": (0.05, 0.15), "sure": (0.30, 0.30), "still": (0.02, 0.02)}


def _by_area(folder: Path, frames: dict[Table, pd.DataFrame], **args: object) -> Finding:
    workspace = campaign_workspace(folder, frames, Ports(vocabulary=PromptVocabulary()))
    return run(TOOL, {"by": "area", "margin_percent": 40, **args}, workspace)


def _value(finding: Finding, name: str, group: str) -> float:
    found = [f for f in finding.facts if f.name == name and f.subject.name == f"area={group}"]
    assert isinstance(found[0].value, int | float)
    return float(found[0].value)


def test_the_group_that_is_moved_is_recommended_and_not_the_one_that_responds_most(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED))
    assert finding.quality.level is DataLevel.A
    assert finding.verdict is Verdict.OK
    assert finding.fact("recommended") is not None
    assert finding.fact("recommended").value == "area=moved"  # type: ignore[union-attr]  # just asserted
    decisions = {f.subject.name: f.value for f in finding.facts if f.name == "decision"}
    assert decisions["area=sure"] == decisions["area=still"] == "leave_out"
    assert ("response_misleads", {"group": "area=sure"}) in [(n.code, dict(n.params)) for n in finding.notes]


def test_figures_equal_those_counted_by_hand(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    finding = _by_area(tmp_path, frames, contact_cost=0.05)
    sends = frames[Table.SENDS].merge(frames[Table.CUSTOMERS][["customer_row", "attr_area"]])
    part = sends[sends["attr_area"] == "moved"]
    treated, control = (part[part["arm"] == arm]["ordered"].mean() for arm in ("treated", "control"))
    order = part["revenue"].sum() / part["ordered"].sum()
    margin, discount = 0.4 * order, 0.1 * order
    assert _value(finding, "response_treated", "moved") == pytest.approx(100 * treated)
    assert _value(finding, "uplift", "moved") == pytest.approx(100 * (treated - control))
    assert _value(finding, "break_even_lift", "moved") == pytest.approx(
        100 * (control * discount + 0.05) / (margin - discount)
    )
    assert _value(finding, "subsidy_per_1000", "moved") == pytest.approx(1000 * control * discount)
    by_hand = 1000 * (treated * (margin - discount) - control * margin - 0.05)
    assert _value(finding, "profit_per_1000", "moved") == pytest.approx(by_hand, rel=0.05)


def test_only_those_who_consented_count_as_reachable(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, people=500)
    finding = _by_area(tmp_path, frames)
    customers = frames[Table.CUSTOMERS]
    said_yes = customers[(customers["attr_area"] == "moved") & (customers["email_consent"] == "granted")]
    assert _value(finding, "customers", "moved") == 500
    assert _value(finding, "reachable", "moved") == len(said_yes)


def test_where_nothing_is_moved_no_group_wins(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames({"a": (0.1, 0.1), "b": (0.2, 0.2), "c": (0.05, 0.05)}))
    assert finding.fact("recommended") is None
    assert "no_winner" in [note.code for note in finding.notes]
    assert finding.verdict is Verdict.WEAK


def test_a_campaign_that_was_not_randomised_shows_responses_only(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED, assignment="not_randomised"))
    assert finding.quality.level is DataLevel.B
    assert finding.verdict is Verdict.INSUFFICIENT
    assert not [f for f in finding.facts if f.name in ("uplift", "profit_per_1000", "recommended")]


def test_arms_that_were_unlike_before_lose_their_claim_to_be_randomised(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    age = frames[Table.CUSTOMERS]["attr_age"].to_numpy()
    frames[Table.SENDS]["arm"] = np.where(age + np.arange(age.size) % 7 > 50, "treated", "control")
    finding = _by_area(tmp_path, frames)
    assert finding.quality.level is DataLevel.B
    assert "arms_unlike" in [note.code for note in finding.notes]


def test_a_contaminated_control_group_is_noticed(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    spoilt = frames[Table.SENDS].query("arm == 'control'").head(500).assign(arm="treated")
    frames[Table.SENDS] = pd.concat([frames[Table.SENDS], spoilt])
    finding = _by_area(tmp_path, frames)
    assert finding.quality.level is DataLevel.B
    assert "control_contaminated" in [note.code for note in finding.notes]


def test_a_campaign_of_one_arm_shows_responses_only(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, people=800)
    frames[Table.SENDS] = frames[Table.SENDS].query("arm == 'treated'")
    finding = _by_area(tmp_path, frames)
    assert finding.quality.level is DataLevel.B
    assert finding.verdict is Verdict.INSUFFICIENT
    assert "no_winner" in [note.code for note in finding.notes]


def test_where_the_discount_is_above_the_margin_nobody_is_sent_to(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED), margin_percent=8, discount_percent=10)
    assert {f.value for f in finding.facts if f.name == "decision"} <= {"leave_out", "test"}
    assert finding.fact("recommended") is None
    assert not [f for f in finding.facts if f.name == "break_even_lift"]


def test_the_contact_cost_is_that_of_the_channel(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, people=800)
    dear = frames[Table.SENDS].assign(campaign_id="texts", contact_cost=0.5)
    named = frames[Table.CAMPAIGNS].assign(campaign_id="texts", campaign_name="Texts")
    frames[Table.CAMPAIGNS] = pd.concat(
        [frames[Table.CAMPAIGNS].assign(channel="email"), named.assign(channel="sms")], ignore_index=True
    )
    frames[Table.SENDS] = pd.concat([frames[Table.SENDS], dear], ignore_index=True)
    costs = {}
    for channel in ("email", "sms"):
        cost = _by_area(tmp_path / channel, frames, channel=channel).fact("contact_cost")
        assert cost is not None
        costs[channel] = cost.value
    assert costs == {"email": pytest.approx(0.05), "sms": pytest.approx(0.5)}


def test_an_arm_of_three_people_is_too_few(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    control = frames[Table.SENDS]["arm"] == "control"
    frames[Table.SENDS] = pd.concat([frames[Table.SENDS][~control], frames[Table.SENDS][control].head(3)])
    with pytest.raises(Insufficient, match="3 people"):
        _by_area(tmp_path, frames)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"campaign": "easter"}, "Spring offer"),
        ({"margin_percent": -5}, "margin_percent"),
        ({"contact_cost": -1}, "contact_cost"),
        ({"arm": "purple"}, "treated"),
        ({"offer": "absolute"}, "amount"),
        ({"by": "eara"}, "area"),
        ({"segment": "mved"}, "moved"),
    ],
)
def test_wrong_arguments_are_answered_with_what_would_work(
    tmp_path: Path, args: dict[str, object], said: str
) -> None:
    with pytest.raises(Retry, match=said):
        _by_area(tmp_path, campaign_frames(MOVED, people=200), **args)


def _with_segments(workspace: Workspace) -> Workspace:
    return replace(workspace, runner=CatalogRunner(lambda: (SEGMENT, TOOL), workspace))


def test_orders_alone_give_hurdles_and_a_test_but_never_a_winner(workspace: Workspace) -> None:
    finding = run(TOOL, {"discount_percent": 15, "margin_percent": 40}, _with_segments(workspace))
    assert finding.quality.level is DataLevel.C
    assert finding.verdict is Verdict.INSUFFICIENT
    names = {fact.name for fact in finding.facts}
    assert {"base_rate", "subsidy_per_1000", "break_even_lift", "detectable_lift"} <= names
    assert "recommended" not in names
    scenarios = [f for f in finding.facts if f.name.startswith("profit_per_contact_if")]
    assert scenarios
    assert all(fact.kind is FactKind.SCENARIO for fact in scenarios)
    assert {"no_winner", "no_effect_known"} <= {note.code for note in finding.notes}


def test_base_rates_are_counted_after_an_earlier_cut_off(workspace: Workspace) -> None:
    finding = run(TOOL, {"horizon_days": 60}, _with_segments(workspace))
    dataset = workspace.dataset
    cut = pd.Timestamp(dataset.need_as_of()) - pd.Timedelta(days=60) + pd.Timedelta(days=1)
    orders = dataset.frame("SELECT customer_row, ordered_at FROM orders")
    before = orders.loc[orders["ordered_at"] < cut, "customer_row"].unique()
    after = orders.loc[orders["ordered_at"] >= cut, "customer_row"].unique()
    shop = next(f for f in finding.facts if f.name == "base_rate" and f.subject.kind is SubjectKind.SHOP)
    assert shop.value == pytest.approx(100 * np.isin(before, after).mean())
    assert shop.unit is Unit.PERCENT


def test_campaigns_are_read_by_the_segments_of_their_own_day(tmp_path: Path) -> None:
    frames = _shop_with_a_campaign_that_only_makes_orders()
    workspace = _with_segments(workspace_of(tmp_path, publish_shop(tmp_path, frames)))
    finding = run(TOOL, {"margin_percent": 50}, workspace)
    tested = {f.subject.name: f.value for f in finding.facts if f.name == "tested" and f.subject.name}
    assert sum(int(n) for n in tested.values()) == len(frames[Table.SENDS])
    lifts = [f.value for f in finding.facts if f.name == "uplift" and f.subject.name]
    assert np.average(lifts) == pytest.approx(20, abs=8)


def _shop_with_a_campaign_that_only_makes_orders() -> dict[Table, pd.DataFrame]:
    frames = shop_frames(customers=1500)
    random = np.random.default_rng(1)
    sent = pd.Timestamp("2025-06-01")
    orders = frames[Table.ORDERS]
    known = np.sort(orders.loc[orders["ordered_at"] < sent, "customer_row"].unique())
    treated = random.random(known.size) < 0.5
    moved = treated & (random.random(known.size) < 0.2)
    extra = pd.DataFrame(
        {
            "customer_row": known[moved],
            "ordered_at": sent + pd.Timedelta(days=3),
            "order_id": [f"X{n}" for n in range(moved.sum())],
            "order_kind": "sale",
            "gross_amount": 60.0,
            "net_amount": 60.0,
        }
    )
    frames[Table.ORDERS] = pd.concat([orders, extra]).sort_values("ordered_at", ignore_index=True)
    frames[Table.CAMPAIGNS] = pd.DataFrame(
        {
            "campaign_id": ["june"],
            "sent_at": [sent],
            "offer": ["percent"],
            "offer_percent": [10.0],
            "assignment": ["randomised"],
        }
    )
    frames[Table.SENDS] = pd.DataFrame(
        {
            "campaign_id": "june",
            "customer_row": known,
            "arm": np.where(treated, "treated", "control"),
            "ordered": moved,
        }
    )
    return frames


def test_the_ranking_leaves_the_expected_profits_for_other_tools(tmp_path: Path) -> None:
    workspace = campaign_workspace(tmp_path, campaign_frames(MOVED))
    finding = run(TOOL, {"by": "area", "margin_percent": 40}, workspace)
    left = workspace.require(Uplift, finding.id).frame
    assert left["segment"].tolist()[0] == "moved"
    assert (left["low"] < left["effect"]).all()


def test_visits_can_count_instead_of_profit(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED), objective="visits", segment="sure")
    assert finding.title == "offer_targets_visits"
    assert finding.fact("asked_about").value == "area=sure"  # type: ignore[union-attr]  # given above


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args", [{}, {"segment": "sure"}, {"objective": "orders", "segment": "moved"}, {"margin_percent": 8}]
)
def test_every_kind_of_answer_can_be_worded(tmp_path: Path, language: str, args: dict[str, object]) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED, people=600), **args)
    assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_from_orders_alone_can_be_worded(workspace: Workspace, language: str) -> None:
    finding = run(TOOL, {"segment": "champions"}, _with_segments(workspace))
    assert "[F" in word_finding(finding, language)  # type: ignore[arg-type]  # parametrised


def test_coupons_go_to_the_most_profitable_group_first(tmp_path: Path) -> None:
    planted = {"moved": (0.05, 0.2), "less": (0.05, 0.13), "sure": (0.3, 0.3)}
    finding = _by_area(tmp_path, campaign_frames(planted), max_contacts=3000)
    given = {f.subject.name: int(f.value) for f in finding.facts if f.name == "allocated"}
    reachable = _value(finding, "reachable", "moved")
    assert given["area=moved"] == reachable - round(reachable * 0.1)
    assert sum(given.values()) == 3000
    assert "area=sure" not in given


def test_a_budget_is_not_exceeded(tmp_path: Path) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED), budget=200)
    cost = finding.fact("allocation_cost")
    assert cost is not None
    assert 190 < float(str(cost.value)) <= 200


def test_customers_can_be_ranked_by_predicted_effect(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    workspace = campaign_workspace(tmp_path, frames, Ports(vocabulary=PromptVocabulary()))
    finding = run(TOOL, {"per_customer": True, "margin_percent": 40}, workspace)
    assert finding.quality.beats_baseline
    top = [f.value for f in finding.facts if f.name == "uplift" and f.subject.name == "effect_1"]
    assert float(str(top[0])) == pytest.approx(10, abs=3)
    assert {view.code for view in finding.views} >= {"targets", "models"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_limits_and_predicted_effects_can_be_worded(tmp_path: Path, language: str) -> None:
    args = {"per_customer": True, "margin_percent": 40, "max_contacts": 100, "budget": 50.0}
    workspace = campaign_workspace(tmp_path, campaign_frames(MOVED, people=1500))
    assert "[F1" in word_finding(run(TOOL, args, workspace), language)  # type: ignore[arg-type]  # parametrised


def test_a_price_by_a_protected_trait_is_refused_with_the_reason(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, people=100)
    frames[Table.CUSTOMERS] = frames[Table.CUSTOMERS].rename(columns={"attr_area": "attr_gender"})
    with pytest.raises(Refused, match="gender"):
        run(TOOL, {"by": "gender"}, campaign_workspace(tmp_path, frames))


def test_with_orders_alone_a_limit_is_shared_out_as_a_what_if_only(workspace: Workspace) -> None:
    args = {"discount_percent": 5, "margin_percent": 60, "contact_cost": 0.0, "max_contacts": 50}
    finding = run(TOOL, args, _with_segments(workspace))
    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.fact("recommended") is None
    given = [fact for fact in finding.facts if fact.name == "contacts_if"]
    assert sum(int(str(fact.value)) for fact in given) == 50
    assert all(fact.kind is FactKind.SCENARIO for fact in given)
    best = max(_scenario(finding, "profit_per_contact_if_plus_20").items(), key=lambda one: one[1])
    assert next(iter(given)).subject.name in _scenario(finding, "profit_per_contact_if_plus_20")
    assert best[1] == pytest.approx(max(_scenario(finding, "profit_per_contact_if").values()))


def _scenario(finding: Finding, name: str) -> dict[str, float]:
    return {f.subject.name: float(str(f.value)) for f in finding.facts if f.name == name and f.subject.name}


def test_a_limit_is_for_a_test_where_no_segment_would_pay_even_so(workspace: Workspace) -> None:
    args = {"discount_percent": 39, "margin_percent": 40, "max_contacts": 50}
    finding = run(TOOL, args, _with_segments(workspace))
    assert "limits_no_use" in [note.code for note in finding.notes]
    assert finding.fact("contacts_limit") is not None


@pytest.mark.parametrize(
    ("frames", "args", "code"),
    [
        ({"assignment": "not_randomised"}, {"max_contacts": 50}, "limits_need_effect"),
        ({}, {"budget": 50.0, "objective": "visits"}, "limits_need_profit"),
    ],
)
def test_a_limit_that_cannot_be_shared_out_is_never_silent(
    tmp_path: Path, frames: dict[str, str], args: dict[str, object], code: str
) -> None:
    finding = _by_area(tmp_path, campaign_frames(MOVED, people=800, **frames), **args)  # type: ignore[arg-type]  # texts
    assert code in [note.code for note in finding.notes]
    for language in ("en", "zh"):
        assert "[F1" in word_finding(finding, language)


def test_whoever_got_a_campaign_this_week_is_left_in_peace(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, people=800)
    frames[Table.CAMPAIGNS]["sent_at"] = pd.Timestamp("2026-03-01")
    frames[Table.ORDERS] = pd.DataFrame(
        {
            "customer_row": [0],
            "ordered_at": [pd.Timestamp("2026-03-05")],
            "order_id": ["X"],
            "order_kind": ["sale"],
            "gross_amount": [10.0],
            "net_amount": [10.0],
        }
    )
    finding = _by_area(tmp_path, frames, order_value=50)
    sends = frames[Table.SENDS].merge(frames[Table.CUSTOMERS])
    free = sends[(sends["arm"] == "control") & (sends["email_consent"] == "granted")]
    assert _value(finding, "reachable", "moved") == (free["attr_area"] == "moved").sum()
    resting = finding.fact("contacted_lately")
    assert resting is not None
    assert resting.value == (sends["arm"] == "treated").sum()
    assert "contacted_lately" in [note.code for note in finding.notes]


def test_revenue_can_count_instead_of_profit(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED)
    finding = _by_area(tmp_path, frames, objective="revenue", segment="sure")
    sends = frames[Table.SENDS].merge(frames[Table.CUSTOMERS][["customer_row", "attr_area"]])
    mean = sends[sends["attr_area"] == "moved"].groupby("arm")["revenue"].mean()
    assert _value(finding, "revenue_lift", "moved") == pytest.approx(mean["treated"] - mean["control"])
    winner = finding.fact("recommended")
    assert winner is not None
    assert winner.value == "area=moved"
    for language in ("en", "zh"):
        assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # both are languages


def test_where_nobody_spends_more_no_group_wins_by_revenue(tmp_path: Path) -> None:
    frames = campaign_frames({"a": (0.1, 0.1), "b": (0.2, 0.2)}, people=1500)
    finding = _by_area(tmp_path, frames, objective="revenue")
    assert finding.fact("recommended") is None
    for language in ("en", "zh"):
        assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # both are languages
