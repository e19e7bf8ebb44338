"""What is said of customers' next orders: the days, the ranges, and of whom nothing can be said."""

import pandas as pd

from marketeer.tools.core.contract import Outcome
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, FactKind, Finding, Note, SubjectKind, Unit, Verdict, View
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.prediction import report
from marketeer.tools.prediction.kept import version
from marketeer.tools.prediction.next_order import COLUMNS, Rhythms, range_facts
from marketeer.tools.prediction.panel import panel_at


def next_orders(dataset: Dataset, days: int, customer_row: int | None, limit: int) -> Outcome:
    """Say when customers order next.

    Args:
        dataset: The snapshot.
        days: The days within which the chance of an order is given.
        customer_row: Only this customer; None lists those who are due first.
        limit: How many customers to list.

    Raises:
        Insufficient: Too few customers came back, or the customer asked about ordered on one day only.
    """
    now = dataset.need_as_of()
    rhythms = Rhythms.of(panel_at(dataset, now, days, known=False))
    table = rhythms.next_orders(days, customer_row)
    if table.empty:
        raise Insufficient(
            "This customer ordered on fewer than two days, so nothing personal is known of a next order. "
            "Ask for the segment's chance of buying again instead.",
            code="one_order_only",
        )
    alone = customer_row is not None
    listed = (table if alone else table.dropna()).sort_values(["median", "customer_row"]).head(limit)
    facts = [
        Fact("forecast_from", now, Unit.DATE),
        Fact("horizon_days", days, Unit.DAYS, kind=FactKind.GIVEN),
        *(report.asked_facts() if alone else _counts(table, rhythms)),
        *range_facts(now, listed),
    ]
    customers = report.ranked(facts, SubjectKind.CUSTOMER)
    open_ended = alone and bool(listed["high"].isna().any())
    finding = Finding(
        "forecast_next_order",
        tuple(facts),
        "mbg_nbd_range",
        views=(View("next_orders", customers, COLUMNS),) if customers else (),
        notes=_notes(alone=alone, open_ended=open_ended),
        verdict=Verdict.WEAK if open_ended or not customers else Verdict.OK,
    )
    about = {"target": "next_order", "days": days, "from": now.isoformat(), "version": version()}
    return Outcome(finding, Forecast(table.rename(columns={"median": "predicted"}), about))


def _notes(*, alone: bool, open_ended: bool) -> tuple[Note, ...]:
    if not alone:
        return (Note("one_order_no_estimate"),)
    return (Note("may_have_stopped"),) if open_ended else ()


def _counts(table: pd.DataFrame, rhythms: Rhythms) -> list[Fact]:
    return [
        Fact("customers_with_rhythm", len(table), Unit.CUSTOMERS),
        Fact("customers_with_one_order", len(rhythms.panel) - len(table), Unit.CUSTOMERS),
        Fact("customers_without_day", int(table["high"].isna().sum()), Unit.CUSTOMERS),
    ]
