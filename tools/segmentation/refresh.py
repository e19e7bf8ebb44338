"""Carries an earlier segmentation over to the customers of a refreshed snapshot."""

import pandas as pd

from marketeer.tools.core.columns import CUSTOMER_ID, CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.payloads import Segmentation

_IDS = f"SELECT {CUSTOMER_ROW}, {CUSTOMER_ID} FROM customers ORDER BY {CUSTOMER_ROW}"


def carried(earlier: Segmentation, its: Dataset, now: Dataset) -> pd.DataFrame:
    """Give the earlier segments by the rows of the snapshot now; customers it lacks are left out.

    Args:
        earlier: Segments by the rows of their own snapshot.
        its: That snapshot.
        now: The snapshot now.

    Returns:
        Columns `customer_row` (of `now`) and `segment`.
    """
    if its.snapshot == now.snapshot:
        return earlier.frame
    named = earlier.frame.merge(its.frame(_IDS), on=CUSTOMER_ROW).drop(columns=CUSTOMER_ROW)
    return named.merge(now.frame(_IDS), on=CUSTOMER_ID)[[CUSTOMER_ROW, "segment"]]
