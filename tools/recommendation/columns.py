"""Recommended products as columns `rec_1`, `rec_2`, … beside people, for files that are sent from."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.columns import CUSTOMER_ROW, PRODUCT_ROW
from marketeer.tools.core.errors import Retry
from marketeer.tools.recommendation.interactions import Rows
from marketeer.tools.recommendation.levels import best_sellers
from marketeer.tools.recommendation.recommender import Recommender

RANK, SEGMENT = "rank", "segment"


def personal_lists(
    recommender: Recommender, customers: Rows, k: int, allowed: NDArray[np.bool_]
) -> pd.DataFrame:
    """Give k products for each customer; whoever has bought nothing yet gets what sells now.

    Returns:
        `customer_row`, `rank`, `product_row`.
    """
    known = recommender.positions(customers)
    frames = [
        _long(lists.rows, lists.columns, recommender) for lists in recommender.stream(known, k, allowed)
    ]
    new = customers[~np.isin(customers, recommender.interactions.users)]
    sold = best_sellers(recommender, k, allowed)
    frames.append(_long(new, np.tile(sold, (new.size, 1)), recommender))
    return pd.concat(frames, ignore_index=True)


def _long(rows: Rows, columns: NDArray[np.intp], recommender: Recommender) -> pd.DataFrame:
    there = columns.ravel() >= 0
    return pd.DataFrame(
        {
            CUSTOMER_ROW: np.repeat(rows, columns.shape[1])[there],
            RANK: np.tile(np.arange(1, columns.shape[1] + 1), len(columns))[there],
            PRODUCT_ROW: recommender.interactions.items[columns.ravel()[there]],
        }
    )


def rec_columns(people: pd.DataFrame, lists: pd.DataFrame, names: Mapping[int, str]) -> pd.DataFrame:
    """Lay ranked products out beside people, by their own lists or by those of their segments.

    Args:
        people: Indexed by customer row, with `segment`.
        lists: `customer_row` or `segment`, `rank`, `product_row`.
        names: `product_row` → how the product is called in copy.

    Returns:
        `rec_1`, `rec_2`, … on the index of `people`; empty text where there is no product.

    Raises:
        Retry: The lists are neither people's nor segments'.
    """
    key = CUSTOMER_ROW if CUSTOMER_ROW in lists else SEGMENT
    if not {key, RANK, PRODUCT_ROW} <= set(lists):
        raise Retry(
            "These recommendations are not lists for people or segments. Name a finding that has them, such "
            "as recommend_products with level everyone.",
            code="no_lists",
        )
    wide = lists.pivot(index=key, columns=RANK, values=PRODUCT_ROW)
    wide.columns = [f"rec_{rank}" for rank in wide.columns]
    wanted = people.index if key == CUSTOMER_ROW else people[SEGMENT]
    texts = wide.reindex(wanted).map(lambda row: names.get(int(row), ""), na_action="ignore").fillna("")
    return texts.astype("string").set_axis(people.index)
