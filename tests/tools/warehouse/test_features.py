from datetime import date

import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.features import customer_features
from tests.shops import shop_frames


def test_features_equal_plain_pandas_at_an_earlier_date(workspace: Workspace) -> None:
    day = date(2025, 3, 1)
    features = customer_features(workspace.dataset, day).set_index("customer_row")
    orders = shop_frames()[Table.ORDERS]
    before = orders[orders["ordered_at"] < pd.Timestamp("2025-03-02")]
    expected = before.groupby("customer_row").agg(
        orders=("order_id", "count"), gross=("gross_amount", "sum"), last=("ordered_at", "max")
    )
    assert features.index.tolist() == expected.index.tolist()
    assert features["orders"].tolist() == expected["orders"].tolist()
    pd.testing.assert_series_equal(
        features["gross_revenue"], expected["gross"], check_names=False, check_index_type=False
    )
    recency = (pd.Timestamp(day) - expected["last"].dt.normalize()).dt.days
    assert features["recency_days"].tolist() == recency.tolist()
