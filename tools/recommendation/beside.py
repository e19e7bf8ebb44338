"""What goes with a product, without anybody's taste: rules of the baskets, or texts that read alike.

A word that names more products than can be asked back stands for all of them: "tea" is every tea towel.
"""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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

MOST_ASKED_BACK = 6
"""A word for more products than this is answered for all of them; for fewer, it is asked which is meant."""

_IDLE = frozenset({"the", "a", "an", "our", "any", "product", "商品", "产品"})
_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")


def beside_product(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Say what shares baskets with a product; where too few hold it, what reads like it."""
    catalogue = catalogue_of(workspace)
    if called(args, workspace, catalogue).sum() > MOST_ASKED_BACK:
        return bundles(args, workspace)
    row = asked_product(args, workspace)
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


def called(args: RecommendArgs, workspace: Workspace, catalogue: Assortment) -> NDArray[np.bool_]:
    """Tell which products have all the words asked for in their name, or are of that category.

    A plural is as good as its singular; Chinese, which is not spaced, may stand anywhere in the name.
    """
    text = shop_words(workspace.dataset, args.product or "", workspace.ports.vocabulary)
    names, categories = catalogue.products["product_name"], catalogue.products["category"].fillna("")
    exact: NDArray[np.bool_] = (names.str.casefold() == text.strip().casefold()).to_numpy(bool)
    if exact.any():
        return exact
    wanted = _words(text)
    found = [
        wanted <= _words(name) or wanted == _words(category) or _within(wanted, name)
        for name, category in zip(names, categories, strict=True)
    ]
    return np.array(found, dtype=bool) & bool(wanted)


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(str(text).casefold())} - _IDLE


def _within(wanted: set[str], name: str) -> bool:
    return all(not word.isascii() and word in str(name) for word in wanted)


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
    """Say which pairs of products that are still sold share baskets far oftener than by chance.

    Where a word is asked for, one of the two has it.
    """
    baskets, catalogue = read_baskets(workspace.dataset), catalogue_of(workspace)
    table, offered = rules(baskets), catalogue.allowed(args.min_margin_percent)
    both = offered[table["product_row"]] & offered[table["product_row_with"]] & (table["lift_low"] > 1)
    family = _family(args, workspace, catalogue)
    if family is not None:
        both &= family[table["product_row"]] | family[table["product_row_with"]]
    table = table[both].head(max(args.limit, FEWEST_BUNDLES))
    if table.empty and family is not None:
        raise Insufficient(
            f"No product with '{args.product}' shares ten baskets of the last year with another, and oftener "
            "than by chance. Name one product to see what reads like it.",
            code="no_bundles_with",
            name=args.product,
        )
    if table.empty:
        raise Insufficient(
            "No two products that are still sold share ten baskets of the last year, and oftener than by "
            "chance, so no bundle can be shown.",
            code="no_bundles",
        )
    asked = (
        []
        if family is None
        else [
            Fact("asked_word", str(args.product), Unit.TEXT),
            Fact("products_called", int(family.sum()), Unit.PRODUCTS),
        ]
    )
    facts = [
        *asked,
        Fact("baskets", baskets.matrix.shape[0], Unit.ORDERS),
        *report.rule_facts(table, catalogue.products["product_name"], pairs=True),
    ]
    views = (View("bundles", report.ranked(facts, SubjectKind.PRODUCT), report.RULES),)
    title = "bundles" if family is None else "bundles_with_word"
    finding = Finding(title, tuple(facts), "basket_rules", views=views)
    return Outcome(finding, Recommendations(_rule_frame(table), {"level": "bundle"}))


def _family(args: RecommendArgs, workspace: Workspace, catalogue: Assortment) -> NDArray[np.bool_] | None:
    """Give the products a word stands for, or the one product it is nearest to; None where none is asked."""
    if args.product is None:
        return None
    family = called(args, workspace, catalogue)
    if not family.any():
        family[asked_product(args, workspace)] = True
    return family


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
