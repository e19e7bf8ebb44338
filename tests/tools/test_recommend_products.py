from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools import catalog
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SubjectKind, Verdict
from marketeer.tools.core.payloads import Recommendations
from marketeer.tools.core.ports import Silent
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommend_products import TOOL
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.recommender import fit
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.sources.loading import LoadOptions, load
from tests.shops import publish_shop, shop_frames, workspace_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("recommend")
    workspace = workspace_of(folder, load_demo(folder))
    return replace(workspace, runner=CatalogRunner(catalog, workspace))


def test_on_the_demo_shop_the_blend_beats_the_best_seller_list(demo: Workspace) -> None:
    finding = run(TOOL, {}, demo)
    assert finding.verdict is Verdict.OK
    assert finding.quality.beats_baseline
    assert finding.quality.measures["blend"] > 1.5 * finding.quality.measures["recent_28"]


def test_discovery_never_lists_what_the_customer_owns_or_what_is_not_available(demo: Workspace) -> None:
    finding = run(TOOL, {"level": "everyone", "limit": 5}, demo)
    lists = Recommendations.load(demo.payload_folder(finding.id)).frame
    owned = demo.dataset.frame(
        "SELECT customer_row, product_row FROM order_lines WHERE customer_row IS NOT NULL "
        "GROUP BY ALL HAVING sum(quantity) > 0"
    )
    assert lists.merge(owned, on=["customer_row", "product_row"]).empty
    gone = demo.dataset.frame("SELECT product_row FROM products WHERE NOT available")["product_row"]
    assert not lists["product_row"].isin(gone).any()
    assert lists.groupby("customer_row")["rank"].max().max() == 5


def test_the_popularity_trap_is_not_for_everyone(demo: Workspace) -> None:
    finding = run(TOOL, {"level": "everyone", "limit": 5}, demo)
    lists = Recommendations.load(demo.payload_folder(finding.id)).frame
    names = demo.dataset.frame("SELECT product_row, product_name FROM products").set_index("product_row")
    trap = lists["product_row"].map(names["product_name"]) == "Paper Gift Bag"
    without = demo.dataset.frame(
        "SELECT count(*) AS n FROM customers WHERE customer_row NOT IN (SELECT customer_row FROM order_lines "
        "JOIN products USING (product_row) WHERE product_name = 'Paper Gift Bag')"
    )["n"].iloc[0]
    assert lists.loc[trap, "customer_row"].nunique() < 0.4 * without


def test_a_basket_may_hold_what_the_customer_owns(demo: Workspace) -> None:
    finding = run(TOOL, {"customer": "C10005", "task": "basket", "limit": 10}, demo)
    row = int(next(finding.subjects(SubjectKind.CUSTOMER)).name.removeprefix("row "))
    frame = Recommendations.load(demo.payload_folder(finding.id)).frame
    owned = demo.dataset.frame("SELECT DISTINCT product_row FROM order_lines WHERE customer_row = ?", [row])
    assert frame["product_row"].isin(owned["product_row"]).any()


def test_the_reasons_are_own_purchases(demo: Workspace) -> None:
    finding = run(TOOL, {"customer": "C10005", "limit": 5}, demo)
    row = int(next(finding.subjects(SubjectKind.CUSTOMER)).name.removeprefix("row "))
    owned = demo.dataset.frame(
        "SELECT DISTINCT product_name FROM order_lines JOIN products USING (product_row) "
        "WHERE customer_row = ?",
        [row],
    )["product_name"].tolist()
    reasons = [str(fact.value) for fact in finding.facts if fact.name == "because"]
    assert reasons
    assert all(part in owned for text in reasons for part in text.split("; "))


def test_ranking_by_margin_puts_the_largest_expected_margin_first(demo: Workspace) -> None:
    finding = run(TOOL, {"customer": "C10005", "rank_by": "margin", "limit": 8}, demo)
    margins = [float(fact.value) for fact in finding.facts if fact.name == "expected_margin"]
    assert margins == sorted(margins, reverse=True)


def test_at_most_so_many_of_a_category(demo: Workspace) -> None:
    finding = run(TOOL, {"customer": "C10005", "max_per_category": 1, "limit": 6}, demo)
    frame = Recommendations.load(demo.payload_folder(finding.id)).frame
    categories = demo.dataset.frame("SELECT product_row, category FROM products").set_index("product_row")
    assert frame["product_row"].map(categories["category"]).is_unique


def test_an_email_never_reaches_the_ledger(demo: Workspace) -> None:
    email = demo.dataset.frame("SELECT email FROM customers WHERE customer_id = 'C10005'")["email"].iloc[0]
    finding = run(TOOL, {"customer": email}, demo)
    assert email not in demo.ledger.get(finding.id).recipe.args.values()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"customer": "C10005"},
        {"level": "everyone"},
        {"level": "bundle"},
        {"product": "porcelain teapot"},
        {"level": "alike", "customer": "C10005"},
    ],
)
def test_every_answer_is_worded(demo: Workspace, args: dict[str, object], language: str) -> None:
    text = word_finding(run(TOOL, args, demo), language)
    assert "_" not in text.replace("[F", "")


def test_unknown_names_are_asked_back(demo: Workspace) -> None:
    with pytest.raises(Retry, match="could be several products"):
        run(TOOL, {"product": "teapot"}, demo)
    with pytest.raises(Retry, match="No customer"):
        run(TOOL, {"customer": "nobody@example.org"}, demo)
    with pytest.raises(Retry, match="Nearest"):
        run(TOOL, {"segment": "the rich"}, demo)


def test_a_shop_whose_customers_never_return_gets_the_best_sellers_and_is_told_so(tmp_path: Path) -> None:
    frames = shop_frames(120)
    orders = frames[Table.ORDERS].drop_duplicates("customer_row")
    lines = frames[Table.ORDER_LINES]
    lines = lines[lines["order_id"].isin(orders["order_id"])]
    workspace = workspace_of(
        tmp_path, publish_shop(tmp_path, {**frames, Table.ORDERS: orders, Table.ORDER_LINES: lines})
    )
    finding = run(TOOL, {"customer": "C0003"}, workspace)
    assert finding.verdict is Verdict.WEAK
    assert "not_measured" in {note.code for note in finding.notes}


def test_a_customer_without_purchases_gets_what_sells(tmp_path: Path) -> None:
    frames = shop_frames(120)
    lines = frames[Table.ORDER_LINES]
    kept = {**frames, Table.ORDER_LINES: lines[lines["customer_row"] != 7]}
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, kept))
    finding = run(TOOL, {"customer": "row 7"}, workspace)
    assert finding.title == "recommended_to_newcomer"


def _shop(folder: Path, frames: dict[Table, pd.DataFrame]) -> Workspace:
    return workspace_of(folder, publish_shop(folder, frames))


def test_a_catalogue_of_one_and_one_of_nothing_available_are_said(tmp_path: Path) -> None:
    frames = shop_frames(60)
    one = frames[Table.ORDER_LINES].assign(product_row=0)
    single = workspace_of(
        tmp_path / "one", publish_shop(tmp_path / "one", {**frames, Table.ORDER_LINES: one})
    )
    with pytest.raises(Insufficient, match="Only one product"):
        run(TOOL, {"customer": "row 1"}, single)
    products = frames[Table.PRODUCTS].assign(available=False)
    gone = workspace_of(
        tmp_path / "gone", publish_shop(tmp_path / "gone", {**frames, Table.PRODUCTS: products})
    )
    with pytest.raises(Insufficient, match="No product is left"):
        run(TOOL, {"customer": "row 1"}, gone)


@pytest.mark.real
def test_online_retail_reaches_the_reference_figures(real_data: Path, tmp_path: Path) -> None:
    dataset = load([real_data / "online_retail.csv.gz"], tmp_path, LoadOptions(), Silent()).dataset
    for task, least in ((Task.DISCOVERY, 0.110), (Task.BASKET, 0.36)):
        measured = fit(dataset, task, tmp_path / "models").measured
        assert measured is not None
        assert measured.blend.ndcg >= least
        assert measured.beats_baseline
