"""Column names as people write them, in English and Chinese, matched to canonical ones by pattern."""

import re
from collections.abc import Mapping, Sequence

from marketeer.tools.core import columns as col
from marketeer.tools.warehouse.feeds import CURRENCY, CUSTOMER_REF, STATUS, TOTAL_AMOUNT, Feed
from marketeer.tools.warehouse.private import holds_contacts

_CUSTOMER_ID = (
    r"(customer|client|user|buyer|member|account|shopper|contact|visitor|cust)_?(id|no|number|code|key|ref)?",
    r"(客户|顾客|会员|用户|买家)(编号|id|号|卡号|代码|编码|账号|帐号|会员名|昵称)?|下单(账号|帐号)",
)
_EMAIL = (r"(customer_|contact_|billing_|buyer_)?e_?mail(_address)?", r"(电子)?(邮箱|邮件)(地址)?")
_ORDER_ID = (
    r"order_?(id|no|nr|num|number|code|key|ref|reference|name)?|purchase_order(_(id|no|number))?",
    r"(?!(last|first)_).*_order_?(id|no|number)",
    r"(invoice|receipt|sale|purchase|basket|bill|booking|document)_?(id|no|num|number|code|key|ref|name)?",
    r"transaction_?(id|no|number|code|key|ref)?",
    r"(父|主)?订单(编号|id|号|号码)?",
    r"(交易|单据|发票|小票|销售单|单)(编号|id|号|号码)?",
)
_DATE = (
    r"(order|ordered|purchase|purchased|sale|sales|invoice|transaction)_?(date|time|datetime|date_?time|timestamp|at|on)",
    r"(created|create)_?(date|time|datetime|timestamp|at|on)?|date_created|date_?(time)?|timestamp|day",
    r"(payment|paid)_?(date|time|datetime|timestamp|at|on)|date_paid|paid_on_date",
    r"(下单|订单创建|订单|交易|购买|成交|订单成交|销售|开单)?(日期|时间)",
    r"(付款|支付|订单付款)(日期|时间)",
)
_PRODUCT_ID = (
    r"(product|item|sku|stock|article|variant|goods)_?(id|no|number|code|sku|key|ref)",
    r"(line_?item_)?sku|asin|ean|upc|barcode|isbn",
    r"(商品|产品|货品|物料|宝贝)(编号|id|号|代码|编码)|货号|条码|(商品)?sku(_?id|编码)?|商家编码",
)
_PRODUCT_NAME = (
    r"(product|item|article|goods|variant|line_?item)_?(name|title|description)?|description|title",
    r"(商品|产品|货品|宝贝)(名称|标题|名|信息)?|品名",
)
_CATEGORY = (
    r"(product_|item_)?(category|department|type|group|family|collection|class)(_name)?",
    r"(商品|产品)?(类别|分类|品类|类目)",
)
_CHANNEL = (
    r"(sales_|order_)?(channel|source|platform|store|shop)(_name)?",
    r"(销售|订单)?(渠道|来源|平台|门店)",
)
_COUNTRY = (r"(billing_|shipping_|ship_|customer_)?country(_code|_name)?|nation|market", r"国家(地区)?|国别")
_STATUS = (r"(order_|financial_|payment_)?(status|state)", r"(订单|交易|支付)?状态")
_CURRENCY = (r"currency(_code)?|iso_currency", r"币种|货币")
_DISCOUNT = (
    r"(line_?item_|line_|item_)(discount|promotion_discount)s?(_?(amount|value|total))?",
    r"(order_|total_|cart_)?(discount|coupon|promo|rebate)s?_?(amount|value|total)|discounts?|rebates?",
    r"(店铺|商家)?(优惠|折扣|减免)(金额|折扣)?",
)
_MEMBER = {CUSTOMER_REF: _CUSTOMER_ID, col.EMAIL: _EMAIL}

PATTERNS: Mapping[Feed, Mapping[str, Sequence[str]]] = {
    Feed.ORDER_LINES: {
        col.ORDER_ID: _ORDER_ID,
        **_MEMBER,
        col.ORDERED_AT: _DATE,
        col.PRODUCT_ID: _PRODUCT_ID,
        col.PRODUCT_NAME: _PRODUCT_NAME,
        col.QUANTITY: (
            r"(line_?item_|item_|order_|product_)?(quantity|qty|units?|count|pieces|pcs)(_(ordered|purchased|sold))?",
            r"(商品|购买|订购|销售|宝贝)?(数量|件数)",
        ),
        col.UNIT_PRICE: (
            r"(unit|item|line_?item|sale|selling|product)_?(price|cost)|price(_per_unit|_each)?|unit_rate",
            r"(商品)?(单价|价格|售价)|京东价",
        ),
        col.LINE_AMOUNT: (
            r"(line|line_?item|item|row|extended)_?(total|sub_?total|amount|price|value|revenue)|(gross|line)_sales",
            r"amount|revenue|(net_)?sales|value|(sales?|gross)_?(total|amount|price|value|revenue)",
            r"(total|order)_?(total|amount|price|value|revenue)|total|sub_?total",
            r"小计|(商品|销售)(金额|总价|总额|销售额)",
            r"(订单|成交|实付)?(金额|总价|总额|销售额)",
        ),
        col.DISCOUNT_AMOUNT: _DISCOUNT,
        col.CATEGORY: _CATEGORY,
        col.CHANNEL: _CHANNEL,
        col.COUNTRY: _COUNTRY,
        STATUS: _STATUS,
        CURRENCY: _CURRENCY,
    },
    Feed.ORDERS: {
        col.ORDER_ID: (*_ORDER_ID, r"id", r"编号"),
        **_MEMBER,
        col.ORDERED_AT: _DATE,
        col.GROSS_AMOUNT: (
            r"(order_)?sub_?total(_amount)?|gross(_amount|_total|_revenue|_sales)?",
            r"商品(总)?(金额|价格|价)",
        ),
        col.NET_AMOUNT: (r"net(_amount|_total|_revenue|_sales)?", r"(净额|净销售额)"),
        TOTAL_AMOUNT: (
            r"(order_?|grand_?|invoice_?)?total(_amount|_price|_paid|_base|_purchased)?",
            r"(order_?|grand_?|total_?|paid_?|payment_?|sales?_?|purchase_?|transaction_?|invoice_?)?"
            r"(total|amount|value|revenue|price|sales|spend|dollars?|sum)(_usd|_eur|_paid|_value|_amount|_price)?",
            r"(用户|买家|客户)?实(际)?(付|支付)(金额|款)?|(买家)?实际支付金额",
            r"(订单|支付|付款|成交|交易|销售|消费|应付|总|商家实收|实收)?(金额|总额|总价|销售额)",
        ),
        col.DISCOUNT_AMOUNT: _DISCOUNT,
        col.RETURNED_AMOUNT: (
            r"((total|order)_)?(refund|return)(ed|s)?(_?(amount|total|value))?|(amount|total)_refunded",
            r"(退款|退货)(金额)?",
        ),
        col.SHIPPING_AMOUNT: (
            r"(order_)?(shipping|freight|postage|delivery)(_and_handling)?(_?(amount|cost|fee|price|total|charge|charged)s?)?",
            r"运费|邮费",
        ),
        col.TAX_AMOUNT: (
            r"(total_|sales_|order_)*(tax|vat|gst)(es)?(_?(amount|total|collected))?",
            r"税(费|额)?",
        ),
        col.CHANNEL: _CHANNEL,
        col.COUNTRY: _COUNTRY,
        STATUS: _STATUS,
        CURRENCY: _CURRENCY,
    },
    Feed.CUSTOMERS: {
        CUSTOMER_REF: (*_CUSTOMER_ID, r"id", r"编号"),
        col.EMAIL: _EMAIL,
        col.FIRST_NAME: (r"first_?name|given_?name|fname|forename", r"名字?"),
        col.LAST_NAME: (
            r"last_?name|surname|family_?name|lname|(full_?|customer_?|contact_?)?name",
            r"姓名?|(客户|会员|顾客)(姓名|名称)",
        ),
        col.PHONE: (
            r"(phone|mobile|cell|telephone|tel)(_?(number|no))?",
            r"(手机|电话|联系电话|联系手机)(号码?)?",
        ),
        col.ADDRESS: (
            r"(street|postal|billing|shipping|home)?_?address(_?(line)?_?1)?|street",
            r"(收货|详细|联系)?地址",
        ),
        col.CITY: (r"(billing_|shipping_)?city|town", r"城市"),
        col.COUNTRY: _COUNTRY,
        col.LANGUAGE: (r"(preferred_)?(language|locale|lang)", r"语言"),
        col.CREATED_AT: (
            r"(created|signup|sign_up|registered|registration|joined|join|member_since|account_created)_?(at|on|date|time)?",
            r"(注册|创建|加入|入会)(日期|时间)",
        ),
        col.EMAIL_CONSENT: (
            r"(accepts_)?e_?mail_?(marketing_?)?(consent|opt_?in|subscribed|subscription|permission|status)|"
            r"accepts_(email_)?marketing|marketing_(consent|opt_in)|newsletter|opt_?in|subscribed|consent",
            r"(邮件|邮箱)(营销)?(订阅|同意|授权)|同意邮件",
        ),
        col.SMS_CONSENT: (
            r"(accepts_)?(sms|text|mobile)_?(marketing_?)?(consent|opt_?in|subscribed|permission|status)?",
            r"短信(营销)?(订阅|同意|授权)?|同意短信",
        ),
        col.SUPPRESSED: (
            r"suppressed|blocked|blacklisted|do_not_contact|unsubscribed|dnc|bounced",
            r"黑名单|已退订|屏蔽",
        ),
        col.NOTES: (
            r"(customer_|order_)?(notes?|comments?|remarks?|feedback|memo)",
            r"(客户|会员)?(备注|留言|评价)",
        ),
    },
    Feed.PRODUCTS: {
        col.PRODUCT_ID: (*_PRODUCT_ID, r"id|handle|code", r"编号"),
        col.PRODUCT_NAME: (
            r"(product|item|article)_?(name|title)?|name|title",
            r"(商品|产品|货品)?(名称|标题|名)|品名",
        ),
        col.DESCRIPTION: (
            r"(product_|long_|short_)?(description|desc|details)|body_html",
            r"(商品|产品)?(描述|说明|详情)",
        ),
        col.CATEGORY: _CATEGORY,
        col.PRICE: (
            r"(unit_|list_|selling_|variant_|regular_|sale_|product_)?price|rrp|msrp",
            r"(商品)?(单价|价格|售价)",
        ),
        col.UNIT_COST: (
            r"(unit_?|item_?)?costs?(_per_item|_price|_of_goods)?|cogs|purchase_price",
            r"(商品)?(成本|进价)(价)?",
        ),
        col.AVAILABLE: (
            r"(is_)?(available|active|in_stock|published)|availability",
            r"(是否)?(在售|上架|有货)",
        ),
    },
    Feed.CAMPAIGNS: {
        col.CAMPAIGN_ID: (r"campaign(_?(id|no|code|key))?|id", r"活动(编号|id|号|代码)?"),
        col.CAMPAIGN_NAME: (r"(campaign_)?(name|title|subject)", r"活动(名称|标题)"),
        col.CHANNEL: (r"(campaign_)?(channel|medium)", r"渠道"),
        col.SENT_AT: (
            r"(sent|send|start|launch|campaign)_?(at|on|date|time)|date",
            r"(发送|投放|开始)?(日期|时间)",
        ),
        col.OFFER: (r"offer(_?(name|text|type))?|incentive", r"优惠(内容)?"),
        col.OFFER_PERCENT: (r"(offer|discount)_?(percent|pct|percentage|rate)", r"折扣(率|比例)?"),
        col.OUTCOME_DAYS: (r"(outcome|attribution|window)_?days?", r"(归因|观察)(天数|窗口)"),
        col.ASSIGNMENT: (r"assignment|randomi[sz]ed|allocation", r"(分配|分组)方式"),
    },
    Feed.SENDS: {
        **_MEMBER,
        col.CAMPAIGN_ID: (r"campaign(_?(id|no|code|key|name))?", r"活动(编号|id|号|代码|名称)?"),
        col.SENT_AT: (r"(sent|send|delivered)_?(at|on|date|time)", r"(发送|投放)(日期|时间)"),
        col.CHANNEL: (r"(campaign_)?(channel|medium)", r"渠道"),
        col.OFFER: (r"offer(_?(name|text|type))?|incentive", r"优惠(内容)?"),
        col.ARM: (
            r"(test_|campaign_|experiment_)?(arm|variant|variation|treatment|treated|cell|test_group|group|segment)",
            r"(实验|测试|对照)?(组别|分组|组)",
        ),
        col.CONTACT_COST: (r"(contact_|send_|sending_|unit_)?cost", r"(触达|发送)?成本"),
        col.VISITED: (r"visit(ed|s)?|click(ed|s)?|session", r"(是否)?(访问|点击)"),
        col.ORDERED: (
            r"order(ed)?|convert(ed)?|conversion|purchase[d]?|bought|response|responded",
            r"(是否)?(购买|下单|转化|成交)",
        ),
        col.REVENUE: (r"revenue|spend|spent|sales|amount|order_value", r"(收入|消费|销售额|成交金额|金额)"),
        col.UNSUBSCRIBED: (r"unsubscribed?|opt(ed)?_?out", r"(是否)?退订"),
    },
}
"""Feed → canonical column → patterns for its header, the surest first."""


_UNITS = r"\s*[(（]\s*(元|人民币|rmb|cny|usd|eur|gbp|chf|[€$£¥￥]|件|个|pcs|[a-z. ]*(tax|vat))\s*[)）]\s*$"
"""What a header says of its unit, in brackets: 金额(元), Total (EUR), Subtotal (ex tax)."""


def folded(header: str) -> str:
    """Write a header in snake case: `CustomerID`, `customer id` and `Customer-Id` become `customer_id`.

    A unit in brackets at its end goes.
    """
    bare = re.sub(_UNITS, "", header, flags=re.IGNORECASE)
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare or header)
    return "_".join(re.findall(r"[^\W_]+", split.casefold()))


def match_columns(headers: Sequence[str], feed: Feed) -> dict[str, str]:
    """Find which header is which column of a feed; each header is used once, the surest pattern first."""
    names = {header: folded(header) for header in headers}
    found: dict[str, str] = {}
    for column, patterns in PATTERNS[feed].items():
        for pattern in patterns:
            free = [h for h, name in names.items() if h not in found.values() and re.fullmatch(pattern, name)]
            if free:
                found[column] = free[0]
                break
    return found


_PRIVATE = (
    r".*(e_?mail|phone|mobile|telephone|fax|address|street|passport|ssn|iban|card_number|password|token|"
    r"latitude|longitude|birth_?(day|date)|date_of_birth|dob|company|organi[sz]ation).*|(.*_)?ip(_address)?|"
    r"(.*_)?(full_?|first_?|last_?|sur|given_?|family_?|nick_?|user_?)?name|.*(姓名|电话|手机|地址|身份证|邮箱|生日).*"
)
_POSTAL = r"(.*_)?(zip|post(al)?)(_?code)?(_prefix)?|邮编|邮政编码"


def attributes_of(examples: Mapping[str, Sequence[str]], spare: Sequence[str]) -> tuple[str, ...]:
    """Choose which spare columns of a customer table are attributes.

    What can name a person is left out: contact details, full names, birthdays, postal codes (an area code
    such as Urban has no digits and stays), companies and places on the map. So are columns without a name,
    and those whose values are e-mail addresses, telephone or identity numbers whatever they are called.
    """
    return tuple(
        header
        for header in spare
        if not re.fullmatch(_PRIVATE, folded(header))
        and not re.fullmatch(r"column_\d+", folded(header))
        and not holds_contacts(examples.get(header, ()))
        and not (re.fullmatch(_POSTAL, folded(header)) and _has_digits(examples.get(header, ())))
    )


def _has_digits(values: Sequence[str]) -> bool:
    return any(char.isdigit() for value in values for char in value)
