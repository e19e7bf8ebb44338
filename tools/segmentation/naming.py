"""Codes for clusters, put together from what sets each apart: `recent_frequent_high_spend`.

A code is a chain of tokens, one per feature that stands out, in the order of the features. A token depends
only on how far a cluster's mean lies from everybody's, in standard deviations: re-runs give the same codes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.segmentation.families import NOISE
from marketeer.tools.warehouse import features as f

UNASSIGNED = "unassigned"
AVERAGE = "average"
STANDS_OUT = 0.5
"""A medium effect (Cohen 1988): below it a feature is not worth a word."""
FAR_OUT = 1.5

_TOKENS: Mapping[str, tuple[str, str, str, str, str]] = {
    f.RECENCY: ("just_bought", "recent", "cooling", "lapsed", "long_lapsed"),
    f.ORDERS: ("rare", "occasional", "regular", "frequent", "very_frequent"),
    f.NET: ("lowest_spend", "low_spend", "mid_spend", "high_spend", "top_spend"),
    f.GROSS: ("lowest_spend", "low_spend", "mid_spend", "high_spend", "top_spend"),
    f.TENURE: ("brand_new", "newer", "", "long_standing", "longest_standing"),
    f.ITEMS: ("fewest_items", "few_items", "", "many_items", "most_items"),
    f.PRODUCTS: ("narrowest_range", "narrow_range", "", "wide_range", "widest_range"),
    f.MEAN_ORDER: ("smallest_orders", "small_orders", "", "large_orders", "largest_orders"),
    f.MEAN_GAP: ("shortest_gaps", "short_gaps", "", "long_gaps", "longest_gaps"),
    f.RETURN_SHARE: ("fewest_returns", "few_returns", "", "many_returns", "most_returns"),
}


def name_clusters(
    places: NDArray[np.float64], labels: NDArray[np.int64], features: Sequence[str]
) -> dict[int, str]:
    """Give each label its code.

    Args:
        places: Standardised features, shape (n, features).
        labels: One per place; `NOISE` becomes `unassigned`.
        features: The feature columns in the order of `places`.
    """
    clusters = [int(label) for label in np.unique(labels) if label != NOISE]
    means = {label: places[labels == label].mean(axis=0) for label in clusters}
    codes = {label: _code(means[label], features) for label in clusters}
    named = _told_apart(codes, means)
    return {**named, NOISE: UNASSIGNED} if (labels == NOISE).any() else named


def _code(mean: NDArray[np.float64], features: Sequence[str]) -> str:
    tokens = [_token(name, value) for name, value in zip(features, mean.tolist(), strict=True)]
    return "_".join(token for token in tokens if token) or AVERAGE


def _token(feature: str, mean: float) -> str:
    plain = feature.removeprefix(ATTRIBUTE_PREFIX)
    words = _TOKENS.get(feature, (f"lowest_{plain}", f"low_{plain}", "", f"high_{plain}", f"highest_{plain}"))
    return words[int(np.searchsorted([-FAR_OUT, -STANDS_OUT, STANDS_OUT, FAR_OUT], mean))]


def _told_apart(codes: Mapping[int, str], means: Mapping[int, NDArray[np.float64]]) -> dict[int, str]:
    named: dict[int, str] = {}
    shared = Counter(codes.values())
    for code, count in shared.items():
        same = sorted(
            (label for label, other in codes.items() if other == code),
            key=lambda label: tuple(means[label][::-1]),
            reverse=True,
        )
        named.update({label: f"{code}_{n}" if count > 1 else code for n, label in enumerate(same, start=1)})
    return named
