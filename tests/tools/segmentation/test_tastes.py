from math import sqrt

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.segmentation.tastes import leans


def segmentation(sizes: dict[str, int]) -> Segmentation:
    codes = np.repeat(list(sizes), list(sizes.values()))
    frame = pd.DataFrame({"customer_row": np.arange(codes.size), "segment": codes})
    return Segmentation(frame, {"segments": list(sizes)})


def counts(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["segment", "name", "customers"])


def test_a_lean_is_a_two_proportion_difference() -> None:
    found = leans(counts([("a", "tea", 60), ("b", "tea", 90)]), segmentation({"a": 100, "b": 300}), "a")
    pooled = 150 / 400
    z = (0.6 - 0.3) / sqrt(pooled * (1 - pooled) * (1 / 100 + 1 / 300))
    assert [(lean.name, lean.customers, lean.share, lean.elsewhere) for lean in found] == [
        ("tea", 60, 0.6, 0.3)
    ]
    assert found[0].z == pytest.approx(z)


def test_chance_differences_among_many_products_are_not_shown() -> None:
    random = np.random.default_rng(0)
    rows = [
        (s, f"p{n}", int(random.binomial(k, 0.3))) for n in range(500) for s, k in (("a", 100), ("b", 300))
    ]
    assert leans(counts(rows), segmentation({"a": 100, "b": 300}), "a") == []


def test_under_five_customers_or_without_others_nothing_is_said() -> None:
    few = counts([("a", "tea", 4)])
    assert leans(few, segmentation({"a": 10, "b": 1000}), "a") == []
    assert leans(counts([("a", "tea", 9)]), segmentation({"a": 10}), "a") == []
