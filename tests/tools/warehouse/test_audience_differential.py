"""Audiences of any conditions and steps against plain sets and pandas."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer.tools.build_audience import TOOL
from marketeer.tools.core.columns import Table
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Verdict
from marketeer.tools.core.payloads import Audience
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.features import customer_features
from marketeer.tools.warehouse.selection import Selection, chosen_sql
from tests.tools.warehouse.plain_metrics import Plain
from tests.tools.warehouse.random_conditions import conditions, shop, spoken

STEPS = ("narrow", "exclude", "add")
EMAIL = Subject(SubjectKind.CHANNEL, "email")


def rows(workspace: Workspace, finding: Finding) -> set[int]:
    return set(workspace.require(Audience, finding.id).rows.tolist())


def top_spenders(plain: Plain, among: set[int], count: int | None) -> set[int]:
    if count is None:
        return among
    spend = (
        plain.frames[Table.ORDERS].dropna(subset="customer_row").groupby("customer_row")["net_amount"].sum()
    )
    known = spend[spend.index.isin(among)].round(4).sort_index().sort_values(ascending=False, kind="stable")
    return set(known.index[:count].astype(int))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    first=conditions(),
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), conditions(), st.none() | st.none() | st.integers(1, 8)),
        min_size=1,
        max_size=2,
    ),
)
def test_steps_are_set_arithmetic_and_say_who_joined_and_left(
    first: dict[str, Any], steps: list[tuple[str, dict[str, Any], int | None]]
) -> None:
    workspace, plain = shop(0)
    last = run(TOOL, {"step": "new", **spoken(first)}, workspace)
    expected = plain.chosen(first)
    assert rows(workspace, last) == expected
    for step, held, top in steps:
        if not held and top is None:
            continue
        among = plain.chosen(held) if step == "add" else plain.chosen(held) & expected
        matching = top_spenders(plain, among, top)
        before, kept = expected, {"narrow": expected & matching, "exclude": expected - matching}
        expected = kept.get(step, expected | matching)
        args = {"step": step, "audience": last.id, **spoken(held), **({"top": top} if top else {})}
        last = run(TOOL, args, workspace)
        assert rows(workspace, last) == expected
        told = {name: last.fact(name).value for name in ("customers", "customers_before", "joined", "left")}
        assert told == {
            "customers": len(expected),
            "customers_before": len(before),
            "joined": len(expected - before),
            "left": len(before - expected),
        }
        assert (last.verdict is Verdict.OK) == bool(expected)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(held=conditions())
def test_everybody_selected_is_in_one_state_of_consent(held: dict[str, Any]) -> None:
    workspace, plain = shop(1)
    finding = run(TOOL, spoken(held), workspace)
    asked = {name: value for name, value in held.items() if name != "consent"}
    people = plain.frames[Table.CUSTOMERS].set_index("customer_row").loc[sorted(plain.chosen(asked))]
    agreed, stopped = people["email_consent"] == "granted", people["suppressed"]
    states = {
        "contactable": agreed & ~stopped,
        "suppressed": agreed & stopped,
        "refused": people["email_consent"] == "denied",
        "unknown": people["email_consent"] == "unknown",
    }
    told = {name: finding.fact(name, EMAIL).value for name in states}
    assert told == {name: held.sum() for name, held in states.items()}
    assert sum(told.values()) == len(people)


def test_who_bought_once_excludes_who_never_bought_unless_asked_for() -> None:
    workspace, plain = shop(0)
    orders = plain.frames[Table.ORDERS].query("order_kind == 'sale'").groupby("customer_row").size()
    everybody = set(range(40))
    never = everybody - set(orders.index)
    assert never
    assert rows(workspace, run(TOOL, {"max_orders": 2}, workspace)) == set(orders.index[orders <= 2])
    assert rows(workspace, run(TOOL, {"max_orders": 0}, workspace)) == never
    both = rows(workspace, run(TOOL, {"min_orders": 0, "max_orders": 2}, workspace))
    assert both == never | set(orders.index[orders <= 2])


@pytest.mark.parametrize("days", [0, 14, 15])
def test_both_ends_of_a_recency_count(days: int) -> None:
    workspace, plain = shop(0)
    sales = plain.frames[Table.ORDERS].query("order_kind == 'sale'").dropna(subset="customer_row")
    age = (plain.as_of - sales.groupby("customer_row")["ordered_at"].max().dt.normalize()).dt.days
    within = rows(workspace, run(TOOL, {"max_recency_days": days}, workspace))
    beyond = rows(workspace, run(TOOL, {"min_recency_days": days}, workspace))
    assert within == set(age.index[age <= days])
    assert within & beyond == set(age.index[age == days])
    assert within | beyond == set(age.index)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_conditions_and_features_hold_one_definition_of_a_customers_life(seed: int) -> None:
    workspace, _ = shop(seed)
    dataset = workspace.dataset
    features = customer_features(dataset).set_index("customer_row")
    told = {"orders": "orders", "spend": "net_revenue", "recency_days": "recency_days"}
    for name, column in told.items():
        for bound in features[column].quantile([0.2, 0.5, 0.8]).round().tolist():
            for side, held in (("min", features[column] >= bound), ("max", features[column] <= bound)):
                number = bound if name == "spend" else int(bound)
                selection = Selection(**{"min_orders": 1, f"{side}_{name}": number})
                chosen = dataset.frame(chosen_sql(dataset, selection))["customer_row"]
                assert set(chosen) == set(features.index[held]), (name, side, bound)
