"""What to offer whom: products for a customer, a segment, a basket, or beside another product."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import COUNTRY, Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import (
    Fact,
    FactKind,
    Finding,
    Note,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
    segment,
)
from marketeer.tools.core.payloads import Recommendations, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation import report
from marketeer.tools.recommendation.assortment import read_assortment, shipped_to
from marketeer.tools.recommendation.baskets import read_baskets, rules
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.content import most_alike, text_vectors
from marketeer.tools.recommendation.levels import (
    RECENT_DAYS,
    Choice,
    alike,
    best_sellers,
    for_customer,
    for_segment,
)
from marketeer.tools.recommendation.recommender import Lists, Recommender, fit
from marketeer.tools.recommendation.streamed import StreamedLists
from marketeer.tools.warehouse.names import customer_key, product_row, row_of
from marketeer.tools.warehouse.selection import known_values, spelt

_EMPTY = pd.DataFrame({"customer_row": [], "rank": [], "product_row": []}, dtype="int32")

Level = Literal["auto", "segment", "customer", "everyone", "product", "bundle", "alike"]


class RecommendArgs(Args):
    """Arguments of `recommend_products`."""

    level: Level = Field(
        default="auto",
        description="For whom: each segment, one customer, everyone (export columns), beside a product, "
        "bundles of products, or customers alike. auto goes by what is named.",
    )
    customer: str | None = Field(default=None, description="A customer's id, e-mail, full name or row.")
    product: str | None = Field(default=None, description="A product's name or id, as the person wrote it.")
    segment: str | None = Field(default=None, description="Only this segment; None takes all of them.")
    segmentation: str | None = Field(
        default=None, description="A segmentation's finding id; None takes the current."
    )
    task: Literal["discovery", "basket"] = Field(
        default="discovery",
        description="discovery ranks products not bought before; basket allows repurchases.",
    )
    limit: int = Field(default=3, ge=1, le=20, description="How many products each.")
    rank_by: Literal["chance", "margin"] = Field(
        default="chance", description="Rank by the chance of a purchase or by expected margin."
    )
    min_margin_percent: float = Field(
        default=0.0,
        ge=0,
        lt=100,
        description="Leave out products that earn less than this share of their price.",
    )
    max_per_category: int = Field(
        default=0, ge=0, le=20, description="At most this many products of one category; 0 for no bound."
    )
    country: str | None = Field(
        default=None, description="Only products ever sold to this country code or name."
    )


def recommend_products(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Rank products to offer to segments, to one customer or to everyone, or find what is bought together.

    Use for "what should we offer whom", "top products they haven't bought yet", "what goes with the teapot",
    "which products are bought together", "customers with similar taste", "what will they buy again" (task
    basket). Blends cosine neighbourhoods, a linear item model, product text and recent sales; the blend was
    measured against the best-seller list on the last period. Discontinued products are left out.
    """
    workspace.dataset.need(Table.ORDER_LINES)
    level = args.level if args.level != "auto" else _level(args)
    return _LEVELS[level](args, workspace)


def _level(args: RecommendArgs) -> Level:
    if args.product is not None:
        return "product"
    return "customer" if args.customer is not None else "segment"


def _fitted(args: RecommendArgs, workspace: Workspace) -> Recommender:
    return fit(
        workspace.dataset, Task(args.task), workspace.folder / "models", progress=workspace.ports.progress
    )


def _choice(args: RecommendArgs, workspace: Workspace, recommender: Recommender) -> Choice:
    allowed = recommender.assortment.allowed(args.min_margin_percent)
    if args.country is not None:
        known = known_values(workspace.dataset, Table.ORDERS, COUNTRY)
        country = spelt("country", args.country, known, workspace.ports.vocabulary)
        allowed &= shipped_to(workspace.dataset, recommender.interactions.items, country)
    if not allowed.any():
        raise Insufficient(
            "No product is left to recommend: all are out of stock, discontinued or excluded. "
            "Lower min_margin_percent, drop the country, or load a newer product file.",
            code="no_products_left",
        )
    return Choice(args.limit, allowed, args.rank_by == "margin", args.max_per_category)


def _for_segments(args: RecommendArgs, workspace: Workspace) -> Outcome:
    segmentation = workspace.require(Segmentation, args.segmentation)
    recommender = _fitted(args, workspace)
    choice = _choice(args, workspace, recommender)
    facts: list[Fact] = []
    views, lists = [], []
    for code in _segments(args, segmentation, workspace):
        rows = recommender.positions(segmentation.rows_of(code))
        if rows.size == 0:
            continue
        table = for_segment(recommender, rows, choice)
        facts += report.segment_facts(recommender, table, segment(code))
        ranked = tuple(f.subject for f in facts if f.name == "rank" and f.subject.within == segment(code))
        views.append(View(f"for_{code}", ranked, ("reach", "owned", "over_index")))
        lists.append(table.assign(segment=code, rank=range(1, len(table) + 1), score=table["reach"]))
    finding = _finding("recommended_to_segments", args, recommender, facts, tuple(views))
    frame = pd.concat(lists, ignore_index=True) if lists else pd.DataFrame({"column": []})
    frame["product_row"] = recommender.interactions.items[frame["column"].to_numpy(dtype=int)]
    about = {"level": "segment", "task": args.task}
    return Outcome(finding, Recommendations(frame.drop(columns="column"), about))


def _segments(args: RecommendArgs, segmentation: Segmentation, workspace: Workspace) -> tuple[str, ...]:
    if args.segment is None:
        return segmentation.segments
    code = workspace.ports.vocabulary.code("segment", args.segment)
    folded = args.segment.strip().casefold().replace(" ", "_").replace("-", "_")
    chosen = code if code in segmentation.segments else folded
    segmentation.rows_of(str(chosen))
    return (str(chosen),)


def _for_customer(args: RecommendArgs, workspace: Workspace) -> Outcome:
    row = row_of(args.customer or "")
    recommender = _fitted(args, workspace)
    choice = _choice(args, workspace, recommender)
    customer = Subject(SubjectKind.CUSTOMER, f"row {row}")
    at = recommender.positions(np.array([row], dtype=np.int32))
    if at.size == 0:
        return _for_newcomer(args, recommender, choice, customer)
    table = for_customer(recommender, int(at[0]), choice)
    facts = list(report.customer_facts(recommender, table, customer))
    views = (
        View("products", report.ranked(facts, SubjectKind.PRODUCT), ("chance", "expected_margin", "because")),
    )
    owned = int(recommender.owned[[int(at[0])]].nnz)
    facts.append(Fact("products_owned", owned, Unit.PRODUCTS, customer))
    finding = _finding("recommended_to_customer", args, recommender, facts, views)
    return Outcome(finding, _ranking(recommender, np.array([row]), table["column"].to_numpy()[None], args))


def _for_newcomer(
    args: RecommendArgs, recommender: Recommender, choice: Choice, customer: Subject
) -> Outcome:
    """Offer somebody without purchases what sells now; there is nothing personal to go by."""
    columns = best_sellers(recommender, args.limit, choice.allowed)
    buyers = recommender.interactions.recent_buyers(RECENT_DAYS)
    names = recommender.assortment.products["product_name"]
    facts = [
        Fact("recent_buyers", int(buyers[c]), Unit.CUSTOMERS, report.product(str(names[c]), customer))
        for c in columns
    ]
    views = (View("products", report.ranked(facts, SubjectKind.PRODUCT), ("recent_buyers",)),)
    finding = _finding("recommended_to_newcomer", args, recommender, facts, views, (Note("no_history"),))
    row = row_of(customer.name)
    return Outcome(finding, _ranking(recommender, np.array([row]), columns[None], args))


def _for_everyone(args: RecommendArgs, workspace: Workspace) -> Outcome:
    recommender = _fitted(args, workspace)
    choice = _choice(args, workspace, recommender)
    rows = np.arange(recommender.interactions.users.size, dtype=np.int32)
    facts = [
        Fact("customers_ranked", rows.size, Unit.CUSTOMERS),
        Fact("products_each", args.limit, Unit.PRODUCTS),
    ]
    finding = _finding("recommended_to_everyone", args, recommender, facts, ())
    lists = _reported(recommender.stream(rows, choice.k, choice.allowed), rows.size, workspace)
    about = {"level": "everyone", "task": args.task}
    return Outcome(finding, StreamedLists(_EMPTY, about, lists, recommender.interactions.items))


def _reported(lists: Iterable[Lists], customers: int, workspace: Workspace) -> Iterator[Lists]:
    done = 0
    for block in lists:
        done += block.rows.size
        workspace.ports.progress.report("ranking", done, customers)
        yield block


def _ranking(
    recommender: Recommender, rows: np.ndarray, columns: np.ndarray, args: RecommendArgs
) -> Recommendations:
    there = columns.ravel() >= 0
    frame = pd.DataFrame(
        {
            "customer_row": np.repeat(rows, columns.shape[1])[there].astype(np.int32),
            "rank": np.tile(np.arange(1, columns.shape[1] + 1, dtype=np.int32), len(rows))[there],
            "product_row": recommender.interactions.items[columns.ravel()[there]],
        }
    )
    return Recommendations(frame, {"level": "customer", "task": args.task})


def _beside_product(args: RecommendArgs, workspace: Workspace) -> Outcome:
    row = product_row(workspace.dataset, args.product or "")
    names = _names(workspace)
    table = rules(read_baskets(workspace.dataset), row).head(args.limit)
    asked = Fact("asked_product", str(names[row]), Unit.TEXT)
    if table.empty:
        return _by_text(args, workspace, row, asked)
    facts = [asked, *report.rule_facts(table, names, pairs=False)]
    views = (View("together", report.ranked(facts, SubjectKind.PRODUCT), report.RULES),)
    finding = Finding(
        "bought_with_product", tuple(facts), "basket_rules", views=views, currency=workspace.dataset.currency
    )
    return Outcome(finding, Recommendations(_rule_frame(table), {"level": "product"}))


def _by_text(args: RecommendArgs, workspace: Workspace, row: int, asked: Fact) -> Outcome:
    items = np.arange(workspace.dataset.rows[Table.PRODUCTS], dtype=np.int32)
    assortment = read_assortment(workspace.dataset, items, workspace.dataset.need_as_of())
    columns, cosine = most_alike(text_vectors(assortment.products["text"].tolist()), row, args.limit)
    table = pd.DataFrame({"column": columns, "similarity": cosine})
    facts = [asked, *report.text_facts(table, assortment.products["product_name"])]
    views = (View("reads_like", report.ranked(facts, SubjectKind.PRODUCT), ("similarity",)),)
    finding = Finding(
        "reads_like_product",
        tuple(facts),
        "product_text",
        views=views,
        verdict=Verdict.WEAK,
        notes=(Note("too_few_baskets"),),
    )
    frame = pd.DataFrame({"product_row": columns, "rank": range(1, len(columns) + 1), "score": cosine})
    return Outcome(finding, Recommendations(frame, {"level": "product"}))


def _bundles(args: RecommendArgs, workspace: Workspace) -> Outcome:
    baskets = read_baskets(workspace.dataset)
    table = rules(baskets).head(max(args.limit, 5))
    if table.empty:
        raise Insufficient(
            "No two products were in ten baskets together in the last year, so no bundle can be shown.",
            code="no_bundles",
        )
    facts = [
        Fact("baskets", baskets.matrix.shape[0], Unit.ORDERS),
        *report.rule_facts(table, _names(workspace), pairs=True),
    ]
    views = (View("bundles", report.ranked(facts, SubjectKind.PRODUCT), report.RULES),)
    finding = Finding("bundles", tuple(facts), "basket_rules", views=views)
    return Outcome(finding, Recommendations(_rule_frame(table), {"level": "bundle"}))


def _rule_frame(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_row": table["product_row_with"].to_numpy(),
            "of_product_row": table["product_row"].to_numpy(),
            "rank": np.arange(1, len(table) + 1),
            "score": table["lift"].to_numpy(),
        }
    )


def _alike(args: RecommendArgs, workspace: Workspace) -> Outcome:
    row = row_of(args.customer or "")
    recommender = _fitted(args, workspace)
    at = recommender.positions(np.array([row], dtype=np.int32))
    if at.size == 0:
        raise Insufficient(
            "This customer has bought nothing yet, so nobody is alike.", code="no_history_alike"
        )
    table = alike(recommender, int(at[0]), max(args.limit, 5))
    facts = list(report.alike_facts(recommender, table))
    views = (View("alike", report.ranked(facts, SubjectKind.CUSTOMER), ("similarity", "shared_products")),)
    finding = Finding("customers_alike", tuple(facts), "cosine_of_purchases", views=views)
    frame = pd.DataFrame(
        {"customer_row": recommender.interactions.users[table["row"]], "score": table["similarity"]}
    )
    return Outcome(finding, Recommendations(frame, {"level": "alike"}))


def _names(workspace: Workspace) -> pd.Series:
    items = np.arange(workspace.dataset.rows[Table.PRODUCTS], dtype=np.int32)
    assortment = read_assortment(workspace.dataset, items, workspace.dataset.need_as_of())
    return assortment.products["product_name"]


def _finding(
    title: str,
    args: RecommendArgs,
    recommender: Recommender,
    facts: Iterable[Fact],
    views: tuple[View, ...],
    notes: tuple[Note, ...] = (),
) -> Finding:
    measured = recommender.measured
    if measured is None:
        notes = (*notes, Note("not_measured"))
    elif not measured.beats_baseline:
        notes = (*notes, Note("not_better_than_baseline", {"baseline": measured.baseline}))
    given = [Fact("min_margin_percent", args.min_margin_percent, Unit.PERCENT, kind=FactKind.GIVEN)]
    return Finding(
        title,
        (
            *facts,
            *report.size_facts(recommender),
            *report.measured_facts(measured),
            *(given if args.min_margin_percent else ()),
        ),
        f"blend_{args.task}",
        {"parts": ",".join(measured.weights) if measured else "", "rank_by": args.rank_by},
        views=(*views, *report.accuracy_view(measured)),
        quality=report.quality_of(recommender),
        verdict=Verdict.OK if measured and measured.beats_baseline else Verdict.WEAK,
        notes=notes,
    )


_LEVELS: dict[str, Callable[[RecommendArgs, Workspace], Outcome]] = {
    "segment": _for_segments,
    "customer": _for_customer,
    "everyone": _for_everyone,
    "product": _beside_product,
    "bundle": _bundles,
    "alike": _alike,
}


def _keyed(args: RecommendArgs, workspace: Workspace) -> RecommendArgs:
    if args.customer is None:
        return args
    return args.model_copy(update={"customer": customer_key(workspace.dataset, args.customer)})


TOOL = Tool(
    recommend_products,
    RecommendArgs,
    (
        Example("what should we offer each segment?"),
        Example("top 3 products for each segment that they haven't bought yet", args={"limit": 3}),
        Example("recommend something for customer 17850", args={"customer": "17850"}),
        Example("what should I offer ana.10001@example.com", args={"customer": "ana.10001@example.com"}),
        Example("what do people buy with the teapot?", args={"product": "teapot"}),
        Example("which products are bought together?", args={"level": "bundle"}),
        Example("suggest bundles", args={"level": "bundle"}),
        Example("what will they buy again next month?", args={"task": "basket"}),
        Example("which products should champions get next?", args={"segment": "champions"}),
        Example("recommend products ranked by margin", args={"rank_by": "margin"}),
        Example("给每个人群推荐3个没买过的商品", "zh", {"limit": 3}),
        Example("给客户17850推荐商品", "zh", {"customer": "17850"}),
        Example("买茶壶的人还会买什么？", "zh", {"product": "茶壶"}),
        Example("哪些商品经常一起买？", "zh", {"level": "bundle"}),
        Example("推荐几个组合套装", "zh", {"level": "bundle"}),
        Example("每个分层该推什么产品？", "zh"),
        Example("他们下个月会复购什么？", "zh", {"task": "basket"}),
    ),
    produces=Recommendations,
    keyed=_keyed,
)
