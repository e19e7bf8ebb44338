"""Tool: find customers by what they bought, by likeness, or as the typical ones of a group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from marketeer.tools.core import columns as c
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import (
    SHOP,
    Fact,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.core.findings import segment as about_segment
from marketeer.tools.core.ports import Hit
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import segment_called
from marketeer.tools.warehouse import features as f
from marketeer.tools.warehouse.conditions import (
    CustomerConditions,
    condition_notes,
    given_facts,
    selection_of,
)
from marketeer.tools.warehouse.goods import shop_words
from marketeer.tools.warehouse.names import customer_key, row_of
from marketeer.tools.warehouse.selection import Selection, chosen_sql

Mode = Literal["search", "similar", "typical"]
Kind = Literal["search", "similar", "typical", "notes"]
Rows = NDArray[np.int32]

_MIDDLE = (f.RECENCY, f.ORDERS, f.NET)
_UNITS = {f.RECENCY: Unit.DAYS, f.ORDERS: Unit.ORDERS, f.NET: Unit.MONEY}
_SPOKEN = {f"only_{name}" for name in ("city", "language", "attribute", "first_order", "last_order", "notes")}
_SPOKEN.add("only_consent")
"""Notes on conditions that the method sentence does not name."""
_METHODS: dict[Kind, str] = {
    "search": "ranked_by_text",
    "similar": "ranked_by_likeness",
    "typical": "most_central",
    "notes": "ranked_by_note",
}
_CLOSE = 0.25


class FindArgs(CustomerConditions):
    """Whom to find: conditions that must hold, and what to rank by."""

    text: str | None = Field(
        default=None,
        min_length=1,
        description="What they should like to buy, or have in their notes.",
    )
    field: Literal["purchases", "notes"] = Field(
        default="purchases", description="What text is compared with."
    )
    similar_to: str | None = Field(
        default=None,
        min_length=1,
        description="Find others like this one: id, e-mail, full name or 'row N'.",
    )
    mode: Mode | None = Field(
        default=None,
        description="search: by text. similar: like a customer. typical: most central of those that "
        "match. Default: from text and similar_to.",
    )
    segment: str | None = Field(default=None, description="Customers of this segment.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    limit: int = Field(default=5, ge=1, le=20, description="How many to show.")

    @model_validator(mode="after")
    def _has_what_its_mode_ranks_by(self) -> "FindArgs":
        needs = {"search": ("text", self.text), "similar": ("similar_to", self.similar_to)}
        if self.mode in needs and needs[self.mode][1] is None:
            raise ValueError(f"mode '{self.mode}' needs {needs[self.mode][0]}")
        if self.field == "notes" and self.ranking != "search":
            raise ValueError("field 'notes' needs text to look for")
        return self

    @property
    def ranking(self) -> Mode:
        """The mode, given or implied."""
        return self.mode or ("search" if self.text else "similar" if self.similar_to else "typical")

    @property
    def kind(self) -> Kind:
        """What is looked for and where."""
        return "notes" if self.field == "notes" else self.ranking


def find_customers(args: FindArgs, workspace: Workspace) -> Finding:
    """Find example customers: by what they like to buy, like a given customer, or typical of a group.

    Use for "who buys garden tools", "show customers similar to X", "three typical At Risk customers", "lapsed
    big spenders in Germany who bought candles". Put conditions into their own arguments; text only
    ranks. Gives the count of all who match and a few examples; for a list to send to use build_audience.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    group = _group(args, workspace)
    everybody = _customers(workspace.dataset)
    selection = selection_of(args, dataset, workspace.ports.vocabulary)
    matched = _matched(args, group, everybody, _chosen(dataset, selection))
    hits = _ranked(args, matched, workspace) if len(matched) else []
    facts = [
        Fact("matched_customers", len(matched), Unit.CUSTOMERS, group.subject),
        Fact("shown_customers", len(hits), Unit.CUSTOMERS, group.subject),
        *given_facts(args, selection, SHOP),
        *(_noted(matched, group.subject, dataset) if args.field == "notes" else ()),
        *(_medians(matched, group.subject) if args.ranking == "typical" else ()),
        *(_behaviour(_reference(args), everybody) if args.ranking == "similar" else ()),
        *(fact for hit in hits for fact in _about(hit, matched, args.kind)),
    ]
    shown = tuple(_subject(hit.row) for hit in hits)
    return Finding(
        title=f"customers_{args.kind}" if hits else "customers_none",
        facts=tuple(facts),
        method=_METHODS[args.kind],
        method_params={"embedder": workspace.ports.index.fingerprint.split("/")[0], **_spoken(args)},
        views=(View("customers", shown, ("similarity", *_MIDDLE)),) if hits else (),
        quality=Quality(n=len(matched)),
        verdict=Verdict.WEAK if _far(args, hits) else Verdict.OK,
        notes=(
            *(note for note in condition_notes(args, selection) if note.code in _SPOKEN),
            *_notes(args, hits, workspace),
        ),
        currency=dataset.currency,
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Whom the conditions start from: a segment's rows, or everybody.

    Attributes:
        subject: What counts and medians are about.
        rows: The segment's customer rows; None is everybody.
    """

    subject: Subject = SHOP
    rows: Rows | None = None


def _group(args: FindArgs, workspace: Workspace) -> _Group:
    vocabulary = workspace.ports.vocabulary
    if not args.segment or vocabulary.code("segment", args.segment) == "all_customers":
        return _Group()
    segmentation, code = segment_called(workspace, args.segment, args.segmentation)
    return _Group(about_segment(code), segmentation.rows_of(code))


def _customers(dataset: Dataset) -> pd.DataFrame:
    """Give every customer by `customer_row`, with features if there are orders."""
    if dataset.has(Table.ORDERS):
        known = f.customer_features(dataset).set_index(c.CUSTOMER_ROW)
        return known.reindex(range(dataset.rows[Table.CUSTOMERS])).rename_axis(c.CUSTOMER_ROW)
    return pd.DataFrame(index=pd.RangeIndex(dataset.rows[Table.CUSTOMERS], name=c.CUSTOMER_ROW))


def _chosen(dataset: Dataset, selection: Selection) -> pd.Series | None:
    return dataset.frame(chosen_sql(dataset, selection))[c.CUSTOMER_ROW] if selection else None


def _matched(args: FindArgs, group: _Group, table: pd.DataFrame, chosen: pd.Series | None) -> pd.DataFrame:
    """Give the customers that meet every condition; whoever others are compared with is left out."""
    if chosen is not None:
        table = table.loc[table.index.isin(chosen)]
    if group.rows is not None:
        table = table.loc[table.index.isin(group.rows)]
    if args.ranking == "similar":
        table = table.drop(index=_reference(args), errors="ignore")
    return table


def _reference(args: FindArgs) -> int:
    return row_of(args.similar_to or "")


def _ranked(args: FindArgs, matched: pd.DataFrame, workspace: Workspace) -> Sequence[Hit]:
    index = workspace.ports.index
    rows = matched.index.to_numpy(dtype=np.int32)
    among = None if rows.size == workspace.dataset.rows[Table.CUSTOMERS] else rows
    if args.field == "notes":
        return index.search_notes(args.text or "", among, args.limit)
    if args.ranking == "search":
        return index.search(_shop_words(args.text or "", workspace), among, args.limit)
    if args.ranking == "similar":
        return index.similar(_reference(args), among, args.limit)
    return index.typical(_middle(matched, args.limit), args.limit)


def _middle(matched: pd.DataFrame, limit: int) -> Rows:
    """Give those in the middle half by recency, orders and revenue; everybody where too few are in all."""
    if f.ORDERS not in matched:
        return matched.index.to_numpy(dtype=np.int32)
    measured = matched[list(_MIDDLE)]
    inside = measured.ge(measured.quantile(0.25)) & measured.le(measured.quantile(0.75))
    central = matched.index[inside.all(axis=1)]
    return (central if central.size >= limit else matched.index).to_numpy(dtype=np.int32)


def _medians(matched: pd.DataFrame, subject: Subject) -> Iterator[Fact]:
    """Give the medians that typical customers are near to."""
    for column in _MIDDLE:
        middle = matched[column].median() if column in matched else None
        if middle is not None and pd.notna(middle):
            yield Fact(f"median_{column}", float(middle), _UNITS[column], subject)


def _subject(row: int) -> Subject:
    return Subject(SubjectKind.CUSTOMER, f"row {row}")


def _behaviour(row: int, table: pd.DataFrame) -> Iterator[Fact]:
    for column in _MIDDLE:
        value = table[column].get(row) if column in table else None
        if value is not None and pd.notna(value):
            number = float(value) if column == f.NET else int(value)
            yield Fact(column, number, _UNITS[column], _subject(row))


def _noted(matched: pd.DataFrame, subject: Subject, dataset: Dataset) -> Iterator[Fact]:
    noted = dataset.frame("SELECT customer_row FROM customers WHERE trim(coalesce(notes, '')) <> ''")
    count = int(matched.index.isin(noted[c.CUSTOMER_ROW]).sum())
    yield Fact("customers_with_notes", count, Unit.CUSTOMERS, subject)


def _about(hit: Hit, matched: pd.DataFrame, kind: Kind) -> Iterator[Fact]:
    subject = _subject(hit.row)
    yield Fact("similarity", hit.score, Unit.RATIO, subject, decimals=2)
    yield from _behaviour(hit.row, matched)
    if hit.evidence:
        name = "favourites" if kind == "typical" else "closest_purchases"
        yield Fact(name, "; ".join(hit.evidence), Unit.TEXT, subject)
    yield Fact("note" if kind == "notes" else "profile", hit.document, Unit.TEXT, subject)


def _shop_words(text: str, workspace: Workspace) -> str:
    return shop_words(workspace.dataset, text, workspace.ports.vocabulary)


def _far(args: FindArgs, hits: Sequence[Hit]) -> bool:
    return args.ranking == "search" and bool(hits) and hits[0].score < _CLOSE


def _notes(args: FindArgs, hits: Sequence[Hit], workspace: Workspace) -> Iterator[Note]:
    bought = (args.bought, args.not_bought)
    for asked in filter(None, bought if args.field == "notes" else (args.text, *bought)):
        understood = _shop_words(asked, workspace)
        if understood != asked:
            yield Note("understood_as", {"asked": asked, "understood": understood})
    if not hits:
        yield Note("nobody_matches")
        return
    if _far(args, hits):
        yield Note("no_close_match", {"query": args.text or ""})
    if args.field == "notes":
        yield Note("notes_are_words_of_others")
        return
    if args.ranking != "typical":
        yield Note("likeness_is_taste")
    yield Note("examples_not_audience")


def _spoken(args: FindArgs) -> dict[str, str]:
    named = {
        "query": args.text,
        "country": args.country,
        "bought": args.bought,
        "not_bought": args.not_bought,
    }
    return {name: value for name, value in named.items() if value is not None}


def _without_names(args: FindArgs, workspace: Workspace) -> FindArgs:
    if args.similar_to is None:
        return args
    return args.model_copy(update={"similar_to": customer_key(workspace.dataset, args.similar_to)})


TOOL = Tool(
    function=find_customers,
    args=FindArgs,
    uses=("index",),
    keyed=_without_names,
    examples=(
        Example("who buys like C10005?", args={"similar_to": "C10005"}),
        Example("find customers who like christmas decorations", args={"text": "christmas decorations"}),
        Example("who would be interested in garden tools?", args={"text": "garden tools"}),
        Example(
            "show me customers similar to anna.berg@example.com", args={"similar_to": "anna.berg@example.com"}
        ),
        Example("who buys like customer 17850?", args={"similar_to": "17850"}),
        Example("look-alikes of customer 17850", args={"similar_to": "17850"}),
        Example(
            "give me three typical people from the At Risk segment so I can picture them",
            args={"segment": "At Risk", "mode": "typical", "limit": 3},
        ),
        Example("what does a typical customer look like?", args={"mode": "typical"}),
        Example(
            "find lapsed customers in Germany who bought candles",
            args={"country": "Germany", "bought": "candles"},
        ),
        Example(
            "customers who spent over 500 but never bought tea", args={"min_spend": 500, "not_bought": "tea"}
        ),
        Example("show some customers who bought nothing for 180 days", args={"min_recency_days": 180}),
        Example(
            "find customers who complained about delivery in their notes",
            args={"text": "complained about delivery", "field": "notes"},
        ),
        Example("备注里提到配送慢的客户有哪些", "zh", {"text": "配送慢", "field": "notes"}),
        Example("找出喜欢圣诞装饰的顾客", "zh", {"text": "圣诞装饰"}),
        Example("哪些客户可能对园艺工具感兴趣？", "zh", {"text": "园艺工具"}),
        Example("找和客户 17850 相似的客户", "zh", {"similar_to": "17850"}),
        Example(
            "有哪些顾客跟 anna.berg@example.com 买的东西差不多", "zh", {"similar_to": "anna.berg@example.com"}
        ),
        Example(
            "给我看三个流失风险人群的典型客户", "zh", {"segment": "流失风险", "mode": "typical", "limit": 3}
        ),
        Example("典型的客户是什么样的？", "zh", {"mode": "typical"}),
        Example("德国有哪些买过蜡烛的客户", "zh", {"country": "德国", "bought": "蜡烛"}),
        Example("消费超过 500 但从没买过茶的客户有哪些", "zh", {"min_spend": 500, "not_bought": "茶"}),
    ),
)
