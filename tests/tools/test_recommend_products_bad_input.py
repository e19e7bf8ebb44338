"""What cannot be answered is said usefully in English and in Chinese."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from marketeer.agent.offline.conversation import Call
from marketeer.agent.offline.replies import from_error
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry, ToolError
from marketeer.tools.core.findings import SubjectKind, Verdict
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommend_products import TOOL
from tests.shops import publish_shop, shop_frames, workspace_of

Frames = dict[Table, pd.DataFrame]


def _shop(folder: Path, **changed: pd.DataFrame) -> Workspace:
    frames: Frames = shop_frames(90)
    frames |= {Table(name): frame for name, frame in changed.items()}
    return workspace_of(folder, publish_shop(folder, frames))


def _said(error: ToolError) -> tuple[str, str]:
    call = Call(TOOL.name, {})
    call.error = error
    (english, _), (chinese, _) = from_error(call, "en"), from_error(call, "zh")
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese)
    return english, chinese


def test_an_unknown_customer_is_asked_for_by_id(tmp_path: Path) -> None:
    with pytest.raises(Retry) as raised:
        run(TOOL, {"customer": "C99999"}, _shop(tmp_path))
    english, chinese = _said(raised.value)
    assert "No customer has that id" in english
    assert "没有客户是这个编号" in chinese


def test_an_unknown_product_is_answered_with_the_nearest(tmp_path: Path) -> None:
    workspace = _shop(tmp_path)
    for level in ("auto", "alike", "bundle"):
        with pytest.raises(Retry) as raised:
            run(TOOL, {"product": "zeppelin", "level": level}, workspace)
        for text in _said(raised.value):
            assert "zeppelin" in text
            assert "product 1" in text


def test_a_customer_without_history_gets_what_sells_now_and_is_told_so(tmp_path: Path) -> None:
    lines = shop_frames(90)[Table.ORDER_LINES]
    workspace = _shop(tmp_path, order_lines=lines[lines["customer_row"] != 7])
    finding = run(TOOL, {"customer": "row 7", "limit": 4}, workspace)
    assert finding.verdict is Verdict.WEAK
    assert len(list(finding.subjects(SubjectKind.PRODUCT))) == 4
    assert "nothing yet" in word_finding(finding, "en")
    assert "尚未购买" in word_finding(finding, "zh")
    with pytest.raises(Insufficient) as raised:
        run(TOOL, {"customer": "row 7", "level": "alike"}, workspace)
    assert "bought nothing yet" in _said(raised.value)[0]


@pytest.mark.parametrize(
    "args", [{"customer": "row 1"}, {"level": "everyone"}, {"task": "basket", "level": "everyone"}]
)
def test_a_catalogue_of_one_leaves_nothing_to_choose(tmp_path: Path, args: dict[str, object]) -> None:
    lines = shop_frames(90)[Table.ORDER_LINES].assign(product_row=0)
    with pytest.raises(Insufficient) as raised:
        run(TOOL, args, _shop(tmp_path, order_lines=lines))
    english, chinese = _said(raised.value)
    assert "Only one product was ever bought" in english
    assert "只有一个商品" in chinese


@pytest.mark.parametrize(
    "args", [{"customer": "row 1"}, {"level": "everyone"}, {"task": "basket", "customer": "row 1"}]
)
def test_where_all_products_are_discontinued_nothing_is_recommended(
    tmp_path: Path, args: dict[str, object]
) -> None:
    products = shop_frames(90)[Table.PRODUCTS].assign(available=False)
    workspace = _shop(tmp_path, products=products)
    with pytest.raises(Insufficient) as raised:
        run(TOOL, args, workspace)
    english, chinese = _said(raised.value)
    assert "out of stock, discontinued" in english
    assert "停售" in chinese
    with pytest.raises(Insufficient) as raised:
        run(TOOL, {"level": "bundle"}, workspace)
    assert all(_said(raised.value))


@pytest.mark.parametrize("task", ["discovery", "basket"])
def test_a_shop_without_repeat_customers_gets_lists_that_say_they_were_not_measured(
    tmp_path: Path, task: str
) -> None:
    frames = shop_frames(120)
    orders = frames[Table.ORDERS].drop_duplicates("customer_row")
    lines = frames[Table.ORDER_LINES]
    lines = lines[lines["order_id"].isin(orders["order_id"])]
    workspace = _shop(
        tmp_path,
        customers=frames[Table.CUSTOMERS],
        orders=orders,
        order_lines=lines,
        products=frames[Table.PRODUCTS],
    )
    finding = run(TOOL, {"customer": "C0003", "task": task}, workspace)
    assert finding.verdict is Verdict.WEAK
    assert len(list(finding.subjects(SubjectKind.PRODUCT))) == 3
    assert "Too few customers bought again" in word_finding(finding, "en")
    assert "无法" in word_finding(finding, "zh")


def test_a_shop_whose_last_sale_of_everything_but_one_is_long_ago_offers_that_one(tmp_path: Path) -> None:
    lines = shop_frames(90)[Table.ORDER_LINES]
    last = lines["ordered_at"].max()
    old = (lines["product_row"] != 4) & (lines["ordered_at"] > last - timedelta(days=125))
    workspace = _shop(tmp_path, order_lines=lines[~old])
    finding = run(TOOL, {"level": "everyone", "task": "basket"}, workspace)
    assert finding.fact("customers_ranked") is not None
    offered = run(TOOL, {"customer": "row 5", "task": "basket"}, workspace)
    assert [one.name for one in offered.subjects(SubjectKind.PRODUCT)] == ["product 4"]
