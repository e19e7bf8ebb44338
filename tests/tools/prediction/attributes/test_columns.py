import numpy as np
import pandas as pd
import pytest

from marketeer.tools.prediction.attributes.columns import encoder, find_sentinel, read_columns
from marketeer.tools.prediction.attributes.order import folds_in_time, split_in_time, time_order

DAYS = np.repeat(np.arange(27.0), 4)


@pytest.mark.parametrize(
    ("numbers", "sentinel"),
    [
        (np.r_[np.full(900, 999.0), DAYS], 999.0),
        (np.r_[np.full(90, -1.0), DAYS], -1.0),
        (np.r_[np.full(90, 99.0), DAYS], 99.0),
        (np.r_[np.full(2, 999.0), DAYS], None),  # too rare
        (np.r_[np.full(90, 30.0), DAYS], None),  # a usual number
        (np.r_[np.full(90, 99.0), np.arange(98.0)], None),  # the end of a scale
        (np.r_[np.full(90, -1.0), DAYS - 13], None),  # negative numbers are usual here
    ],
)
def test_stand_ins_for_never_are_found(numbers: np.ndarray, sentinel: float | None) -> None:
    assert find_sentinel(pd.Series(numbers)) == sentinel


def test_mixed_columns_with_gaps_become_finite_numbers() -> None:
    random = np.random.default_rng(0)
    raw = pd.DataFrame(
        {
            "income": pd.Series(random.lognormal(8, 1, 300)).mask(random.random(300) < 0.2),
            "tier": pd.Series(random.choice(["gold", "basic"], 300), dtype=object).mask(
                random.random(300) < 0.1
            ),
            "city": random.integers(0, 120, 300).astype(str),
            "member": random.random(300) < 0.5,
            "gap": np.where(random.random(300) < 0.3, np.inf, 3.0),
        }
    )
    columns = read_columns(raw)
    assert columns.infinite == ("gap",)
    encoded = encoder(columns.frame).fit_transform(columns.frame, random.integers(0, 2, 300))
    assert np.isfinite(encoded).all()
    later = columns.frame.assign(tier="never seen", city="nor this")
    assert (
        encoder(columns.frame).fit(columns.frame, random.integers(0, 2, 300)).transform(later).shape[0] == 300
    )


def test_long_runs_of_a_calendar_column_tell_that_rows_are_in_order_of_time() -> None:
    month = np.repeat(["may", "jun", "jul", "may"], 50)
    found = time_order(pd.DataFrame({"age": np.arange(200), "month": month}))
    assert found is not None
    assert found.by == "month"
    mixed = np.random.default_rng(0).permutation(month)
    assert time_order(pd.DataFrame({"month": mixed})) is None


def test_a_date_column_orders_rows_by_itself() -> None:
    days = pd.to_datetime(["2024-03-01", "2024-01-01", "2024-02-01"])
    found = time_order(pd.DataFrame({"created_at": days}))
    assert found is not None
    assert found.rows.tolist() == [1, 2, 0]


def test_no_fold_in_time_looks_ahead_and_the_newest_fifth_is_kept() -> None:
    order = time_order(pd.DataFrame({"month": np.repeat(list("abcdefgh"), 25)}))
    assert order is not None
    train, test = split_in_time(order)
    assert test.tolist() == list(range(160, 200))
    for earlier, later in folds_in_time(len(train)):
        assert earlier.max() < later.min()
