"""What goes with a product, without anybody's taste: rules of the baskets, or texts that read alike."""

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Outcome
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, Finding, Note, SubjectKind, Unit, Verdict, View
from marketeer.tools.core.payloads import Recommendations
from marketeer.tools.core.ports import NoIndex
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation import report
from marketeer.tools.recommendation.assortment import Assortment, read_assortment
from marketeer.tools.recommendation.baskets import read_baskets, rules
from marketeer.tools.recommendation.content import Embed, best_products, text_likeness
from marketeer.tools.recommendation.requests import RecommendArgs
from marketeer.tools.warehouse.goods import shop_words
from marketeer.tools.warehouse.names import product_row

FEWEST_BUNDLES = 5
"""Shown even where fewer were asked for."""


def beside_product(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Say what shares baskets with a product; where too few hold it, what reads like it."""
    row = asked_product(args, workspace)
    catalogue = catalogue_of(workspace)
    names = catalogue.products["product_name"]
    table = rules(read_baskets(workspace.dataset), row)
    offered = catalogue.allowed(args.min_margin_percent)[table["product_row_with"]]
    table = table[offered & (table["lift_low"] > 1)].head(args.limit)
    asked = Fact("asked_product", str(names[row]), Unit.TEXT)
    if table.empty:
        return _by_text(args, workspace, row, catalogue)
    facts = [asked, *report.rule_facts(table, names, pairs=False)]
    views = (View("together", report.ranked(facts, SubjectKind.PRODUCT), report.RULES),)
    finding = Finding("bought_with_product", tuple(facts), "basket_rules", views=views)
    return Outcome(finding, Recommendations(_rule_frame(table), {"level": "product"}))


def asked_product(args: RecommendArgs, workspace: Workspace) -> int:
    """Find the product asked for, also by a Chinese word in an English shop; raises `Retry` when unsure."""
    words = shop_words(workspace.dataset, args.product or "", workspace.ports.vocabulary)
    return product_row(workspace.dataset, words)


def _by_text(args: RecommendArgs, workspace: Workspace, row: int, catalogue: Assortment) -> Outcome:
    texts, names = catalogue.products["text"].tolist(), catalogue.products["product_name"]
    likeness = text_likeness(texts, row, embedder(workspace))
    likeness[row], likeness[~catalogue.allowed(args.min_margin_percent)] = -1.0, -1.0
    columns = best_products(likeness, args.limit)
    table = pd.DataFrame({"column": columns, "similarity": likeness[columns]})
    facts = [Fact("asked_product", str(names[row]), Unit.TEXT), *report.text_facts(table, names)]
    views = (View("reads_like", report.ranked(facts, SubjectKind.PRODUCT), ("similarity",)),)
    finding = Finding(
        "reads_like_product",
        tuple(facts),
        "product_text",
        views=views,
        verdict=Verdict.WEAK,
        notes=(Note("too_few_baskets"),),
    )
    frame = pd.DataFrame(
        {"product_row": columns, "rank": range(1, len(columns) + 1), "score": likeness[columns]}
    )
    return Outcome(finding, Recommendations(frame, {"level": "product"}))


def embedder(workspace: Workspace) -> Embed | None:
    """Give the embedder of product texts; None where there is none."""
    index = workspace.ports.index
    return None if index.fingerprint == NoIndex.fingerprint else index.product_vectors


def bundles(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Say which pairs of products that are still sold share baskets far oftener than by chance."""
    baskets, catalogue = read_baskets(workspace.dataset), catalogue_of(workspace)
    table, offered = rules(baskets), catalogue.allowed(args.min_margin_percent)
    both = offered[table["product_row"]] & offered[table["product_row_with"]] & (table["lift_low"] > 1)
    table = table[both].head(max(args.limit, FEWEST_BUNDLES))
    if table.empty:
        raise Insufficient(
            "No two products that are still sold share ten baskets of the last year, and oftener than by "
            "chance, so no bundle can be shown.",
            code="no_bundles",
        )
    facts = [
        Fact("baskets", baskets.matrix.shape[0], Unit.ORDERS),
        *report.rule_facts(table, catalogue.products["product_name"], pairs=True),
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


def catalogue_of(workspace: Workspace) -> Assortment:
    """Read all products, bought or not, by product row."""
    items = np.arange(workspace.dataset.rows[Table.PRODUCTS], dtype=np.int32)
    return read_assortment(workspace.dataset, items, workspace.dataset.need_as_of())
