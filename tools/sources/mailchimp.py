"""Mailchimp's audience export: one file per status, told apart by their columns.

The subscribed file has neither `UNSUB_TIME` nor `CLEAN_TIME`; a cleaned address bounced: never write to it.
"""

from marketeer.tools.core import columns as col
from marketeer.tools.sources.source import Shape, Source, first_of, shape
from marketeer.tools.warehouse.feeds import Feed
from marketeer.tools.warehouse.rules import EXACT_DUPLICATE

_COLUMNS = {
    col.EMAIL: ("Email Address",),
    "leid": ("LEID",),
    col.FIRST_NAME: ("First Name",),
    col.LAST_NAME: ("Last Name",),
    col.PHONE: ("Phone Number", "Phone"),
    col.ADDRESS: ("Address",),
    col.COUNTRY: ("CC",),
    col.CREATED_AT: ("OPTIN_TIME", "CONFIRM_TIME"),
    col.NOTES: ("NOTES",),
    "left": ("UNSUB_TIME",),
    "bounced": ("CLEAN_TIME",),
}


_UNWANTED = (
    *(
        "CONFIRM_TIME",
        "GMTOFF",
        "DSTOFF",
        "LAST_CHANGED",
        "EUID",
        "UNSUB_CAMPAIGN_TITLE",
        "UNSUB_CAMPAIGN_ID",
    ),
    *("UNSUB_REASON_OTHER", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
)


def _members(consent: str, *needed: str, suppressed: bool = False) -> Shape:
    return Shape(
        feed=Feed.CUSTOMERS,
        columns=_COLUMNS,
        needed=(col.EMAIL, "leid", *needed),
        expressions={
            col.EMAIL_CONSENT: f"'{consent}'",
            col.SUPPRESSED: "true" if suppressed else "false",
        },
        attributes=True,
        unwanted=_UNWANTED,
        late=("MEMBER_RATING", "UNSUB_REASON"),
        rules=(EXACT_DUPLICATE,),
    )


SOURCE = Source(
    name="mailchimp",
    match=first_of(
        shape("unsubscribed", _members("denied", "left")),
        shape("cleaned", _members("denied", "bounced", suppressed=True)),
        shape("subscribed", _members("granted")),
    ),
)
