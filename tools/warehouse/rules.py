"""Cleaning rules: named conditions in SQL over a typed feed. What they did is counted in `cleaning`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketeer.tools.warehouse.sql import literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One named cleaning rule.

    Attributes:
        code: Its name; `--keep <code>` turns a dropping rule off.
        condition: SQL over the typed feed's columns, true where the rule applies.
        drops: Whether the row goes (True) or stays in another form (False).
        fixed: Whether it cannot be turned off, because the row could not be placed.
    """

    code: str
    condition: str
    drops: bool = True
    fixed: bool = False


UNREADABLE = "unreadable_number"
WRITTEN, NOT_FINITE = "amount_written", "amount_not_finite"
"""Helper columns of orders and their lines: whether an amount of an order is filled in at all, and whether an
amount beside it (discount, refund, shipping, tax) is infinite or no number."""
OTHER_CURRENCY = "other_currency"
"""Rows in another currency than the snapshot's count no revenue: money of two kinds is never summed."""
POSTAGE_LINE = "postage_line"
"""Lines dropped by a rule of this name are kept as their order's `shipping_amount`."""

EXACT_DUPLICATE = Rule("exact_duplicate", "raw_row IN (SELECT raw_row FROM $copies)")
OVERLAPPING_EXPORT = Rule("overlapping_export", "(order_id, part) IN (SELECT order_id, part FROM $overlaps)")
"""An order that several files of one export hold counts once, as the last of them has it."""
REPEATED_ORDER = Rule("repeated_order", "order_copy > 1")
"""An order file names an order twice; the feed counts the copies, the first is kept."""
TEST_ORDER = Rule("test_order", "is_test")
"""Orders placed to try the shop out; the feed says which are."""
POSSIBLE_DUPLICATE = Rule("possible_duplicate", "raw_row IN (SELECT raw_row FROM $copies)", drops=False)
"""Equal rows of a file without ids: they may be two people alike, so they stay and are only counted."""
PRICE_NOT_POSITIVE = Rule("price_not_positive", "unit_price <= 0")
_NO_ORDER_ID = Rule("missing_order_id", "order_id IS NULL", fixed=True)
_NO_DATE = Rule("missing_date", "ordered_at IS NULL", fixed=True)
_ODD_DATE = Rule("impossible_date", "year(ordered_at) NOT BETWEEN 1970 AND 2100")
_GUEST = Rule("guest_customer", "who IS NULL", drops=False)
_NO_PRODUCT = Rule("missing_product", "product_id IS NULL AND product_name IS NULL", fixed=True)
_NO_CUSTOMER = Rule("missing_customer_id", "who IS NULL", fixed=True)
_NO_CAMPAIGN = Rule("missing_campaign_id", "campaign_id IS NULL", fixed=True)


def line_rules(orders: str) -> tuple[Rule, ...]:
    """Give the rules every order-line feed ends with.

    Args:
        orders: A table `(order_id, dropped_by)` of the orders the lines belong to, which may hold their
            dates; empty where there are only lines.
    """
    placed = (
        (_NO_DATE,)
        if not orders
        else (
            Rule(
                "order_dropped",
                f"order_id IN (SELECT order_id FROM {orders} WHERE dropped_by IS NOT NULL)",
                fixed=True,
            ),
            Rule(
                "line_without_order",
                f"ordered_at IS NULL AND order_id NOT IN (SELECT order_id FROM {orders})",
                fixed=True,
            ),
        )
    )
    return (
        _NO_ORDER_ID,
        _NO_PRODUCT,
        Rule(
            UNREADABLE,
            f"line_amount IS NULL AND (quantity IS NULL OR unit_price IS NULL) OR {NOT_FINITE}",
            fixed=True,
        ),
        *placed,
        _ODD_DATE,
        Rule("zero_quantity", "quantity = 0 AND coalesce(line_amount, 0) = 0"),
        Rule("return_line", "quantity < 0 OR line_amount < 0", drops=False),
        *(() if orders else (_GUEST,)),
    )


def order_rules(lines: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Give the rules every order feed ends with.

    Args:
        lines: Tables with the `order_id` of the order lines, which decide what their orders amount to.
    """
    lined = "".join(
        f" AND order_id NOT IN (SELECT order_id FROM {table} WHERE order_id IS NOT NULL)" for table in lines
    )
    unread = f"{WRITTEN} AND coalesce(gross_amount, net_amount, total_amount) IS NULL{lined}"
    unreadable = Rule(UNREADABLE, f"{unread} OR {NOT_FINITE}", fixed=True)
    return (_NO_ORDER_ID, unreadable, _NO_DATE, _ODD_DATE, _GUEST)


def other_currency(currency: str, orders: str = "") -> Rule:
    """Give the rule that drops what is in another currency than the one chosen.

    Args:
        currency: The snapshot's currency.
        orders: A table `(order_id, dropped_by)`, for lines that do not name their own currency.
    """
    own = f"upper(currency) <> {literal(currency)}"
    theirs = f"order_id IN (SELECT order_id FROM {orders} WHERE dropped_by = {literal(OTHER_CURRENCY)})"
    return Rule(OTHER_CURRENCY, theirs if orders else own, fixed=True)


RULES: Mapping[str, tuple[Rule, ...]] = {
    "orders": order_rules(),
    "customers": (_NO_CUSTOMER,),
    "products": (_NO_PRODUCT,),
    "campaigns": (_NO_CAMPAIGN,),
    "sends": (_NO_CAMPAIGN, _NO_CUSTOMER, Rule("missing_arm", "arm IS NULL")),
}
"""Feed → the rules it ends with, apart from order lines."""
