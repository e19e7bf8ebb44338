"""Whether a forecast can be made at all: what is needed, what is there, and what would help.

The floors follow what platforms state as their minimum, and lie below most of them: 100 customers who did
and 100 who did not (Twilio Segment), 500 with an order and some with three (Klaviyo).
"""

from dataclasses import dataclass

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import KIND, Kind, Target

LEAST_CUSTOMERS = 200
LEAST_EACH = 50
LEAST_REPEAT = 30
LEAST_DIFFERENT = 10
_TELLS_APART = ["order_days", "recency_days", "tenure_days", "net_revenue"]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a forecast needs, and how much of it is there."""

    code: str
    needed: int
    there: int

    @property
    def met(self) -> bool:
        """Whether enough is there."""
        return self.there >= self.needed


def needs(panel: Panel, target: Target) -> tuple[Need, ...]:
    """Give the have/need table of a training panel."""
    did = int((panel.orders > 0).sum())
    newest = panel.table[panel.table["cut_off"] == panel.table["cut_off"].max()]
    different = len(newest[_TELLS_APART].drop_duplicates())
    table = [
        Need("customers", LEAST_CUSTOMERS, len(set(panel.customers.tolist()))),
        Need("repeat_customers", LEAST_REPEAT, int((panel.table["order_days"] > 1).sum())),
        Need("different_histories", LEAST_DIFFERENT, different),
        Need("customers_who_ordered", LEAST_EACH, did),
    ]
    if KIND[target] is Kind.CHANCE:
        table.append(Need("customers_who_did_not", LEAST_EACH, len(panel) - did))
    return tuple(table)


def check(panel: Panel, target: Target) -> tuple[Need, ...]:
    """Give the have/need table; raises `Insufficient` when something is missing."""
    table = needs(panel, target)
    missing = [need for need in table if not need.met]
    if missing:
        said = ", ".join(f"{need.code.replace('_', ' ')} {need.there} of {need.needed}" for need in missing)
        raise Insufficient(
            f"A forecast per customer would be guesswork on this data: {said}. "
            "Use RFM segments or the repeat rate by cohort instead, "
            "try a shorter horizon, or load a longer history.",
            code="too_little_to_forecast",
            missing={need.code: (need.there, need.needed) for need in missing},
        )
    return table
