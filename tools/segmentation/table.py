"""The table customers are segmented on: purchase features, and numeric attributes where asked for."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, CUSTOMER_ROW, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Retry, unknown_name
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.warehouse import features as f

PURCHASE_FEATURES = (
    f.RECENCY, f.TENURE, f.ORDERS, f.ITEMS, f.PRODUCTS, f.GROSS, f.NET, f.MEAN_ORDER, f.MEAN_GAP,
    f.RETURN_SHARE,
)  # fmt: skip
RFM = (f.RECENCY, f.ORDERS, f.NET)


def has_orders(dataset: Dataset) -> bool:
    """Tell whether purchase features can be computed."""
    return dataset.has(Table.ORDERS) and dataset.as_of is not None


def resolve_features(dataset: Dataset, asked: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Find the columns people mean; none asked for means recency, orders and net revenue.

    Raises:
        Retry: A name is not a feature of this data.
        Insufficient: Nothing was asked for and there are no orders.
    """
    known = _known(dataset)
    if not asked:
        if not has_orders(dataset):
            raise Insufficient(
                "Segments by purchases need dated orders, and the loaded data has none. "
                f"Name customer columns to group by instead: {', '.join(known) or 'none were loaded'}.",
                code="no_orders_to_segment",
                known=list(known),
            )
        return RFM
    return tuple(dict.fromkeys(_resolve(name, known, vocabulary) for name in asked))


def _known(dataset: Dataset) -> tuple[str, ...]:
    purchases = PURCHASE_FEATURES if has_orders(dataset) else ()
    return (*purchases, *dataset.attributes)


def _resolve(name: str, known: Sequence[str], vocabulary: Vocabulary) -> str:
    folded = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
    for candidate in (folded, f"{ATTRIBUTE_PREFIX}{folded}", vocabulary.code("feature", name) or "",
                      vocabulary.code("fact", name) or ""):  # fmt: skip
        if candidate in known:
            return candidate
    raise unknown_name("feature", name, known)


def customer_table(dataset: Dataset, features: Sequence[str], as_of: date | None = None) -> pd.DataFrame:
    """Give one row per customer with the purchase features and the attributes that are among `features`.

    Where there are orders it covers the customers who had ordered by the as-of date, else all customers.

    Raises:
        Retry: An attribute is text, so that no distance can be taken on it.
    """
    attributes = [name for name in features if name in dataset.attributes]
    if has_orders(dataset):
        table = f.customer_features(dataset, as_of)
    else:
        table = dataset.frame("SELECT customer_row FROM customers ORDER BY customer_row")
    return table.merge(_attributes(dataset, attributes), on=CUSTOMER_ROW) if attributes else table


def _attributes(dataset: Dataset, names: Sequence[str]) -> pd.DataFrame:
    columns = ", ".join(f'"{name}"' for name in names)
    frame = dataset.frame(f"SELECT customer_row, {columns} FROM customers ORDER BY customer_row")
    for name in names:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.isna().sum() > frame[name].isna().sum():
            raise Retry(
                f"'{name.removeprefix(ATTRIBUTE_PREFIX)}' holds words, and clusters need numbers. "
                "Leave it out, or ask for a count of customers by it.",
                code="not_a_number",
                column=name.removeprefix(ATTRIBUTE_PREFIX),
            )
        frame[name] = numbers.astype("float64")
    return frame
