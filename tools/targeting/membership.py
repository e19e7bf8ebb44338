"""Which group each customer was in on an earlier day, by the groups of today.

What a campaign did must be read by groups as they were before it: a customer who ordered because of the offer
is a better customer today, so today's groups would hand the offer's effect to the best of them. Groups that
rest on how customers buy are laid on an earlier day by the rule that tells them apart today, learnt from the
features of today; attributes known before any outcome are taken as they are.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.targeting.trials import GROUP
from marketeer.tools.warehouse import features as f
from marketeer.tools.warehouse.features import customer_features

_RULE_FEATURES = (f.RECENCY, f.ORDERS, f.NET, f.GROSS, f.TENURE, f.ITEMS, f.PRODUCTS, f.MEAN_ORDER)
_ROWS_TO_CHECK = 20_000


@dataclass(frozen=True, slots=True)
class Membership:
    """Customers and their groups on one day.

    Attributes:
        frame: `customer_row`, `group`.
        groups: The groups in the order they are shown.
        on: The day; None for attributes, which have no date.
        fidelity: Share of customers whose group of today the rule gives back, out of sample; 1 when exact.
    """

    frame: pd.DataFrame
    groups: tuple[str, ...]
    on: date | None = None
    fidelity: float = 1.0


def by_attribute(dataset: Dataset, attribute: str) -> Membership:
    """Group customers by an attribute known before any outcome.

    Raises:
        Retry: There is no such attribute, or it was known only after the outcome.
    """
    column = dataset.attribute(attribute)
    if not dataset.attributes[column]:
        raise Retry(
            f"'{attribute}' was known only after the outcome, so it cannot be used to choose customers.",
            code="known_after",
            attribute=attribute,
        )
    frame = dataset.frame(
        f'SELECT customer_row, CAST("{column}" AS VARCHAR) AS "group" FROM {Table.CUSTOMERS.value} '
        f'WHERE "{column}" IS NOT NULL'
    )
    return Membership(frame, tuple(sorted(frame[GROUP].unique())))


def today(segmentation: Segmentation, dataset: Dataset) -> Membership:
    """Give the groups of a segmentation as they are."""
    frame = segmentation.frame.rename(columns={"segment": GROUP})[[col.CUSTOMER_ROW, GROUP]]
    return Membership(frame, segmentation.segments, dataset.as_of)


def as_it_was(segmentation: Segmentation, dataset: Dataset, day: date) -> Membership:
    """Lay a segmentation of today on an earlier day.

    Customers who had not ordered by that day are in no group.
    """
    now = customer_features(dataset).merge(segmentation.frame, on=col.CUSTOMER_ROW)
    rule = DecisionTreeClassifier(random_state=0, min_samples_leaf=1)
    known = now[list(_RULE_FEATURES)].to_numpy(dtype=np.float64)
    fidelity = _fidelity(rule, known, now["segment"].to_numpy(dtype=str))
    rule.fit(known, now["segment"].to_numpy(dtype=str))
    then = customer_features(dataset, day)
    frame = then[[col.CUSTOMER_ROW]].assign(
        **{GROUP: rule.predict(then[list(_RULE_FEATURES)].to_numpy(dtype=np.float64))}
    )
    return Membership(frame, segmentation.segments, day, fidelity)


def _fidelity(rule: DecisionTreeClassifier, known: np.ndarray, labels: np.ndarray) -> float:
    chosen = np.random.default_rng(0).permutation(len(labels))[:_ROWS_TO_CHECK]
    _, counts = np.unique(labels[chosen], return_counts=True)
    if counts.size < 2 or counts.min() < 3:
        return float("nan") if counts.size > 1 else 1.0
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    return float(cross_val_score(rule, known[chosen], labels[chosen], cv=folds).mean())
