"""What was known of customers on a day, as numbers, for balance checks and models of effects."""

from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.targeting.trials import Campaign
from marketeer.tools.warehouse import features as f
from marketeer.tools.warehouse.features import customer_features

_BOUGHT = (f.RECENCY, f.TENURE, f.ORDERS, f.GROSS, f.MEAN_ORDER)


def covariates_before(dataset: Dataset, campaign: Campaign) -> pd.DataFrame:
    """Give what was known of customers before a campaign: its day itself no longer counts."""
    return covariates_on(dataset, campaign.sent_on - timedelta(days=1) if campaign.sent_on else None)


def covariates_on(dataset: Dataset, day: date | None) -> pd.DataFrame:
    """Give attributes and, where orders are dated, how customers had bought by the end of a day.

    Returns:
        `customer_row` and numeric columns; whoever had not ordered by then has noughts.
    """
    known = attribute_covariates(dataset)
    if day is None or not dataset.has(Table.ORDERS):
        return known
    bought = customer_features(dataset, day)
    joined: pd.DataFrame = known.merge(bought[[col.CUSTOMER_ROW, *_BOUGHT]], how="left")
    return joined.fillna(0.0)


def attribute_covariates(dataset: Dataset, most: int = 20) -> pd.DataFrame:
    """Give customer attributes known before any outcome as numeric covariates.

    Numbers stay numbers; the values of a text attribute become indicators, unless there are more than `most`
    of them.
    """
    known = [name for name, before in dataset.attributes.items() if before]
    chosen = ", ".join(f'"{name}"' for name in (col.CUSTOMER_ROW, *known))
    frame = dataset.frame(f"SELECT {chosen} FROM {Table.CUSTOMERS.value}")
    parts = [frame[[col.CUSTOMER_ROW]]]
    for name in known:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            parts.append(column.astype("float64").fillna(0.0).rename(name).to_frame())
        elif column.nunique() <= most:
            parts.append(pd.get_dummies(column, prefix=name, dtype=float).iloc[:, 1:])
    return pd.concat(parts, axis=1)
