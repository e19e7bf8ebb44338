"""Taobao and Tmall order exports: one row per order, in GB18030, ids as `="…"`, Chinese headers.

Buyers' names may be masked (`t**`); a mask is shared by many, so such a buyer is nobody known. Orders that
were closed (交易关闭) brought nothing. An order's title is one product where it holds one kind; otherwise
no line is made of it.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, money, shape
from marketeer.tools.warehouse.feeds import CUSTOMER_REF, STATUS, Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE, OVERLAPPING_EXPORT, Rule

_BUYER = (
    "CASE WHEN trim(CAST({buyer} AS VARCHAR)) <> '' AND NOT contains(CAST({buyer} AS VARCHAR), '**') "
    "THEN trim(CAST({buyer} AS VARCHAR)) END"
)


def _paid(name: str) -> str:
    return f"coalesce({money(f'{{{name}}}')}, 0)"


_COLUMNS = {
    col.ORDER_ID: ("订单编号",),
    "buyer": ("买家会员名", "买家昵称"),
    STATUS: ("订单状态",),
    col.ORDERED_AT: ("订单创建时间",),
    col.GROSS_AMOUNT: ("买家应付货款",),
    col.SHIPPING_AMOUNT: ("买家应付邮费",),
    "paid": ("买家实际支付金额",),
    col.RETURNED_AMOUNT: ("退款金额",),
}
_ORDERS = Shape(
    feed=Feed.ORDERS,
    columns=_COLUMNS,
    needed=(col.ORDER_ID, "buyer", STATUS, col.ORDERED_AT, col.GROSS_AMOUNT),
    expressions={
        CUSTOMER_REF: _BUYER,
        col.DISCOUNT_AMOUNT: f"CASE WHEN {_paid('paid')} > 0 THEN greatest("
        f"{_paid('gross_amount')} + {_paid('shipping_amount')} - {_paid('paid')}, 0) ELSE 0 END",
    },
    rules=(
        OVERLAPPING_EXPORT,
        EXACT_DUPLICATE,
        Rule("cancelled_order", "contains(status, '交易关闭')"),
        Rule("unpaid_order", "contains(status, '等待买家付款')"),
    ),
)
_LINES = Shape(
    feed=Feed.ORDER_LINES,
    columns={
        col.ORDER_ID: ("订单编号",),
        "title": ("宝贝标题",),
        "kinds": ("宝贝种类",),
        col.QUANTITY: ("宝贝总数量",),
        col.LINE_AMOUNT: ("买家应付货款",),
    },
    needed=(col.ORDER_ID, "title", "kinds", col.LINE_AMOUNT),
    expressions={col.PRODUCT_NAME: "trim({title})"},
    where="TRY_CAST({kinds} AS INTEGER) = 1",
    rules=(OVERLAPPING_EXPORT, EXACT_DUPLICATE),
    partial=True,
)
_BUYERS = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        "buyer": ("买家会员名", "买家昵称"),
        "name": ("收货人姓名",),
        "mobile": ("联系手机", "联系电话"),
        col.ADDRESS: ("收货地址",),
        col.NOTES: ("买家留言",),
    },
    needed=("buyer",),
    expressions={
        CUSTOMER_REF: _BUYER,
        col.LAST_NAME: "CASE WHEN NOT contains({name}, '*') THEN trim({name}) END",
        col.PHONE: "CASE WHEN NOT contains({mobile}, '*') THEN nullif(trim(ltrim({mobile}, '''')), '') END",
        col.COUNTRY: "'CN'",
        col.LANGUAGE: "'zh'",
    },
    where=_BUYER + " IS NOT NULL",
)

SOURCE = Source(name="taobao", match=shape("orders", _ORDERS, _LINES, _BUYERS), currency="CNY")
