"""What to offer: products for each segment, for one customer, or for everyone."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.contract import Outcome
from marketeer.tools.core.findings import Fact, Note, Subject, SubjectKind, Unit, View, segment
from marketeer.tools.core.payloads import Recommendations, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation import report
from marketeer.tools.recommendation.answers import blended, choice, fitted
from marketeer.tools.recommendation.levels import (
    RECENT_DAYS,
    Choice,
    best_sellers,
    for_customer,
    for_segments,
)
from marketeer.tools.recommendation.recommender import Lists, Recommender
from marketeer.tools.recommendation.requests import RecommendArgs
from marketeer.tools.recommendation.streamed import StreamedLists
from marketeer.tools.warehouse.names import row_of

_EMPTY = pd.DataFrame({"customer_row": [], "rank": [], "product_row": []}, dtype="int32")


def offers_to_segments(
    args: RecommendArgs, workspace: Workspace, segmentation: Segmentation, asked: Sequence[str]
) -> Outcome:
    """Rank products for the segments asked about, against all segments of the segmentation."""
    recommender = fitted(args, workspace)
    allowed = choice(args, workspace, recommender)
    members = {
        code: rows
        for code in segmentation.segments
        if (rows := recommender.positions(segmentation.rows_of(code))).size
    }
    facts: list[Fact] = []
    views, lists = [], []
    for code, table in for_segments(recommender, members, allowed):
        if code not in asked:
            continue
        facts += report.segment_facts(recommender, table, segment(code))
        ranked = tuple(f.subject for f in facts if f.name == "rank" and f.subject.within == segment(code))
        views.append(View(f"for_{code}", ranked, ("reach", "over_index", "owned")))
        lists.append(table.assign(segment=code, rank=range(1, len(table) + 1), score=table["reach"]))
    finding = blended("recommended_to_segments", args, recommender, facts, tuple(views))
    frame = pd.concat(lists, ignore_index=True) if lists else pd.DataFrame({"column": []})
    frame["product_row"] = recommender.interactions.items[frame["column"].to_numpy(dtype=int)]
    about = {"level": "segment", "task": args.task}
    return Outcome(finding, Recommendations(frame.drop(columns="column"), about))


def offers_to_customer(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Rank products for one customer, with the purchases each is recommended because of."""
    row = row_of(args.customer or "")
    recommender = fitted(args, workspace)
    allowed = choice(args, workspace, recommender)
    customer = Subject(SubjectKind.CUSTOMER, f"row {row}")
    at = recommender.positions(np.array([row], dtype=np.int32))
    if at.size == 0:
        return _to_newcomer(args, recommender, allowed, customer)
    table = for_customer(recommender, int(at[0]), allowed)
    facts = list(report.customer_facts(recommender, table, customer))
    columns = report.told(facts, ("chance", "expected_margin", "because"))
    views = (View("products", report.ranked(facts, SubjectKind.PRODUCT), columns),)
    owned = int(recommender.owned[[int(at[0])]].nnz)
    facts.append(Fact("products_owned", owned, Unit.PRODUCTS, customer))
    finding = blended("recommended_to_customer", args, recommender, facts, views)
    return Outcome(finding, _list_of(row, recommender, table["column"].to_numpy(), args))


def _to_newcomer(
    args: RecommendArgs, recommender: Recommender, allowed: Choice, customer: Subject
) -> Outcome:
    """Offer somebody without purchases what sells now; there is nothing personal to go by."""
    columns = best_sellers(recommender, args.limit, allowed.allowed)
    buyers = recommender.interactions.recent_buyers(RECENT_DAYS)
    names = recommender.assortment.products["product_name"]
    facts = [
        Fact("recent_buyers", int(buyers[c]), Unit.CUSTOMERS, report.product(str(names[c]), customer))
        for c in columns
    ]
    views = (View("products", report.ranked(facts, SubjectKind.PRODUCT), ("recent_buyers",)),)
    finding = blended("recommended_to_newcomer", args, recommender, facts, views, (Note("no_history"),))
    return Outcome(finding, _list_of(row_of(customer.name), recommender, columns, args))


def _list_of(
    row: int, recommender: Recommender, columns: NDArray[np.int64], args: RecommendArgs
) -> Recommendations:
    there = columns[columns >= 0]
    frame = pd.DataFrame(
        {
            "customer_row": np.full(there.size, row, dtype=np.int32),
            "rank": np.arange(1, columns.size + 1, dtype=np.int32)[columns >= 0],
            "product_row": recommender.interactions.items[there],
        }
    )
    return Recommendations(frame, {"level": "customer", "task": args.task})


def offers_to_everyone(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Rank products for every customer; the lists are made as they are written."""
    recommender = fitted(args, workspace)
    allowed = choice(args, workspace, recommender)
    rows = np.arange(recommender.interactions.users.size, dtype=np.int32)
    facts = [
        Fact("customers_ranked", rows.size, Unit.CUSTOMERS),
        Fact("products_each", args.limit, Unit.PRODUCTS),
    ]
    finding = blended("recommended_to_everyone", args, recommender, facts)
    lists = _reported(recommender.stream(rows, allowed.k, allowed.allowed), rows.size, workspace)
    about = {"level": "everyone", "task": args.task}
    return Outcome(finding, StreamedLists(_EMPTY, about, lists, recommender.interactions.items))


def _reported(lists: Iterable[Lists], customers: int, workspace: Workspace) -> Iterator[Lists]:
    done = 0
    for block in lists:
        done += block.rows.size
        workspace.ports.progress.report("ranking", done, customers)
        yield block
