"""Klaviyo's profile export: one row per profile, with consent as an enum and suppressions as a list.

`NEVER_SUBSCRIBED` is no answer, not a refusal. What Klaviyo computed from orders is only known afterwards.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, shape
from marketeer.tools.warehouse.feeds import Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE

_COMPUTED = (
    "Historic Customer Lifetime Value",
    "Total Customer Lifetime Value",
    "Predicted Customer Lifetime Value",
    "Average Order Value",
    "Historic Number Of Orders",
    "Predicted Number Of Orders",
    "Average Days Between Orders",
    "Churn Risk Prediction",
    "First Active",
    "Last Active",
    "Last Open",
    "Last Click",
)
_PROFILES = Shape(
    feed=Feed.CUSTOMERS,
    columns={
        col.EMAIL: ("Email",),
        "klaviyo_id": ("Klaviyo ID",),
        col.FIRST_NAME: ("First Name",),
        col.LAST_NAME: ("Last Name",),
        "phone_as_written": ("Phone Number",),
        col.ADDRESS: ("Address",),
        col.CITY: ("City",),
        col.COUNTRY: ("Country",),
        col.LANGUAGE: ("Locale", "Language"),
        col.CREATED_AT: ("Profile Created On", "Date Added"),
        col.EMAIL_CONSENT: ("Email Marketing Consent",),
        col.SMS_CONSENT: ("SMS Marketing Consent",),
        "suppressions": ("Email Suppressions",),
    },
    needed=(col.EMAIL, "klaviyo_id"),
    expressions={
        col.PHONE: "nullif(ltrim({phone_as_written}, ''''), '')",
        col.SUPPRESSED: "coalesce(trim({suppressions}), '[]') NOT IN ('', '[]')",
    },
    attributes=True,
    unwanted=("Email Marketing Consent Timestamp", "SMS Marketing Consent Timestamp", "Title", "Region"),
    late=_COMPUTED,
    rules=(EXACT_DUPLICATE,),
)

SOURCE = Source(name="klaviyo", match=shape("profiles", _PROFILES))
