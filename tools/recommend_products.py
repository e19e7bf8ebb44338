"""What to offer whom: products for a customer, a segment, a basket, or beside another product."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import COUNTRY, Table
from marketeer.tools.core.contract import Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Retry
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
from marketeer.tools.recommendation.assortment import shipped_to
from marketeer.tools.recommendation.beside import (
    asked_product,
    beside_product,
    bundles,
    catalogue_of,
    embedder,
)
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.content import text_likeness
from marketeer.tools.recommendation.levels import (
    RECENT_DAYS,
    Choice,
    best_sellers,
    for_customer,
    for_segments,
)
from marketeer.tools.recommendation.people import alike, like_members, readers, takers
from marketeer.tools.recommendation.recommender import Lists, Recommender, fit
from marketeer.tools.recommendation.requests import Level, RecommendArgs
from marketeer.tools.recommendation.streamed import StreamedLists
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.names import customer_key, row_of
from marketeer.tools.warehouse.selection import known_values, spelt

_EMPTY = pd.DataFrame({"customer_row": [], "rank": [], "product_row": []}, dtype="int32")

FEWEST_PEOPLE = 5
"""Shown even where fewer were asked for."""


def recommend_products(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Rank products to offer to segments, to one customer or to everyone, or find what is bought together.

    Use for "what should we offer whom", "top products they haven't bought yet", "what goes with the teapot",
    "which products are bought together", "what sells together with tea" (level bundle), "customers with
    similar taste", "what will they buy again" (task basket). A blend of neighbourhoods, an item model,
    product text and recent sales, measured against best-sellers. Discontinued products are left out.
    """
    workspace.dataset.need(Table.ORDER_LINES)
    level = args.level if args.level != "auto" else _level(args)
    outcome = _LEVELS[level](args, workspace)
    return replace(outcome, finding=replace(outcome.finding, currency=workspace.dataset.currency))


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
    segmentation, asked = _segmentation(args, workspace)
    recommender = _fitted(args, workspace)
    choice = _choice(args, workspace, recommender)
    members = {
        code: rows
        for code in segmentation.segments
        if (rows := recommender.positions(segmentation.rows_of(code))).size
    }
    facts: list[Fact] = []
    views, lists = [], []
    for code, table in for_segments(recommender, members, choice):
        if code not in asked:
            continue
        facts += report.segment_facts(recommender, table, segment(code))
        ranked = tuple(f.subject for f in facts if f.name == "rank" and f.subject.within == segment(code))
        views.append(View(f"for_{code}", ranked, ("reach", "over_index", "owned")))
        lists.append(table.assign(segment=code, rank=range(1, len(table) + 1), score=table["reach"]))
    finding = _finding("recommended_to_segments", args, recommender, facts, tuple(views))
    frame = pd.concat(lists, ignore_index=True) if lists else pd.DataFrame({"column": []})
    frame["product_row"] = recommender.interactions.items[frame["column"].to_numpy(dtype=int)]
    about = {"level": "segment", "task": args.task}
    return Outcome(finding, Recommendations(frame.drop(columns="column"), about))


def _segmentation(args: RecommendArgs, workspace: Workspace) -> tuple[Segmentation, tuple[str, ...]]:
    """Give the segmentation to recommend by, and the segments of it that were asked for."""
    segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
    if args.segment is None:
        return segmentation, segmentation.segments
    return segmentation, (resolve_segment(segmentation, args.segment, workspace.ports.vocabulary),)


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
    columns = report.told(facts, ("chance", "expected_margin", "because"))
    views = (View("products", report.ranked(facts, SubjectKind.PRODUCT), columns),)
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


def _alike(args: RecommendArgs, workspace: Workspace) -> Outcome:
    if args.product is not None:
        return _for_product(args, workspace)
    if args.customer is None:
        return _like_segment(args, workspace)
    recommender = _fitted(args, workspace)
    at = recommender.positions(np.array([row_of(args.customer)], dtype=np.int32))
    if at.size == 0:
        raise Insufficient(
            "This customer has bought nothing yet, so nobody is alike.", code="no_history_alike"
        )
    table = alike(recommender, int(at[0]), max(args.limit, FEWEST_PEOPLE))
    facts = tuple(report.people_facts(recommender, table))
    return _people(Finding("customers_alike", facts, "cosine_of_purchases"), recommender, table)


def _like_segment(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Look for customers outside a segment who buy as its members do."""
    if args.segment is None:
        raise Retry("Like whom? Name a customer, a segment or a product for level alike.", code="alike_whom")
    segmentation, (code,) = _segmentation(args, workspace)
    recommender = _fitted(args, workspace)
    members = recommender.positions(segmentation.rows_of(code))
    if members.size in (0, recommender.interactions.users.size):
        raise Insufficient(
            "Nobody inside, or nobody outside, this segment has bought anything, so nobody can be compared.",
            code="no_history_alike",
        )
    table = like_members(recommender, members, max(args.limit, FEWEST_PEOPLE))
    size = Fact("members_compared", members.size, Unit.CUSTOMERS, segment(code))
    facts = (size, *report.people_facts(recommender, table))
    return _people(Finding("customers_like_segment", facts, "cosine_with_members"), recommender, table)


def _for_product(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Look for the customers who would want a product: by their own lists, or by text where it is new."""
    row, k = asked_product(args, workspace), max(args.limit, FEWEST_PEOPLE)
    recommender = _fitted(args, workspace)
    items = recommender.interactions.items
    column = int(np.searchsorted(items, row))
    if column == items.size or items[column] != row:
        catalogue = catalogue_of(workspace)
        likeness = text_likeness(catalogue.products["text"].tolist(), row, embedder(workspace))
        table = readers(recommender, likeness[items], k)
        asked = Fact("asked_product", str(catalogue.products["product_name"][row]), Unit.TEXT)
        facts = (asked, *report.people_facts(recommender, table))
        finding = Finding(
            "customers_for_new_product", facts, "product_text", verdict=Verdict.WEAK, notes=(Note("unsold"),)
        )
        return _people(finding, recommender, table)
    allowed = recommender.assortment.allowed()
    if not allowed[column]:
        raise Insufficient(
            "This product is out of stock or no longer sold, so it is offered to nobody.", code="not_offered"
        )
    table = takers(recommender, column, k, allowed)
    asked = Fact("asked_product", str(recommender.assortment.products["product_name"][column]), Unit.TEXT)
    facts = (
        asked,
        Fact("owners", int(recommender.buyers[:, [column]].nnz), Unit.CUSTOMERS),
        Fact("in_own_list", int(table.attrs["listed"]), Unit.CUSTOMERS),
        *report.people_facts(recommender, table),
    )
    return _people(_finding("customers_for_product", args, recommender, facts, ()), recommender, table)


def _people(finding: Finding, recommender: Recommender, table: pd.DataFrame) -> Outcome:
    people = report.ranked(finding.facts, SubjectKind.CUSTOMER)
    views = (View("alike", people, report.told(finding.facts, report.PEOPLE)), *finding.views)
    frame = pd.DataFrame(
        {
            "customer_row": recommender.interactions.users[table["row"]],
            "rank_of_customer": range(1, len(table) + 1),
        }
    )
    return Outcome(replace(finding, views=views), Recommendations(frame, {"level": "alike"}))


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
    "product": beside_product,
    "bundle": bundles,
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
        Example("recommend 4 products for each segment", args={"limit": 4}),
        Example("recommend products for C10005", args={"customer": "C10005"}),
        Example("what should we offer each segment?"),
        Example("top 3 products for each segment that they haven't bought yet", args={"limit": 3}),
        Example("recommend something for customer 17850", args={"customer": "17850"}),
        Example("what should I offer ana.10001@example.com", args={"customer": "ana.10001@example.com"}),
        Example("what do people buy with the teapot?", args={"product": "teapot"}),
        Example(
            "a list of 3 recommended products for every customer", args={"level": "everyone", "limit": 3}
        ),
        Example("personal recommendations for all customers", args={"level": "everyone"}),
        Example("who would want the teapot?", args={"level": "alike", "product": "teapot"}),
        Example(
            "which customers should we tell about the new teapot",
            args={"level": "alike", "product": "teapot"},
        ),
        Example(
            "who buys like our champions but is not one", args={"level": "alike", "segment": "champions"}
        ),
        Example(
            "who would want the red retrospot cake stand?",
            args={"level": "alike", "product": "red retrospot cake stand"},
        ),
        Example(
            "who should get the new garden lantern", args={"level": "alike", "product": "garden lantern"}
        ),
        Example(
            "who would want the vintage sewing kit?", args={"level": "alike", "product": "vintage sewing kit"}
        ),
        Example("who would buy the teapot?", args={"level": "alike", "product": "teapot"}),
        Example("what goes with candles", args={"product": "candles"}),
        Example("which products are bought together?", args={"level": "bundle"}),
        Example("what sells together with tea?", args={"level": "bundle", "product": "tea"}),
        Example("suggest bundles", args={"level": "bundle"}),
        Example("what will they buy again next month?", args={"task": "basket"}),
        Example("which products should champions get next?", args={"segment": "champions"}),
        Example("recommend products ranked by margin", args={"rank_by": "margin"}),
        Example("给每个人群推荐3个没买过的商品", "zh", {"limit": 3}),
        Example("给客户17850推荐商品", "zh", {"customer": "17850"}),
        Example("买茶壶的人还会买什么？", "zh", {"product": "茶壶"}),
        Example("给每位客户生成推荐清单，每人5个", "zh", {"level": "everyone", "limit": 5}),
        Example("which customers might like the candle", args={"level": "alike", "product": "candle"}),
        Example("谁会想买茶壶？", "zh", {"level": "alike", "product": "茶壶"}),
        Example("哪些客户和冠军客户买得相似？", "zh", {"level": "alike", "segment": "冠军客户"}),
        Example("谁会对蛋糕架感兴趣？", "zh", {"level": "alike", "product": "蛋糕架"}),
        Example("哪些客户会想要红色圆点蛋糕架？", "zh", {"level": "alike", "product": "红色圆点蛋糕架"}),
        Example("谁会想要复古旅行针线包？", "zh", {"level": "alike", "product": "复古旅行针线包"}),
        Example("哪些商品经常一起买？", "zh", {"level": "bundle"}),
        Example("哪些商品常和茶一起卖？", "zh", {"level": "bundle", "product": "茶"}),
        Example("和蜡烛一起卖得好的是什么？", "zh", {"level": "bundle", "product": "蜡烛"}),
        Example("茶和什么一起卖？", "zh", {"level": "bundle", "product": "茶"}),
        Example("跟茶叶搭配卖的有哪些？", "zh", {"level": "bundle", "product": "茶叶"}),
        Example("推荐几个组合套装", "zh", {"level": "bundle"}),
        Example("每个分层该推什么产品？", "zh"),
        Example("他们下个月会复购什么？", "zh", {"task": "basket"}),
    ),
    produces=Recommendations,
    uses=("index",),
    keyed=_keyed,
    version=3,
)
