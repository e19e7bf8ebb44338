from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient
from marketeer.vectorstore.composition import compose, product_texts, spend_weights
from tests.shops import publish_shop
from tests.vectorstore.tastes import NOBODY, taste_frames


def test_weights_are_log_spend_times_smoothed_rarity(tmp_path: Path) -> None:
    frames = taste_frames()
    weights = spend_weights(publish_shop(tmp_path, frames)).toarray()
    lines = frames[Table.ORDER_LINES]
    spend = lines.pivot_table("line_amount", "customer_row", "product_row", "sum", fill_value=0)
    buyers = (spend > 0).sum()
    expected = np.log1p(spend) * (np.log((1 + NOBODY) / (1 + buyers)) + 1)
    assert np.allclose(weights[:NOBODY], expected, rtol=1e-5)
    assert not weights[NOBODY].any()


def test_returns_and_lines_of_nobody_weigh_nothing(tmp_path: Path) -> None:
    frames = taste_frames()
    lines = frames[Table.ORDER_LINES]
    extra = lines.iloc[[0, 1]].assign(line_number=[98, 99])
    extra["line_kind"] = ["return", "sale"]
    extra["customer_row"] = pd.array([extra["customer_row"].iloc[0], None], dtype="Int64")
    plain = spend_weights(publish_shop(tmp_path / "plain", frames)).toarray()
    frames[Table.ORDER_LINES] = pd.concat([lines.astype({"customer_row": "Int64"}), extra], ignore_index=True)
    assert np.array_equal(spend_weights(publish_shop(tmp_path / "more", frames)).toarray(), plain)


def test_a_composed_customer_is_the_direction_of_the_weighted_sum(tmp_path: Path) -> None:
    weights = spend_weights(publish_shop(tmp_path, taste_frames()))
    products = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    composed = compose(weights, products)
    by_hand = weights.toarray()[7] @ products
    assert np.allclose(composed[7], by_hand / np.linalg.norm(by_hand), atol=1e-5)
    assert not composed[NOBODY].any()


def test_a_product_text_has_name_category_and_description(tmp_path: Path) -> None:
    frames = taste_frames()
    frames[Table.PRODUCTS] = frames[Table.PRODUCTS].assign(category="Home", description="Made of tin.")
    frames[Table.PRODUCTS].loc[1, ["category", "product_name"]] = [" ", None]
    texts = product_texts(publish_shop(tmp_path, frames))
    assert texts[:2] == ["christmas bauble red. Home. Made of tin.", "Made of tin."]


def test_without_order_lines_the_data_cannot_say(tmp_path: Path) -> None:
    frames = taste_frames()
    del frames[Table.ORDER_LINES]
    with pytest.raises(Insufficient):
        spend_weights(publish_shop(tmp_path, frames))
