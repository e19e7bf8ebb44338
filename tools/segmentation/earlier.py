"""Lays the segments of today on an earlier day, to read a campaign by the segments it was sent to.

A customer who ordered because of an offer is a better customer today; reading the campaign by today's
segments would hand its effect to the best of them. RFM schemes are relative, so their thresholds are found
again on the day. Any other segmentation is laid on the day by its own rule; where that was not kept, by the
rule that tells its segments apart today, a decision tree over today's features.
"""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod
from marketeer.tools.segmentation.stored import restored
from marketeer.tools.segmentation.summary import Codes
from marketeer.tools.segmentation.table import customer_table
from marketeer.tools.warehouse import features as f

_TELLING = (f.RECENCY, f.ORDERS, f.NET, f.GROSS, f.TENURE, f.ITEMS, f.PRODUCTS, f.MEAN_ORDER)


def segments_on(segmentation: Segmentation, dataset: Dataset, day: date) -> pd.DataFrame:
    """Give each customer's segment as it was at the end of a day.

    Args:
        segmentation: The segments of today.
        dataset: The snapshot.
        day: The day.

    Returns:
        `customer_row`, `segment`; customers who had not ordered by then are left out.

    Raises:
        Insufficient: The snapshot has no dated orders.
    """
    names = segmentation.about.get("features", ())
    then = customer_table(dataset, names, day)
    if then.empty:
        return pd.DataFrame({CUSTOMER_ROW: then[CUSTOMER_ROW], "segment": pd.Series(dtype=str)})
    codes = _codes(segmentation, dataset, then)
    return then[[CUSTOMER_ROW]].assign(segment=codes.astype(str))


def _codes(segmentation: Segmentation, dataset: Dataset, then: pd.DataFrame) -> Codes:
    scheme = next((one for name, one in SCHEMES.items() if name == segmentation.about.get("scheme")), None)
    if scheme is not None:
        return np.asarray(scheme.segments, dtype=object)[RfmMethod(scheme).fit(then).assign(then)]
    laid = restored(segmentation.about.get("rule", {}))
    if laid is not None:
        return laid.codes(then)
    now = customer_table(dataset, ()).merge(segmentation.frame, on=CUSTOMER_ROW)
    return np.asarray(_rule(now).predict(_values(then)), dtype=object)


def _rule(now: pd.DataFrame) -> DecisionTreeClassifier:
    tree = DecisionTreeClassifier(random_state=0)
    tree.fit(_values(now), now["segment"].to_numpy(dtype=str))
    return tree


def _values(features: pd.DataFrame) -> NDArray[np.float64]:
    return features[list(_TELLING)].to_numpy(dtype=np.float64)
