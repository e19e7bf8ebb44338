"""The canonical tables: every column name, its type, and whether it is personal. Names exist once, here.

Money columns are in the snapshot's one currency. `*_row` columns are zero-based positions into the
`customers` or `products` table of the same snapshot: they join fast and name nobody.
"""

from dataclasses import dataclass
from enum import StrEnum, auto


class Table(StrEnum):
    """The canonical tables of a snapshot."""

    CUSTOMERS = auto()
    ORDERS = auto()
    ORDER_LINES = auto()
    PRODUCTS = auto()
    CAMPAIGNS = auto()
    SENDS = auto()


CUSTOMER_ROW = "customer_row"
CUSTOMER_ID = "customer_id"
FIRST_NAME = "first_name"
LAST_NAME = "last_name"
EMAIL = "email"
PHONE = "phone"
ADDRESS = "address"
CITY = "city"
COUNTRY = "country"
LANGUAGE = "language"
CREATED_AT = "created_at"
EMAIL_CONSENT = "email_consent"
SMS_CONSENT = "sms_consent"
SUPPRESSED = "suppressed"
NOTES = "notes"
ATTRIBUTE_PREFIX = "attr_"

ORDER_ID = "order_id"
ORDERED_AT = "ordered_at"
ORDER_KIND = "order_kind"
"""`sale`, or `return` (refund, credit note), which takes money back. `line_kind` likewise."""
CHANNEL = "channel"
GROSS_AMOUNT = "gross_amount"
DISCOUNT_AMOUNT = "discount_amount"
RETURNED_AMOUNT = "returned_amount"
SHIPPING_AMOUNT = "shipping_amount"
TAX_AMOUNT = "tax_amount"
NET_AMOUNT = "net_amount"

LINE_NUMBER = "line_number"
LINE_KIND = "line_kind"
QUANTITY = "quantity"
UNIT_PRICE = "unit_price"
LINE_AMOUNT = "line_amount"
RETURN_OF = "return_of"

PRODUCT_ROW = "product_row"
PRODUCT_ID = "product_id"
PRODUCT_NAME = "product_name"
DESCRIPTION = "description"
CATEGORY = "category"
PRICE = "price"
UNIT_COST = "unit_cost"
AVAILABLE = "available"

CAMPAIGN_ID = "campaign_id"
CAMPAIGN_NAME = "campaign_name"
SENT_AT = "sent_at"
OFFER = "offer"
OFFER_PERCENT = "offer_percent"
OUTCOME_DAYS = "outcome_days"
ASSIGNMENT = "assignment"

ARM = "arm"
CONTACT_COST = "contact_cost"
VISITED = "visited"
ORDERED = "ordered"
REVENUE = "revenue"
UNSUBSCRIBED = "unsubscribed"


class Consent(StrEnum):
    """What a customer said to being written to on a channel. Unknown is not consent."""

    GRANTED = auto()
    DENIED = auto()
    UNKNOWN = auto()


class Assignment(StrEnum):
    """How a campaign's arms were chosen, as declared by the person who loaded it."""

    RANDOMISED = auto()
    NOT_RANDOMISED = auto()
    UNKNOWN = auto()


CONTROL_ARM = "control"
"""The arm that got nothing. Sources map a shop's own word for it to this one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    Attributes:
        name: The canonical name.
        type: The DuckDB type it is stored as.
        personal: Whether it can name a person. Everything that guards privacy reads this.
        required: Whether a table without it cannot be loaded.
    """

    name: str
    type: str
    personal: bool = False
    required: bool = False


MONEY_TYPE = "DECIMAL(18,4)"
_MONEY = MONEY_TYPE

SCHEMA: dict[Table, tuple[Column, ...]] = {
    Table.CUSTOMERS: (
        Column(CUSTOMER_ROW, "INTEGER", required=True),
        Column(CUSTOMER_ID, "VARCHAR", personal=True, required=True),
        Column(FIRST_NAME, "VARCHAR", personal=True),
        Column(LAST_NAME, "VARCHAR", personal=True),
        Column(EMAIL, "VARCHAR", personal=True),
        Column(PHONE, "VARCHAR", personal=True),
        Column(ADDRESS, "VARCHAR", personal=True),
        Column(CITY, "VARCHAR"),
        Column(COUNTRY, "VARCHAR"),
        Column(LANGUAGE, "VARCHAR"),
        Column(CREATED_AT, "TIMESTAMP"),
        Column(EMAIL_CONSENT, "VARCHAR"),
        Column(SMS_CONSENT, "VARCHAR"),
        Column(SUPPRESSED, "BOOLEAN"),
        Column(NOTES, "VARCHAR", personal=True),
    ),
    Table.ORDERS: (
        Column(ORDER_ID, "VARCHAR", required=True),
        Column(CUSTOMER_ROW, "INTEGER"),
        Column(ORDERED_AT, "TIMESTAMP", required=True),
        Column(ORDER_KIND, "VARCHAR", required=True),
        Column(CHANNEL, "VARCHAR"),
        Column(COUNTRY, "VARCHAR"),
        Column(GROSS_AMOUNT, _MONEY, required=True),
        Column(DISCOUNT_AMOUNT, _MONEY),
        Column(RETURNED_AMOUNT, _MONEY),
        Column(SHIPPING_AMOUNT, _MONEY),
        Column(TAX_AMOUNT, _MONEY),
        Column(NET_AMOUNT, _MONEY, required=True),
    ),
    Table.ORDER_LINES: (
        Column(ORDER_ID, "VARCHAR", required=True),
        Column(LINE_NUMBER, "INTEGER", required=True),
        Column(CUSTOMER_ROW, "INTEGER"),
        Column(PRODUCT_ROW, "INTEGER", required=True),
        Column(ORDERED_AT, "TIMESTAMP", required=True),
        Column(LINE_KIND, "VARCHAR", required=True),
        Column(QUANTITY, "INTEGER", required=True),
        Column(UNIT_PRICE, _MONEY, required=True),
        Column(DISCOUNT_AMOUNT, _MONEY),
        Column(LINE_AMOUNT, _MONEY, required=True),
        Column(RETURN_OF, "VARCHAR"),
    ),
    Table.PRODUCTS: (
        Column(PRODUCT_ROW, "INTEGER", required=True),
        Column(PRODUCT_ID, "VARCHAR", required=True),
        Column(PRODUCT_NAME, "VARCHAR"),
        Column(DESCRIPTION, "VARCHAR"),
        Column(CATEGORY, "VARCHAR"),
        Column(PRICE, _MONEY),
        Column(UNIT_COST, _MONEY),
        Column(AVAILABLE, "BOOLEAN"),
    ),
    Table.CAMPAIGNS: (
        Column(CAMPAIGN_ID, "VARCHAR", required=True),
        Column(CAMPAIGN_NAME, "VARCHAR"),
        Column(CHANNEL, "VARCHAR"),
        Column(SENT_AT, "TIMESTAMP"),
        Column(OFFER, "VARCHAR"),
        Column(OFFER_PERCENT, "DOUBLE"),
        Column(OUTCOME_DAYS, "INTEGER"),
        Column(ASSIGNMENT, "VARCHAR", required=True),
    ),
    Table.SENDS: (
        Column(CAMPAIGN_ID, "VARCHAR", required=True),
        Column(CUSTOMER_ROW, "INTEGER", required=True),
        Column(ARM, "VARCHAR", required=True),
        Column(CONTACT_COST, "DOUBLE"),
        Column(VISITED, "BOOLEAN"),
        Column(ORDERED, "BOOLEAN"),
        Column(REVENUE, _MONEY),
        Column(UNSUBSCRIBED, "BOOLEAN"),
    ),
}


def personal_columns(table: Table) -> frozenset[str]:
    """Give the columns of a table that can name a person."""
    return frozenset(column.name for column in SCHEMA[table] if column.personal)
