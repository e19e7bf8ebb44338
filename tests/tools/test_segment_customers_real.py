from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from marketeer.tools.core.columns import Table
from marketeer.tools.core.findings import SHOP, Verdict
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segment_customers import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, workspace_of

WITH_CUSTOMERS = (Table.ORDERS, Table.ORDER_LINES)


@pytest.fixture(scope="module")
def real_shop(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("real")
    dataset = load([real_data / "online_retail.csv.gz"], folder).dataset
    assert dataset is not None
    return workspace_of(folder, dataset)


@pytest.mark.real
@pytest.mark.parametrize("method", ["natural", "compare"])
def test_chosen_segments_of_the_real_shop_tell_the_next_quarter_and_hold(
    real_shop: Workspace, method: str
) -> None:
    finding = run(TOOL, {"method": method}, real_shop)
    assert finding.fact("explained_share", SHOP).value >= 24
    assert finding.fact("horizon_days", SHOP).value == 91
    assert finding.fact("stability", SHOP).value >= 0.8
    assert finding.fact("changed_on_resample", SHOP).value < 10
    assert finding.verdict is Verdict.OK
    codes = {note.code for note in finding.notes}
    assert ("no_clear_clusters" if method == "natural" else "best_next_period") in codes


@pytest.mark.real
def test_what_is_said_of_the_real_quarter_is_what_segments_of_the_day_before_it_tell(
    real_shop: Workspace,
) -> None:
    finding = run(TOOL, {"method": "natural"}, real_shop)
    then = run(
        TOOL, {"method": "kmeans", "k": finding.fact("segments").value, "as_of": "2011-09-09"}, real_shop
    )
    groups = real_shop.require(Segmentation, then.id).frame.set_index("customer_row")["segment"]
    spend = real_shop.dataset.frame(
        "SELECT customer_row, sum(gross_amount)::DOUBLE AS spend FROM orders WHERE order_kind = 'sale' "
        "AND ordered_at >= '2011-09-10' AND ordered_at < '2011-12-10' GROUP BY customer_row"
    ).set_index("customer_row")["spend"]
    logged = np.log1p(spend.reindex(groups.index, fill_value=0.0))
    told = 100 * logged.groupby(groups).transform("mean").var(ddof=0) / logged.var(ddof=0)
    assert finding.fact("explained_share", SHOP).value == pytest.approx(told)


@pytest.mark.real
@pytest.mark.parametrize("args", [{}, {"method": "value_bands"}, {"method": "natural"}])
def test_few_real_customers_change_their_segment_when_one_in_twenty_was_never_there(
    real_shop: Workspace, args: dict[str, str]
) -> None:
    finding = run(TOOL, args, real_shop)
    payload = real_shop.require(Segmentation, finding.id)
    assert replay(finding, TOOL, real_shop).agrees
    assert finding.fact("changed_on_resample", SHOP).value < 10
    tables = {
        table: real_shop.dataset.frame(
            f"SELECT * FROM {table}" + (" WHERE customer_row % 20 <> 7" if table in WITH_CUSTOMERS else "")
        )
        for table in (Table.CUSTOMERS, Table.ORDERS, Table.ORDER_LINES, Table.PRODUCTS)
    }
    folder = real_shop.folder / f"fewer-{args.get('method', 'rfm')}"
    fewer = workspace_of(folder, publish_shop(folder, tables))
    run(TOOL, args, fewer)
    both = payload.frame.merge(fewer.require(Segmentation).frame, on="customer_row")
    assert len(both) > 0.9 * len(payload.frame)
    table = pd.crosstab(both["segment_x"], both["segment_y"]).to_numpy()
    rows, columns = linear_sum_assignment(-table)
    assert 1 - table[rows, columns].sum() / len(both) < 0.10
