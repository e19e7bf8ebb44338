from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.wording import word_finding
from marketeer.tools import catalog
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import SubjectKind, Verdict
from marketeer.tools.core.payloads import Recommendations, Segmentation
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
        {"level": "alike", "segment": "champions"},
        {"level": "alike", "product": "porcelain teapot"},
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


def test_who_would_want_a_product_is_who_does_not_have_it_and_has_it_high_in_the_own_list(
    demo: Workspace,
) -> None:
    finding = run(TOOL, {"level": "alike", "product": "porcelain teapot", "limit": 8}, demo)
    people = [subject.name for subject in finding.subjects(SubjectKind.CUSTOMER)]
    asked = finding.fact("asked_product")
    assert asked is not None
    owners = demo.dataset.frame(
        "SELECT DISTINCT customer_row FROM order_lines JOIN products USING (product_row) "
        "WHERE product_name = ? AND customer_row IS NOT NULL",
        [str(asked.value)],
    )["customer_row"]
    assert len(people) == 8
    assert not {f"row {row}" for row in owners} & set(people)
    places = [fact.value for fact in finding.facts if fact.name == "place_in_list"]
    assert places == sorted(places)
    listed = finding.fact("in_own_list")
    assert listed is not None
    lists = Recommendations.load(
        demo.payload_folder(run(TOOL, {"level": "everyone", "limit": 10}, demo).id)
    ).frame
    name = demo.dataset.frame("SELECT product_row FROM products WHERE product_name = ?", [str(asked.value)])
    assert listed.value == (lists["product_row"] == int(name["product_row"].iloc[0])).sum()


def test_customers_like_a_segment_are_outside_it(demo: Workspace) -> None:
    finding = run(TOOL, {"level": "alike", "segment": "champions"}, demo)
    members = demo.require(Segmentation).rows_of("champions")
    people = {int(one.name.removeprefix("row ")) for one in finding.subjects(SubjectKind.CUSTOMER)}
    assert people
    assert not people & set(members.tolist())
    likeness = [fact.value for fact in finding.facts if fact.name == "similarity"]
    assert likeness == sorted(likeness, reverse=True)
    with pytest.raises(Retry, match="Like whom"):
        run(TOOL, {"level": "alike"}, demo)


def _two_tastes(folder: Path) -> Workspace:
    """A shop of tea and garden buyers, with a tea product nobody has bought."""
    frames = shop_frames(200, seed=4)
    kinds = ["tea caddy", "tea pot", "tea cup", "tea towel", "tea tray", "tea strainer"]
    tools = ["garden fork", "garden hose", "garden spade", "garden rake", "garden glove", "garden chair"]
    names = [*kinds, *tools, "tea kettle"]
    lines = frames[Table.ORDER_LINES]
    likes_tea = lines["customer_row"] % 2 == 0
    product = lines["product_row"] % 6 + 6 * (~likes_tea).astype(int)
    products = frames[Table.PRODUCTS]
    extra = products.iloc[[0]].assign(product_row=12, product_id="P12")
    catalogue = pd.concat([products, extra], ignore_index=True).assign(product_name=names, category="goods")
    return _shop(
        folder, {**frames, Table.ORDER_LINES: lines.assign(product_row=product), Table.PRODUCTS: catalogue}
    )


def test_a_product_nobody_has_bought_is_for_those_whose_purchases_read_like_it(tmp_path: Path) -> None:
    workspace = _two_tastes(tmp_path)
    finding = run(TOOL, {"level": "alike", "product": "tea kettle"}, workspace)
    people = [int(one.name.removeprefix("row ")) for one in finding.subjects(SubjectKind.CUSTOMER)]
    assert people
    assert all(row % 2 == 0 for row in people)
    assert finding.verdict is Verdict.WEAK
    beside = run(TOOL, {"product": "tea kettle"}, workspace)
    assert beside.title == "reads_like_product"
    assert all(one.name.startswith("tea") for one in beside.subjects(SubjectKind.PRODUCT))


def test_a_planted_complement_is_what_goes_with_a_product_and_what_is_gone_is_not(tmp_path: Path) -> None:
    frames = shop_frames(400, seed=2)
    lines = frames[Table.ORDER_LINES]
    wanted = lines[lines["product_row"] == 3].drop_duplicates("order_id")
    with_complement = wanted[::2].assign(product_row=8, line_number=99)
    with_gone = wanted.assign(product_row=9, line_number=98)
    products = frames[Table.PRODUCTS]
    changed = {
        **frames,
        Table.ORDER_LINES: pd.concat([lines, with_complement, with_gone], ignore_index=True),
        Table.PRODUCTS: products.assign(available=products["product_row"] != 9),
    }
    workspace = _shop(tmp_path, changed)
    beside = run(TOOL, {"product": "product 3"}, workspace)
    assert [one.name for one in beside.subjects(SubjectKind.PRODUCT)] == ["product 8"]
    bundles = run(TOOL, {"level": "bundle"}, workspace)
    pairs = [one.name for one in bundles.subjects(SubjectKind.PRODUCT)]
    assert "product 3 + product 8" in [" + ".join(sorted(pair.split(" + "))) for pair in pairs]
    assert not any("product 9" in pair for pair in pairs)
    for lift in (fact for fact in beside.facts if fact.name == "lift"):
        assert lift.interval is not None
        assert lift.interval.low > 1


def test_a_shop_where_only_popularity_tells_says_the_blend_is_not_better(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    customers, products = 600, 60
    share = 1 / np.arange(1, products + 1) ** 1.5
    frames = shop_frames(customers)
    order = frames[Table.ORDERS]
    counts = 2
    at = np.repeat(np.arange(len(order)), counts)
    row = random.choice(products, at.size, p=share / share.sum())
    lines = pd.DataFrame(
        {
            "order_id": order["order_id"].to_numpy()[at],
            "line_number": np.tile(np.arange(1, counts + 1), len(order)),
            "customer_row": order["customer_row"].to_numpy()[at],
            "product_row": row,
            "ordered_at": order["ordered_at"].to_numpy()[at],
            "line_kind": "sale",
            "quantity": 1,
            "unit_price": 5.0,
            "line_amount": 5.0,
        }
    )
    catalogue = pd.DataFrame(
        {
            "product_row": np.arange(products),
            "product_id": [f"P{n}" for n in range(products)],
            "product_name": [f"{random.integers(10**9)}" for n in range(products)],
            "available": True,
        }
    )
    workspace = _shop(tmp_path, {**frames, Table.ORDER_LINES: lines, Table.PRODUCTS: catalogue})
    finding = run(TOOL, {"level": "everyone"}, workspace)
    assert finding.verdict is Verdict.WEAK
    assert {"not_better_than_baseline", "not_measured"} & {note.code for note in finding.notes}
    assert finding.fact("coverage") is not None
    assert "not better" in word_finding(finding, "en")
    assert "并不优于" in word_finding(finding, "zh")


def test_products_of_a_low_margin_are_left_out(demo: Workspace) -> None:
    finding = run(TOOL, {"level": "everyone", "limit": 5, "min_margin_percent": 60}, demo)
    lists = Recommendations.load(demo.payload_folder(finding.id)).frame
    margins = demo.dataset.frame(
        "SELECT product_row, 100 * (price - unit_cost) / price AS margin FROM products"
    ).set_index("product_row")["margin"]
    assert (lists["product_row"].map(margins) >= 60).all()
    assert len(lists)


def test_only_products_ever_sold_to_the_country_are_listed(tmp_path: Path) -> None:
    frames = shop_frames(300, seed=6)
    orders = frames[Table.ORDERS]
    country = frames[Table.CUSTOMERS]["country"].to_numpy()[orders["customer_row"]]
    lines = frames[Table.ORDER_LINES]
    of_line = lines["order_id"].map(dict(zip(orders["order_id"], country, strict=True)))
    banned = (of_line == "FR") & (lines["product_row"] < 4)
    kept = {**frames, Table.ORDERS: orders.assign(country=country), Table.ORDER_LINES: lines[~banned]}
    workspace = _shop(tmp_path, kept)
    finding = run(TOOL, {"level": "everyone", "country": "FR", "limit": 8}, workspace)
    lists = Recommendations.load(workspace.payload_folder(finding.id)).frame
    assert (lists["product_row"] >= 4).all()


def test_what_was_learnt_is_found_again_and_gives_the_same_lists(demo: Workspace) -> None:
    first = fit(demo.dataset, Task.DISCOVERY, demo.folder / "models")
    again = fit(demo.dataset, Task.DISCOVERY, demo.folder / "models")
    fresh = fit(demo.dataset, Task.DISCOVERY, demo.folder / "other")
    rows, allowed = np.arange(50, dtype=np.int32), first.assortment.allowed()
    for one in (again, fresh):
        assert one.measured == first.measured
        np.testing.assert_array_equal(one.top(rows, 5, allowed).columns, first.top(rows, 5, allowed).columns)


def test_bundles_with_a_word_are_pairs_in_which_one_product_has_it(tmp_path: Path) -> None:
    workspace = _two_tastes(tmp_path)
    finding = run(TOOL, {"level": "bundle", "product": "teas", "limit": 12}, workspace)
    pairs = [one.name.split(" + ") for one in finding.subjects(SubjectKind.PRODUCT)]
    assert finding.title == "bundles_with_word"
    assert pairs
    assert all(any("tea" in name.split() for name in pair) for pair in pairs)
    called = finding.fact("products_called")
    assert called is not None
    assert called.value == 7
    whole = run(TOOL, {"level": "bundle", "limit": 20}, workspace)
    assert any("garden" in one.name for one in whole.subjects(SubjectKind.PRODUCT))
    assert "7 products" in word_finding(finding, "en")
    assert "teas" in word_finding(finding, "zh")


def test_a_word_for_more_products_than_can_be_asked_back_stands_for_all_of_them(tmp_path: Path) -> None:
    workspace = _two_tastes(tmp_path)
    assert run(TOOL, {"product": "tea"}, workspace).title == "bundles_with_word"
    assert run(TOOL, {"product": "the tea tray"}, workspace).title == "bought_with_product"
    with pytest.raises(Retry, match="could be several products"):
        run(TOOL, {"product": "garden"}, workspace)
    with pytest.raises(Insufficient, match="No product with 'tea kettle'"):
        run(TOOL, {"level": "bundle", "product": "tea kettle"}, workspace)
