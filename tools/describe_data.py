"""Tool: say what is loaded, how good it is, how it was cleaned, and what it can support."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    View,
)
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.drift import DRIFT_DAYS
from marketeer.tools.warehouse.manifest import Manifest
from marketeer.tools.warehouse.profile import DataProfile, profile_data
from marketeer.tools.warehouse.readiness import NEEDS, Capability, Readiness, judge
from marketeer.tools.warehouse.snapshots import manifest_of

About = Literal["overview", "cleaning", "abilities"]
_MISSING = {
    "customers.email": "customers_without_email",
    "customers.country": "customers_without_country",
    "products.category": "products_without_category",
    "products.unit_cost": "products_without_cost",
    "products.description": "products_without_description",
}
_LONG_GAP_DAYS = 14
_HUGE_ORDERS = 100


class DescribeArgs(Args):
    """What to say about the data."""

    about: About = Field(
        default="overview",
        description="overview: what is loaded. cleaning: rows dropped or changed, revenue reconciled with "
        "the raw file. abilities: what the data can support.",
    )


def describe_data(args: DescribeArgs, workspace: Workspace) -> Finding:
    """Say what data is loaded, for which period, how complete, how it was cleaned, what it can support.

    Use for "what data do we have", "is my export good enough", "why does revenue differ from my shop system",
    "what is missing", "can you predict churn with this". Call it first when a question might need data that
    is not there, such as open rates or stock.
    """
    dataset = workspace.dataset
    manifest = manifest_of(dataset)
    profile = profile_data(dataset)
    readiness = judge(dataset, profile)
    facts = [*_contents(workspace, profile), *_period(profile)]
    views: tuple[View, ...] = ()
    if args.about == "overview":
        facts += [*_quality(workspace, profile), *_abilities(workspace, readiness)]
    elif args.about == "cleaning":
        facts += _cleaning(manifest)
        views = (_rules_view(manifest),) if manifest.rules else ()
    else:
        facts += _abilities(workspace, readiness)
    if args.about != "cleaning":
        views = (View("abilities", tuple(map(_ability, readiness)), ("needs", "there", "status", "reason")),)
    return Finding(
        title=f"data_{args.about}",
        facts=tuple(facts),
        method="counted",
        method_params={"name": dataset.name},
        views=views,
        quality=Quality(n=profile.customers),
        notes=tuple(_notes(args, workspace, manifest, profile)),
        currency=dataset.currency,
    )


def _contents(workspace: Workspace, profile: DataProfile) -> Iterator[Fact]:
    rows = workspace.dataset.rows
    yield Fact("customers", profile.customers, Unit.CUSTOMERS)
    if profile.orders:
        orders = profile.orders
        yield Fact("orders", int(orders["orders"]), Unit.ORDERS)
        yield Fact("return_orders", int(orders["returns"]), Unit.ORDERS)
        yield Fact("customers_who_bought", int(orders["buyers"]), Unit.CUSTOMERS)
        yield Fact("gross_revenue", float(orders["gross"] or 0), Unit.MONEY)
        yield Fact("net_revenue", float(orders["net"] or 0), Unit.MONEY)
    for table, unit in ((Table.ORDER_LINES, Unit.ROWS), (Table.PRODUCTS, Unit.PRODUCTS)):
        if rows.get(table):
            yield Fact(table.value, rows[table], unit)
    if rows.get(Table.CAMPAIGNS):
        yield Fact("campaigns", rows[Table.CAMPAIGNS], Unit.COUNT)
        yield Fact("contacts", rows.get(Table.SENDS, 0), Unit.CONTACTS)


def _period(profile: DataProfile) -> Iterator[Fact]:
    if profile.first_day and profile.last_day:
        yield Fact("first_order", profile.first_day, Unit.DATE)
        yield Fact("last_order", profile.last_day, Unit.DATE)
        yield Fact("days_covered", profile.days, Unit.DAYS)


def _quality(workspace: Workspace, profile: DataProfile) -> Iterator[Fact]:
    rows, orders = workspace.dataset.rows, profile.orders
    if orders and orders["orders"]:
        buyers = int(orders["buyers"])
        yield Fact("guest_orders", int(orders["guest_orders"]), Unit.ORDERS)
        if orders["net"]:
            share = 100 * float(orders["guest_net"]) / float(orders["net"])
            yield Fact("guest_share_of_revenue", share, Unit.PERCENT)
        if buyers:
            once = 100 * (1 - int(orders["repeat_buyers"]) / buyers)
            yield Fact("one_time_share", once, Unit.PERCENT)
        yield Fact("longest_gap_days", int(orders["longest_gap"]), Unit.DAYS)
        yield Fact("largest_order", float(orders["largest_order"]), Unit.MONEY)
        yield Fact("median_order", float(orders["median_order"]), Unit.MONEY)
        yield from _lately(profile)
    for name, fact in _MISSING.items():
        table = Table(name.split(".")[0])
        if name in profile.filled and profile.filled[name] < rows[table]:
            unit = Unit.CUSTOMERS if table is Table.CUSTOMERS else Unit.PRODUCTS
            yield Fact(fact, rows[table] - profile.filled[name], unit)
    for channel, counts in profile.consents.items():
        for consent in ("granted", "denied", "unknown"):
            subject = Subject(SubjectKind.CHANNEL, channel)
            yield Fact(f"consent_{consent}", counts.get(consent, 0), Unit.CUSTOMERS, subject)


def _lately(profile: DataProfile) -> Iterator[Fact]:
    """Set the last days beside as many before them, where the data covers both."""
    orders = profile.orders
    if profile.days >= 2 * DRIFT_DAYS and orders["recent_orders"] and orders["earlier_orders"]:
        yield Fact("compared_days", DRIFT_DAYS, Unit.DAYS, kind=FactKind.ASSUMED)
        for when in ("recent", "earlier"):
            yield Fact(f"{when}_orders", int(orders[f"{when}_orders"]), Unit.ORDERS)
            yield Fact(f"{when}_median_order", float(orders[f"{when}_median"]), Unit.MONEY)


def _drifted(profile: DataProfile) -> bool:
    """Whether the last days differ from those before, by more than chance and by much."""
    orders = profile.orders
    if not any(_lately(profile)) or not orders["earlier_median"]:
        return False
    median = float(orders["recent_median"]) / float(orders["earlier_median"]) - 1
    return profile.drift.told(orders["recent_orders"] / orders["earlier_orders"] - 1, median)


def _ability(capability: Capability) -> Subject:
    return Subject(SubjectKind.CAPABILITY, capability.value)


def _abilities(workspace: Workspace, readiness: Mapping[Capability, Readiness]) -> Iterator[Fact]:
    for capability, ready in readiness.items():
        needs = "_and_".join(table.value for table in NEEDS[capability])
        there = workspace.dataset.rows.get(NEEDS[capability][0], 0)
        yield Fact("needs", needs, Unit.TEXT, _ability(capability))
        yield Fact("there", there, Unit.ROWS, _ability(capability))
        yield Fact("status", ready.status.value, Unit.TEXT, _ability(capability))
        yield Fact("reason", ready.reason, Unit.TEXT, _ability(capability))


def _rule(table: str, code: str) -> Subject:
    within = None if table == Table.ORDER_LINES else Subject(SubjectKind.GROUP, table)
    return Subject(SubjectKind.RULE, code, within)


def _cleaning(manifest: Manifest) -> Iterator[Fact]:
    for file in manifest.files:
        yield Fact("rows_in_file", file.rows, Unit.ROWS, Subject(SubjectKind.FILE, file.name))
    yield Fact("raw_rows", manifest.raw_rows, Unit.ROWS)
    yield Fact("raw_amount", float(manifest.raw_amount), Unit.MONEY)
    for effect in manifest.rules:
        subject = _rule(effect.table, effect.code)
        yield Fact("rows_matched", effect.matched, Unit.ROWS, subject)
        yield Fact("rows_dropped" if effect.dropped else "rows_kept", effect.rows, Unit.ROWS, subject)
        yield Fact(
            "amount_dropped" if effect.dropped else "amount_kept", float(effect.amount), Unit.MONEY, subject
        )
    yield Fact("kept_rows", manifest.kept_rows, Unit.ROWS)
    yield Fact("kept_amount", float(manifest.kept_amount), Unit.MONEY)


def _rules_view(manifest: Manifest) -> View:
    columns = ("rows_matched", "rows_dropped", "amount_dropped", "rows_kept", "amount_kept")
    return View("rules", tuple(_rule(effect.table, effect.code) for effect in manifest.rules), columns)


def _oddities(profile: DataProfile) -> Iterator[Note]:
    """Say what in the orders is worth a look before they are trusted."""
    orders = profile.orders
    if orders and int(orders["longest_gap"]) >= _LONG_GAP_DAYS:
        yield Note("gap_in_time")
    if orders and orders["median_order"] and orders["largest_order"] > _HUGE_ORDERS * orders["median_order"]:
        yield Note("huge_orders")
    if _drifted(profile):
        yield Note("drift")


def _notes(
    args: DescribeArgs, workspace: Workspace, manifest: Manifest, profile: DataProfile
) -> Iterator[Note]:
    dataset, orders = workspace.dataset, profile.orders
    if args.about == "cleaning":
        yield Note("reconciled" if manifest.raw_rows else "no_ledger")
        return
    for code in manifest.notes:
        yield Note(code)
    if args.about != "overview":
        return
    yield from _oddities(profile)
    if orders and int(orders["guest_orders"]):
        yield Note("guest_orders")
    if not profile.consents:
        yield Note("no_consent")
    if not dataset.has(Table.PRODUCTS, col.UNIT_COST):
        yield Note("no_margin")
    late = sorted(name for name, early in dataset.attributes.items() if not early)
    for name in late:
        yield Note("late_attribute", {"name": name.removeprefix(col.ATTRIBUTE_PREFIX)})


TOOL = Tool(
    describe_data,
    DescribeArgs,
    examples=(
        Example("what data do we have?"),
        Example("describe the loaded data"),
        Example("Here is my Shopify export, is it good enough?"),
        Example("which period does the data cover?"),
        Example("how good is my data, what is missing?"),
        Example("What was the open rate of the welcome series?"),
        Example("what did you drop when cleaning the file?", args={"about": "cleaning"}),
        Example("does the revenue reconcile with the raw file?", args={"about": "cleaning"}),
        Example("how many rows were duplicates or cancellations", args={"about": "cleaning"}),
        Example("what can you do with this data?", args={"about": "abilities"}),
        Example("is there enough data to predict churn or measure uplift?", args={"about": "abilities"}),
        Example("我们有哪些数据？", "zh"),
        Example("数据质量怎么样？", "zh"),
        Example("数据覆盖了多长时间", "zh"),
        Example("这份数据够用吗，缺什么？", "zh"),
        Example("清洗时删掉了哪些行？", "zh", {"about": "cleaning"}),
        Example("收入和原始文件对得上吗", "zh", {"about": "cleaning"}),
        Example("这些数据能做什么分析？", "zh", {"about": "abilities"}),
    ),
    version=2,
)
