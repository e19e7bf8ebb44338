from itertools import product

import numpy as np
import pandas as pd
import pytest

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod, check_rfm

KLAVIYO = {
    "champions": "333 332 323",
    "loyal": "321 322 331 232 233",
    "recent_buyers": "312 313 311 222 223",
    "need_attention": "213 221 123 132 133",
    "at_risk": "231 212 122 131 211",
    "inactive_buyers": "111 112 113 121",
}


def shop(recency: list[int], orders: list[int], revenue: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"recency_days": recency, "orders": orders, "net_revenue": revenue})


def test_the_quintile_scheme_names_all_125_cells_by_its_precedence() -> None:
    cells = SCHEMES["quintiles"].cells()
    assert len(cells) == 125
    assert set(cells.values()) == set(SCHEMES["quintiles"].segments)
    for (r, f, m), segment in cells.items():
        if r == 5 and f >= 4 and m >= 4:
            expected = "champions"
        elif r >= 3 and f >= 4:
            expected = "loyal"
        elif r >= 4 and f >= 2:
            expected = "potential_loyalists"
        elif r >= 4:
            expected = "new_customers" if r == 5 else "promising"
        elif r == 3:
            expected = "need_attention" if f == 3 else "about_to_sleep"
        elif f >= 3:
            expected = "cannot_lose" if f == 5 and m >= 4 else "at_risk"
        else:
            expected = "lost" if r == 1 and m <= 2 else "hibernating"
        assert segment == expected, (r, f, m)


def test_klaviyo_names_each_of_its_27_codes_once() -> None:
    cells = SCHEMES["klaviyo"].cells()
    published = {tuple(map(int, code)): name for name, codes in KLAVIYO.items() for code in codes.split()}
    assert cells == published
    assert len(published) == 27


def test_the_eight_groups_follow_high_and_low_of_each_measure() -> None:
    words = {(2, 2): "value", (2, 1): "develop", (1, 2): "keep", (1, 1): "retain"}
    cells = SCHEMES["eight_groups"].cells()
    for r, f, m in product((1, 2), repeat=3):
        assert cells[r, f, m] == f"{'important' if m == 2 else 'general'}_{words[r, f]}"


def test_recent_frequent_big_spenders_are_champions_and_the_gone_are_lost() -> None:
    n = np.arange(50)
    features = shop((10 * n).tolist(), (51 - n).tolist(), (1000.0 - 10 * n).tolist())
    method = RfmMethod(SCHEMES["quintiles"])
    names = np.array(method.scheme.segments)[method.fit(features).assign(features)]
    assert names[0] == "champions"
    assert names[-1] == "lost"


def test_a_shop_of_one_time_buyers_has_no_loyal_customers() -> None:
    n = np.arange(40)
    features = shop(n.tolist(), [1] * 40, (500.0 - 5 * n).tolist())
    method = RfmMethod(SCHEMES["quintiles"])
    names = set(np.array(method.scheme.segments)[method.fit(features).assign(features)])
    assert names == {"new_customers", "promising", "about_to_sleep", "hibernating", "lost"}


def test_thresholds_of_one_date_name_customers_of_another() -> None:
    n = np.arange(50)
    features = shop((10 * n).tolist(), (51 - n).tolist(), (1000.0 - 10 * n).tolist())
    fitted = RfmMethod(SCHEMES["quintiles"]).fit(features)
    later = features.assign(recency_days=features["recency_days"] + 300)
    assert fitted.scheme.segments[fitted.assign(later)[0]] == "cannot_lose"


@pytest.mark.parametrize(("rows", "code"), [(1, "too_few_customers"), (5, "no_variation")])
def test_one_customer_or_identical_customers_are_insufficient(rows: int, code: str) -> None:
    with pytest.raises(Insufficient) as caught:
        check_rfm(shop([3] * rows, [1] * rows, [9.0] * rows))
    assert caught.value.code == code
