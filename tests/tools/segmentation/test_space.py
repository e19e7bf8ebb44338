import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import PowerTransformer, StandardScaler

from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.segmentation.space import check_features, fit_space, missing_share, usable_features


@pytest.fixture
def table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {"orders": random.poisson(3, 500) + 1.0, "net_revenue": random.lognormal(4, 1, 500), "flat": 1.0}
    )


def test_log_places_are_standardised_logarithms_cut_off_at_three(table: pd.DataFrame) -> None:
    names = ("orders", "net_revenue")
    expected = StandardScaler().fit_transform(np.log1p(table[list(names)]))
    np.testing.assert_allclose(fit_space(table, names).place(table), np.clip(expected, -3, 3))


def test_yeo_johnson_places_equal_those_of_scikit_learn(table: pd.DataFrame) -> None:
    names = ["orders", "net_revenue"]
    expected = PowerTransformer("yeo-johnson").fit_transform(table[names])
    places = fit_space(table, names, "yeo_johnson").place(table)
    np.testing.assert_allclose(places, np.clip(expected, -3, 3), atol=1e-4)


def test_raw_places_are_only_standardised(table: pd.DataFrame) -> None:
    expected = StandardScaler().fit_transform(table[["net_revenue"]])
    np.testing.assert_allclose(fit_space(table, ["net_revenue"], "raw").place(table), expected)
    assert expected.max() > 3


def test_refunds_beyond_purchases_stay_apart_from_small_spenders() -> None:
    table = pd.DataFrame({"net_revenue": [-100.0, 0.0, 100.0]})
    places = fit_space(table, ["net_revenue"]).place(table)[:, 0]
    assert places[0] < places[1] < places[2]
    assert places[0] == pytest.approx(-places[2])


def test_missing_values_take_the_median(table: pd.DataFrame) -> None:
    holed = table.copy()
    holed.loc[:9, "orders"] = np.nan
    space = fit_space(holed, ["orders"])
    middle = pd.DataFrame({"orders": [holed["orders"].median()]})
    assert space.place(holed)[0, 0] == pytest.approx(space.place(middle)[0, 0])
    assert missing_share(holed, ["orders"]) == pytest.approx(10 / 500)


def test_what_was_learnt_is_applied_unchanged_to_other_customers(table: pd.DataFrame) -> None:
    space = fit_space(table, ["orders"])
    np.testing.assert_array_equal(space.place(table)[:10], space.place(table[:10]))


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ([1.0, np.inf, 2.0, 3.0], "1 infinite"),
        ([np.nan, np.nan, np.nan, 3.0], "missing"),
        ([2.0] * 4, "same"),
    ],
)
def test_a_column_at_fault_is_named_with_those_that_can_be_used(column: list[float], what: str) -> None:
    table = pd.DataFrame({"good": [1.0, 2.0, 3.0, 4.0], "bad": column})
    with pytest.raises(Retry, match=what) as caught:
        check_features(table, ["good", "bad"])
    assert caught.value.params == {"columns": ["bad"], "usable": ["good"]}
    assert usable_features(table, ["good", "bad"]) == ("good",)


def test_nothing_to_tell_customers_apart_is_insufficient(table: pd.DataFrame) -> None:
    with pytest.raises(Insufficient, match="flat is the same for everybody"):
        usable_features(table, ["flat"])
    with pytest.raises(Insufficient, match="at least two customers"):
        usable_features(table[:1], ["orders"])
