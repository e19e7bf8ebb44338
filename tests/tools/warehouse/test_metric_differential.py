"""Any question against plain pandas: measures, splits, filters, periods and comparisons in random company."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketeer.tools.core.findings import FactKind, Finding, Unit
from marketeer.tools.core.running import run
from marketeer.tools.query_metric import TOOL
from tests.tools.warehouse.plain_metrics import IN_ORDER, Question
from tests.tools.warehouse.random_conditions import conditions, shop, spoken

MEASURES = (
    "net_revenue", "gross_revenue", "returned_amount", "discount_amount", "orders", "customers", "items",
    "items_per_order", "mean_order_amount", "repeat_rate", "orders_per_customer", "revenue_per_customer",
    "return_share", "discount_share",
)  # fmt: skip
SPLITS = (
    None, "week", "month", "quarter", "year", "weekday", "hour", "country", "city", "channel", "category",
    "product", "customer", "tier", "new_or_returning",
)  # fmt: skip
FIRST, LAST = date(2024, 1, 10), date(2025, 12, 31)


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    """A stretch as a person names it; the days it stands for are told by `days_of`."""
    kind = draw(st.sampled_from(["none", "named", "last", "days", "since"]))
    if kind == "named":
        return {"period": draw(st.sampled_from(["2024", "2025", "2024-Q4", "2025-Q2", "2025-02", "2024-11"]))}
    if kind == "last":
        return {"period": f"last_{draw(st.integers(1, 120))}_days"}
    first = draw(st.dates(FIRST, date(2025, 11, 1)))
    if kind == "since":
        return {"since": first}
    return {"since": first, "until": draw(st.dates(first, LAST))} if kind == "days" else {}


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, dict[str, Any]]:
    """A question for pandas, and the same one as the tool's arguments."""
    by = draw(st.sampled_from(SPLITS))
    kinds = draw(conditions())
    asked = {
        "measures": draw(st.lists(st.sampled_from(MEASURES), min_size=1, max_size=4, unique=True)),
        "product": draw(st.none() | st.none() | st.integers(0, 7)),
        "category": draw(st.none() | st.none() | st.sampled_from(["category 0", "category 2"])),
        "channel": draw(st.none() | st.none() | st.sampled_from(["web", "store"])),
        "order_number": draw(st.none() | st.none() | st.none() | st.integers(1, 3)),
        "top": draw(st.none() | st.integers(1, 6)) if by else None,
    }
    said = draw(spans())
    compare = draw(st.sampled_from([None, "previous_period", "previous_year"])) if said else None
    order = draw(st.sampled_from(["highest", "lowest"])) if asked["top"] else "highest"
    return Question(**asked, by=by, customers=kinds, lowest=order == "lowest"), {
        **{name: value for name, value in asked.items() if value is not None and name != "product"},
        **spoken(kinds),
        **({"product": f"P{asked['product']}"} if asked["product"] is not None else {}),
        **({"attribute": "tier"} if by == "tier" else {"by": by} if by else {}),
        **said,
        **({"compare": compare} if compare else {}),
        "order": order,
    }


def days_of(said: Mapping[str, Any], as_of: date) -> tuple[date | None, date | None]:
    period = said.get("period", "")
    if period.startswith("last_"):
        return as_of - timedelta(days=int(period.split("_")[1]) - 1), as_of
    if period:
        whole = pd.Period(period.replace("-Q", "Q"))
        return whole.start_time.date(), whole.end_time.date()
    return said.get("since"), said.get("until", as_of if "since" in said else None)


def days_before(said: Mapping[str, Any], as_of: date) -> tuple[date, date]:
    """The stretch compared with: the one of the same kind before, or a year earlier, as far as data goes."""
    since, until = days_of(said, as_of)
    assert since is not None
    assert until is not None
    ending = min(until, as_of)
    period = said.get("period", "last_")
    back = 12 if said["compare"] == "previous_year" else 0
    if not period.startswith("last_"):
        whole = pd.Period(period.replace("-Q", "Q"))
        step = {"M": back, "Q": back // 3, "Y": back // 12}[whole.freqstr[0]]
        other = whole - (step or 1)
        first, last = other.start_time.date(), other.end_time.date()
    elif back:
        first, last = ((pd.Timestamp(day) - pd.DateOffset(years=1)).date() for day in (since, until))
    elif (kind := whole_kind(since, until)) is not None:
        whole = pd.Period(since, kind) - 1
        first, last = whole.start_time.date(), whole.end_time.date()
    else:
        length = (until - since).days + 1
        first, last = since - timedelta(days=length), since - timedelta(days=1)
    return first, min(last, first + (ending - since)) if until > as_of else last


def whole_kind(since: date, until: date) -> str | None:
    """Days that are a whole month, quarter or year are that one, however they were given."""
    wholes = ((kind, pd.Period(since, kind)) for kind in ("M", "Q", "Y"))
    return next((k for k, w in wholes if (w.start_time.date(), w.end_time.date()) == (since, until)), None)


def told(finding: Finding) -> dict[str, dict[str, float]]:
    """What the finding says, by group; what it is about as a whole comes under no name."""
    total = finding.facts[0].subject
    got: dict[str, dict[str, float]] = {}
    for fact in finding.facts:
        if fact.kind is FactKind.GIVEN or fact.unit is Unit.DATE or fact.name == "guest_share_of_revenue":
            continue
        got.setdefault("" if fact.subject == total else fact.subject.name, {})[fact.name] = fact.value
    return got


@pytest.mark.parametrize("seed", range(2))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(asked=questions())
def test_any_question_is_answered_as_plain_pandas_answers_it(
    seed: int, asked: tuple[Question, dict[str, Any]]
) -> None:
    (question, args), (workspace, plain) = asked, shop(seed)
    as_of = plain.as_of.date()
    question.since, question.until = days_of(args, as_of)
    if "compare" in args:
        question.before = days_before(args, as_of)
    expected = {group: figures for group, figures in plain.answer(question).items() if figures}
    finding = run(TOOL, args, workspace)
    got = told(finding)
    same = finding.facts[0].subject.name
    if same and same in expected:  # one year split by year is that year
        expected[""] = expected.pop(same) | expected[""]
    first = question.measures[0]
    wanted = sorted((v.get(first, 0.0) for g, v in expected.items() if g), reverse=not question.lowest)
    shown = [v.get(first, 0.0) for g, v in got.items() if g]
    if question.top:
        assert shown == pytest.approx(wanted[: question.top], abs=0.01)
    elif question.by in IN_ORDER:
        assert [group for group in got if group] == sorted(group for group in expected if group)
    else:
        assert shown == pytest.approx(wanted[:15], abs=0.01)
    for group, figures in got.items():
        assert figures == pytest.approx(expected[group], abs=0.01, rel=1e-4), (group, args)
