import numpy as np
import pandas as pd
import pytest

from marketeer.tools.campaigns.briefs import (
    picture,
    purpose_for,
    reachable,
    shared_taste,
    typical_products,
)
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.workspace import Workspace
from tests.shops import publish_shop, shop_frames


def features(recency: list[int], orders: list[int], gap: float = 30.0) -> pd.DataFrame:
    n = len(recency)
    return pd.DataFrame(
        {
            "customer_row": range(n),
            "recency_days": recency,
            "orders": orders,
            "gross_revenue": [10.0 * o for o in orders],
            "tenure_days": [r + 40 * (o - 1) for r, o in zip(recency, orders, strict=True)],
            "mean_gap_days": [gap if o > 1 else np.nan for o in orders],
        }
    )


SHOP = features([5] * 10 + [200] * 10 + [70] * 10 + [10] * 10, [12] * 20 + [1] * 20)


def rows(*positions: int) -> np.ndarray:
    return np.asarray(positions, dtype=np.int32)


@pytest.mark.parametrize(
    ("members", "trait", "purpose", "with_offer"),
    [
        (range(0, 10), "frequent", "thank_you", "offer"),
        (range(10, 20), "missed_regular", "win_back", "win_back"),
        (range(20, 30), "lapsing", "win_back", "win_back"),
        (range(30, 40), "new", "welcome", "offer"),
    ],
)
def test_a_segment_is_known_by_what_stands_out(
    members: range, trait: str, purpose: str, with_offer: str
) -> None:
    one = picture("x", rows(*members), SHOP)
    assert one.traits[0] == trait
    assert purpose_for(one.traits, has_offer=False) == purpose
    assert purpose_for(one.traits, has_offer=True) == with_offer


def test_a_segment_without_orders_has_no_traits() -> None:
    assert picture("x", rows(99), SHOP).traits == ()
    assert picture("x", rows(0), pd.DataFrame()).traits == ()


def planted(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    frames = shop_frames(customers=200)
    frames[Table.PRODUCTS] = pd.DataFrame(
        {
            "product_row": range(60),
            "product_id": [f"P{n}" for n in range(60)],
            "product_name": [f"product {n}" for n in range(60)],
            "available": [n != 11 for n in range(60)],
        }
    )
    lines = frames[Table.ORDER_LINES]
    lines["product_row"] = np.random.default_rng(1).integers(0, 60, len(lines))
    early = lines["customer_row"] < 100
    lines.loc[early & lines["product_row"].isin([3, 4, 5]) & (lines.index % 2 == 0), "product_row"] = 7
    lines.loc[~early & lines["product_row"].isin([7, 8, 9]) & (lines.index % 2 == 0), "product_row"] = 3
    lines.loc[early & lines["product_row"].isin([12, 13, 14]), "product_row"] = 11
    lines.loc[lines.index % 3 == 0, "product_row"] = 0
    return publish_shop(tmp_path_factory.mktemp("planted"), frames)


def test_the_planted_favourite_leads_and_what_everyone_buys_or_nobody_can_does_not(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    dataset = planted(tmp_path_factory)
    segments = {"early": np.arange(100, dtype=np.int32), "late": np.arange(100, 200, dtype=np.int32)}
    found = typical_products(dataset, segments)
    assert found["early"][0].name == "product 7"
    assert "product 3" in [product.name for product in found["late"][:4]]
    names = {product.name for products in found.values() for product in products}
    assert "product 0" not in names
    assert "product 11" not in names


def test_share_and_index_equal_plain_pandas(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = planted(tmp_path_factory)
    segments = {"early": np.arange(100, dtype=np.int32), "late": np.arange(100, 200, dtype=np.int32)}
    best = typical_products(dataset, segments)["early"][0]
    pairs = dataset.frame("SELECT customer_row, product_row FROM order_lines").drop_duplicates()
    own, others = pairs[pairs["customer_row"] < 100], pairs[pairs["customer_row"] >= 100]
    buyers = (own["product_row"] == best.row).sum()
    assert best.share == pytest.approx(100 * buyers / 100)
    assert best.index == pytest.approx(buyers / len(own) / (others["product_row"] == best.row).mean())


def test_what_typical_customers_bought_comes_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = planted(tmp_path_factory)
    segments = {"early": np.arange(100, dtype=np.int32), "late": np.arange(100, 200, dtype=np.int32)}
    products = typical_products(dataset, segments)["early"]
    bought = dataset.frame("SELECT DISTINCT customer_row, product_row FROM order_lines")
    last = products[-1]
    fans = bought.loc[bought["product_row"] == last.row, "customer_row"].head(3).tolist()
    counts = bought[bought["customer_row"].isin(fans)]["product_row"].value_counts()
    first = shared_taste(dataset, fans, products)[0]
    assert counts[first.row] == max(counts.get(product.row, 0) for product in products)
    assert shared_taste(dataset, [], products) == products


def test_unknown_consent_is_not_consent_and_suppressed_people_are_left_out(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    frames = shop_frames(customers=60)
    customers = frames[Table.CUSTOMERS]
    customers["suppressed"] = customers["customer_row"] % 5 == 0
    dataset = publish_shop(tmp_path_factory.mktemp("consent"), frames)
    found = reachable(dataset, "email")
    expected = customers[(customers["email_consent"] == "granted") & ~customers["suppressed"]]
    assert found is not None
    assert found.tolist() == expected["customer_row"].tolist()


def test_without_a_consent_column_nobody_is_known_to_be_reachable(workspace: Workspace) -> None:
    assert reachable(workspace.dataset, "sms") is None
