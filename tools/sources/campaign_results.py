"""The results of past campaigns: one row per person with the arm they were in and what they did then.

A table is taken for one when it has a column of arms and one of outcomes, and no products. The arm that got
nothing is called `control`, whatever the file calls it. Without a campaign column the whole file is one
campaign, named after it; without customer ids, rows are people. Every other column is an attribute of the
person, known before the sending.
"""

import re

from marketeer.tools.core import columns as col
from marketeer.tools.sources.matching import attributes_of, folded, match_columns
from marketeer.tools.sources.source import Match, Source
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed, FeedMap
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.sql import literal, quoted

CONTROL = (
    r"(control|ctrl|untreated|not[ _-]?treated|none|nothing|hold[ _-]?out|placebo|0|false)"
    r"([ _-]?(group|arm|cell))?|(对照|空白)组?|不发|未发送|"
    r"no[ _-]?(e-?mails?|mail|sms|offer|contact|message|treatment|coupon|discount|push)"
)
_TREATED = ("1", "true", "yes")
_OUTCOMES = (col.VISITED, col.ORDERED, col.REVENUE)
_MOST_ARMS = 20
_NOT_PEOPLE = (col.ORDER_ID, col.PRODUCT_ID, col.QUANTITY)


def _match(table: RawTable) -> Match | None:
    headers = tuple(table.columns)
    found = match_columns(headers, Feed.SENDS)
    arm = found.get(col.ARM)
    if arm is None or not any(name in found for name in _OUTCOMES):
        return None
    arms = table.examples.get(arm, ())
    sold = match_columns(headers, Feed.ORDER_LINES)
    if not arms or len(arms) >= _MOST_ARMS or all(name in sold for name in _NOT_PEOPLE):
        return None
    if col.CAMPAIGN_ID not in found and not any(re.fullmatch(CONTROL, arm.casefold()) for arm in arms):
        return None
    return Match("sends", 0.7, _feeds(table, found))


def _feeds(table: RawTable, found: dict[str, str]) -> tuple[FeedMap, ...]:
    if _is_attribute(table, found):
        found = {name: header for name, header in found.items() if name != col.CHANNEL}
    used = set(found.values())
    attributes = attributes_of(table.examples, tuple(h for h in table.columns if h not in used))
    who = {name: found[name] for name in (CUSTOMER_REF, col.EMAIL) if name in found}
    ids = {} if who else {CUSTOMER_REF: "CAST(rowid + 1 AS VARCHAR)"}
    campaign = {} if col.CAMPAIGN_ID in found else {col.CAMPAIGN_ID: literal(_campaign(table.file.name))}
    arms = {col.ARM: _arm_sql(found[col.ARM])}
    sends = FeedMap(Feed.SENDS, found, expressions={**ids, **campaign, **arms})
    if not attributes and who:
        return (sends,)
    return (FeedMap(Feed.CUSTOMERS, who, expressions=ids, attributes=attributes), sends)


def _is_attribute(table: RawTable, found: dict[str, str]) -> bool:
    """Tell whether a column called channel is about the person: one campaign has one channel."""
    values = table.examples.get(found.get(col.CHANNEL, ""), ())
    return col.CAMPAIGN_ID not in found and len(values) > 1


def _campaign(file_name: str) -> str:
    return folded(file_name.split(".")[0])


def _arm_sql(header: str) -> str:
    text = f"trim(CAST({quoted(header)} AS VARCHAR))"
    treated = ", ".join(map(literal, _TREATED))
    return (
        f"CASE WHEN regexp_full_match(lower({text}), {literal(CONTROL)}) THEN '{col.CONTROL_ARM}' "
        f"WHEN lower({text}) IN ({treated}) THEN 'treated' ELSE {text} END"
    )


SOURCE = Source(name="campaign_results", match=_match)
