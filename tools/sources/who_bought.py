"""Asks who bought, where no column of the orders is known to say it and some column may."""

import re
from collections.abc import Iterator, Mapping, Sequence

import duckdb

from marketeer.tools.core import columns as col
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.matching import folded
from marketeer.tools.sources.understanding import Understood
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, Feed, FeedMap
from marketeer.tools.warehouse.parsing import Question
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.sql import quoted

NOBODY = "none of these"
"""The answer that no column says who bought; `--map orders.customer_id=` says the same."""
_SELLING = (Feed.ORDERS, Feed.ORDER_LINES)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"'?\+?\d[\d /().-]{6,}\d")
_PERSON = re.compile(r"[^\W\d_]+[ ,.]+[^\W\d_]+.*")
_CALLED = re.compile(
    r".*(customer|client|buyer|purchase[rd]|shopper|member|user|account|guest|contact|subscriber|recipient|"
    r"(ship|bill|sold)_to|(full|first|last|family|given|billing|shipping)_?name|kunde|kundin|käufer|besteller|"
    r"acheteur|cliente|comprador|nombre|klant|顾客|客户|会员|用户|买家|收货人|姓名|昵称|手机|微信|openid|邮箱|[账帐]号|"
    r"고객|お客様|顧客|氏名).*|name|nom"
)
_OTHERWISE = re.compile(
    r".*(amount|total|price|fee|tax|rate|date|time|type|group|note|message|address|city|country|zip|count|spen[dt]|"
    r"method|payment|status|carrier|courier|delivery|product|item|brand|vendor|方式|状态|物流|快递|品|"
    r"额|价|款|费|日期|时间|类型|备注|留言|地址).*"
)
_HEAD = 20_000
_MOST_SHARE, _FEWEST_SHARE = 0.95, 0.3
_MOST_CANDIDATES = 6


def ask_who(
    connection: duckdb.DuckDBPyConnection, understood: Sequence[Understood], mapping: Mapping[str, str]
) -> None:
    """Ask which column says who bought, unless one is known, the person has said, or none may.

    Args:
        connection: Holds the raw tables.
        understood: All tables of the load.
        mapping: What the person said: `table.column` → raw header.

    Raises:
        DataError: Some column may say it (code `needs_answer`, with the question in `params`).
    """
    selling = [(part, feed) for part in understood for feed in part.match.feeds if feed.feed in _SELLING]
    if any(_names_someone(feed) for _, feed in selling):
        return
    for part, feed in selling:
        said = f"{feed.feed.value}.{CUSTOMER_REF}" in mapping
        if part.source.name != "generic" or said:
            continue
        if candidates := _candidates(connection, part.table, feed):
            raise _question(part.table, feed.feed, candidates)


def _names_someone(feed: FeedMap) -> bool:
    return any(name in feed.columns or name in feed.expressions for name in (CUSTOMER_REF, col.EMAIL))


def _candidates(connection: duckdb.DuckDBPyConnection, table: RawTable, feed: FeedMap) -> list[str]:
    """Give the columns that may say it: first addresses, then those called so, then those that hold names."""
    used = {*feed.columns.values()}
    ranked = [
        (rank, header)
        for header in table.columns
        if header not in used and (rank := _rank(header, table.examples.get(header, ()))) is not None
    ]
    ranked.sort(key=lambda found: found[0])
    repeated = set(_repeating(connection, table, [header for rank, header in ranked if rank == _BY_CONTENT]))
    return [h for rank, h in ranked if rank != _BY_CONTENT or h in repeated][:_MOST_CANDIDATES]


_BY_ADDRESS, _BY_NAME, _BY_CONTENT = range(3)


def _rank(header: str, examples: Sequence[str]) -> int | None:
    if not examples or sum("*" in text for text in examples) > len(examples) / 2:
        return None
    name = folded(header)
    if _OTHERWISE.fullmatch(name) and not _mostly(_MAIL, examples):
        return None
    called = bool(_CALLED.fullmatch(name))
    if _mostly(_MAIL, examples) or (called and _mostly(_PHONE, examples)):
        return _BY_ADDRESS
    if called:
        return _BY_NAME
    return _BY_CONTENT if _mostly(_PERSON, examples) else None


def _mostly(pattern: re.Pattern[str], examples: Sequence[str]) -> bool:
    return sum(bool(pattern.fullmatch(text.strip())) for text in examples) > 0.7 * len(examples)


def _repeating(
    connection: duckdb.DuckDBPyConnection, table: RawTable, headers: Sequence[str]
) -> Iterator[str]:
    """Give the columns whose values come back, as buyers do, but are not a few, as ways of paying are."""
    for header in headers:
        row = connection.execute(
            f"SELECT count(DISTINCT {quoted(header)}) / greatest(count({quoted(header)}), 1) "
            f"FROM {quoted(table.relation)} WHERE rowid < {_HEAD}"
        ).fetchone()
        if row and _FEWEST_SHARE <= row[0] <= _MOST_SHARE:
            yield header


def _question(table: RawTable, feed: Feed, candidates: Sequence[str]) -> DataError:
    column = f"{feed.value}.{CUSTOMER_REF}"
    shown = {header: next(iter(table.examples.get(header, ())), "") for header in candidates}
    seen = ", ".join(f"{header} (such as '{text}')" for header, text in shown.items())
    first = candidates[0].replace("'", "'\\''")
    return DataError(
        f"No column of {table.file.name} is known to say who bought. It may be {seen}. Say which with "
        f"--map {column}='{first}', or --map {column}= where none does: orders then belong to nobody.",
        code="needs_answer",
        questions={
            feed.value: Question(
                "column",
                f"{CUSTOMER_REF} of {feed.value} in {table.file.name}, who bought",
                (*candidates, NOBODY),
                f"--map {column}=",
                examples=(*shown.values(), "orders belong to nobody"),
            )
        },
    )
