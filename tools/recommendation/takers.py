"""Whom to tell: customers who buy like one customer, like a segment, or who would want a product."""

from dataclasses import replace

import numpy as np
import pandas as pd

from marketeer.tools.core.contract import Outcome
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, Finding, Note, SubjectKind, Unit, Verdict, View, segment
from marketeer.tools.core.payloads import Recommendations, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation import report
from marketeer.tools.recommendation.answers import blended, fitted
from marketeer.tools.recommendation.beside import asked_product, catalogue_of, embedder
from marketeer.tools.recommendation.content import text_likeness
from marketeer.tools.recommendation.people import alike, like_members, readers, takers
from marketeer.tools.recommendation.recommender import Recommender
from marketeer.tools.recommendation.requests import RecommendArgs
from marketeer.tools.warehouse.names import row_of

FEWEST_PEOPLE = 5
"""Shown even where fewer were asked for."""


def like_customer(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Find the customers whose purchases are nearest to one customer's."""
    recommender = fitted(args, workspace)
    at = recommender.positions(np.array([row_of(args.customer or "")], dtype=np.int32))
    if at.size == 0:
        raise Insufficient(
            "This customer has bought nothing yet, so nobody is alike.", code="no_history_alike"
        )
    table = alike(recommender, int(at[0]), _people(args))
    facts = tuple(report.people_facts(recommender, table))
    return _told(Finding("customers_alike", facts, "cosine_of_purchases"), recommender, table)


def like_segment(args: RecommendArgs, workspace: Workspace, segmentation: Segmentation, code: str) -> Outcome:
    """Find the customers outside a segment who buy as its members do."""
    recommender = fitted(args, workspace)
    members = recommender.positions(segmentation.rows_of(code))
    if members.size in (0, recommender.interactions.users.size):
        raise Insufficient(
            "Nobody inside, or nobody outside, this segment has bought anything, so nobody can be compared.",
            code="no_history_alike",
        )
    table = like_members(recommender, members, _people(args))
    size = Fact("members_compared", members.size, Unit.CUSTOMERS, segment(code))
    facts = (size, *report.people_facts(recommender, table))
    return _told(Finding("customers_like_segment", facts, "cosine_with_members"), recommender, table)


def takers_of_product(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Find the customers who would want a product: by their own lists, or by text where it is new."""
    row = asked_product(args, workspace)
    recommender = fitted(args, workspace)
    items = recommender.interactions.items
    column = int(np.searchsorted(items, row))
    if column == items.size or items[column] != row:
        return _takers_of_new(row, args, workspace, recommender)
    allowed = recommender.assortment.allowed()
    if not allowed[column]:
        raise Insufficient(
            "This product is out of stock or no longer sold, so it is offered to nobody.", code="not_offered"
        )
    table = takers(recommender, column, _people(args), allowed)
    facts = (
        Fact("asked_product", str(recommender.assortment.products["product_name"][column]), Unit.TEXT),
        Fact("owners", int(recommender.buyers[:, [column]].nnz), Unit.CUSTOMERS),
        Fact("in_own_list", int(table.attrs["listed"]), Unit.CUSTOMERS),
        *report.people_facts(recommender, table),
    )
    return _told(blended("customers_for_product", args, recommender, facts), recommender, table)


def _takers_of_new(row: int, args: RecommendArgs, workspace: Workspace, recommender: Recommender) -> Outcome:
    catalogue = catalogue_of(workspace)
    likeness = text_likeness(catalogue.products["text"].tolist(), row, embedder(workspace))
    table = readers(recommender, likeness[recommender.interactions.items], _people(args))
    asked = Fact("asked_product", str(catalogue.products["product_name"][row]), Unit.TEXT)
    facts = (asked, *report.people_facts(recommender, table))
    finding = Finding(
        "customers_for_new_product", facts, "product_text", verdict=Verdict.WEAK, notes=(Note("unsold"),)
    )
    return _told(finding, recommender, table)


def _people(args: RecommendArgs) -> int:
    return max(args.limit, FEWEST_PEOPLE)


def _told(finding: Finding, recommender: Recommender, table: pd.DataFrame) -> Outcome:
    people = report.ranked(finding.facts, SubjectKind.CUSTOMER)
    views = (View("alike", people, report.told(finding.facts, report.PEOPLE)), *finding.views)
    frame = pd.DataFrame(
        {
            "customer_row": recommender.interactions.users[table["row"]],
            "rank_of_customer": range(1, len(table) + 1),
        }
    )
    return Outcome(replace(finding, views=views), Recommendations(frame, {"level": "alike"}))
