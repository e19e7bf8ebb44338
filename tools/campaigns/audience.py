"""Who of a selection may be written to, and who of them is held out as control."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from marketeer.tools.campaigns.catalogue import copy_name
from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient

MessageChannel = Literal["email", "sms"]
TREATED = "treated"
SEGMENT = "segment"

_ADDRESS: Mapping[MessageChannel, str] = {"email": col.EMAIL, "sms": col.PHONE}
_CONSENT: Mapping[MessageChannel, str] = {"email": col.EMAIL_CONSENT, "sms": col.SMS_CONSENT}
_WANTED = (
    col.CUSTOMER_ID, col.EMAIL, col.PHONE, col.FIRST_NAME, col.LAST_NAME, col.CITY, col.COUNTRY, col.LANGUAGE,
    col.EMAIL_CONSENT, col.SMS_CONSENT, col.SUPPRESSED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """People who may be written to, and how many were left out and why.

    Attributes:
        people: One row per person with all address columns as text, `segment` and `arm`.
        left_out: Reason → number of people, in the order the reasons were applied.
    """

    people: pd.DataFrame
    left_out: Mapping[str, int]

    def arm(self, name: str) -> pd.DataFrame:
        """Give the people of one arm."""
        return self.people[self.people[col.ARM] == name]


def customers_with_addresses(dataset: Dataset) -> pd.DataFrame:
    """Read all customers by row, with every column an export can use; one that was not loaded is empty.

    An e-mail that served as customer id serves as e-mail.
    """
    there = [name for name in _WANTED if dataset.has(Table.CUSTOMERS, name)]
    frame = dataset.frame(
        f"SELECT customer_row, {', '.join(there)} FROM customers ORDER BY customer_row"
    ).set_index(col.CUSTOMER_ROW)
    frame = frame.reindex(columns=list(_WANTED))
    suppressed = frame[col.SUPPRESSED].astype("boolean").fillna(value=False)
    texts: pd.DataFrame = (
        frame.drop(columns=col.SUPPRESSED).astype("string").fillna("").apply(lambda one: one.str.strip())
    )
    ids = texts[col.CUSTOMER_ID]
    texts[col.EMAIL] = texts[col.EMAIL].where(texts[col.EMAIL] != "", ids.where(ids.str.contains("@"), ""))
    texts.insert(len(texts.columns), col.SUPPRESSED, suppressed.astype(bool))
    return texts


def select(
    dataset: Dataset,
    chosen: pd.DataFrame,
    channel: MessageChannel,
    *,
    basis: bool = False,
    needs_address: bool = True,
) -> Selection:
    """Keep those who gave consent, are not suppressed and can be addressed, each address once.

    Args:
        dataset: The snapshot.
        chosen: `customer_row`, `segment` and perhaps `arm` of everyone selected.
        channel: The channel whose consent counts.
        basis: Whether the person states a legal basis of their own for people of unknown consent.
        needs_address: Whether people without an address for the channel are left out.

    Raises:
        Insufficient: The data has no consent for the channel and no basis is stated.
    """
    if not basis and not dataset.has(Table.CUSTOMERS, _CONSENT[channel]):
        raise Insufficient(
            f"The data has no {channel} consent, and unknown is not consent. Load a file with consent, "
            "or state the legal basis you have.",
            code="no_consent_data",
            channel=channel,
        )
    people = customers_with_addresses(dataset).join(chosen.set_index(col.CUSTOMER_ROW), how="inner")
    consent = people[_CONSENT[channel]]
    agreed = (consent == col.Consent.GRANTED.value) | (basis & (consent != col.Consent.DENIED.value))
    address = people[_ADDRESS[channel]].str.casefold()
    keep = pd.Series(data=True, index=people.index)
    left_out: dict[str, int] = {}
    for reason, fits in (
        ("left_out_consent", agreed),
        ("left_out_suppressed", ~people[col.SUPPRESSED]),
        ("left_out_address", (address != "") if needs_address else keep),
    ):
        left_out[reason] = int((keep & ~fits).sum())
        keep &= fits
    unique = people[keep][~address[keep].duplicated() | (address[keep] == "")]
    left_out["left_out_duplicate"] = int(keep.sum()) - len(unique)
    return Selection(unique, left_out)


def with_last_products(people: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Add `last_product`: the dearest product of each person's last order, as copy spells it, else empty."""
    if not (dataset.has(Table.ORDER_LINES) and dataset.has(Table.PRODUCTS, col.PRODUCT_NAME)):
        return people.assign(last_product="")
    bought = dataset.frame(
        "SELECT customer_row, arg_max(product_name, (ordered_at, line_amount, line_number)) AS name "
        "FROM order_lines JOIN products USING (product_row) "
        "WHERE line_kind = 'sale' AND customer_row IS NOT NULL AND product_name IS NOT NULL "
        "GROUP BY customer_row"
    ).set_index(col.CUSTOMER_ROW)["name"]
    names = bought.reindex(people.index).map(copy_name, na_action="ignore").fillna("")
    return people.assign(last_product=names.astype("string"))


def opted_out(dataset: Dataset, channel: MessageChannel) -> pd.DataFrame:
    """Give everyone of the shop who refused the channel or is suppressed, and has an address for it."""
    people = customers_with_addresses(dataset)
    refused = (people[_CONSENT[channel]] == col.Consent.DENIED.value) | people[col.SUPPRESSED]
    return people[refused & (people[_ADDRESS[channel]] != "")]


def hold_out(selection: Selection, percent: float, salt: str) -> Selection:
    """Assign every person to an arm by a salted hash of the customer id, the same in any process.

    Arms that the selection already has are kept.
    """
    people = selection.people.copy()
    if col.ARM not in people:
        draws = people[col.CUSTOMER_ID].map(lambda key: _draw(salt, key))
        people[col.ARM] = [col.CONTROL_ARM if draw < percent / 100 else TREATED for draw in draws]
    return Selection(people, selection.left_out)


def _draw(salt: str, key: str) -> float:
    digest = hashlib.sha256(f"{salt}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
