"""A shop of three tastes: who likes what is known, so that a ranking can be checked against it."""

from pathlib import Path

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from tests.shops import publish_shop

TASTES = {
    "christmas": ["christmas bauble red", "christmas tree star", "christmas wreath", "christmas candle"],
    "garden": ["garden trowel", "garden watering can", "garden gloves", "flower seeds for the garden"],
    "baking": ["cake tin round", "cake stand", "baking tray", "cupcake cases"],
}
PER_TASTE = 20
NOBODY = 3 * PER_TASTE


def taste_of(row: int) -> str:
    return list(TASTES)[row // PER_TASTE]


def rows_of(taste: str) -> range:
    start = list(TASTES).index(taste) * PER_TASTE
    return range(start, start + PER_TASTE)


def taste_frames(names: dict[str, list[str]] | None = None) -> dict[Table, pd.DataFrame]:
    """Sixty customers who buy three products of their taste and one of another; one who never ordered."""
    names = names or TASTES
    random = np.random.default_rng(7)
    products = [(name, taste) for taste, own in names.items() for name in own]
    lines = []
    for row in range(NOBODY):
        own = list(names).index(list(names)[row // PER_TASTE]) * 4
        chosen = [own + n for n in random.choice(4, 3, replace=False)]
        other = int(random.choice([p for p in range(12) if not own <= p < own + 4]))
        lines += [(row, product, 20.0 + product) for product in chosen] + [(row, other, 5.0)]
    frame = pd.DataFrame(lines, columns=["customer_row", "product_row", "line_amount"])
    frame["order_id"] = "O" + frame["customer_row"].astype(str)
    frame["line_number"] = frame.groupby("order_id").cumcount() + 1
    frame["ordered_at"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(frame["customer_row"], unit="D")
    frame["line_kind"], frame["quantity"], frame["unit_price"] = "sale", 1, frame["line_amount"]
    orders = frame.groupby("order_id", as_index=False).agg(
        customer_row=("customer_row", "first"),
        ordered_at=("ordered_at", "first"),
        gross_amount=("line_amount", "sum"),
    )
    orders["net_amount"], orders["order_kind"] = orders["gross_amount"], "sale"
    everybody = np.arange(NOBODY + 1)
    return {
        Table.CUSTOMERS: pd.DataFrame(
            {
                "customer_row": everybody,
                "customer_id": [f"C{n}" for n in everybody],
                "first_name": [f"Vera{n}" for n in everybody],
                "last_name": "Secret",
                "email": ["twin@example.com" if n in (3, 4) else f"vera{n}@example.com" for n in everybody],
                "country": ["Germany" if n % 2 else "France" for n in everybody],
                "email_consent": ["granted" if n % 4 else "denied" for n in everybody],
                "suppressed": everybody == 5,
            }
        ),
        Table.ORDERS: orders,
        Table.ORDER_LINES: frame,
        Table.PRODUCTS: pd.DataFrame(
            {
                "product_row": np.arange(12),
                "product_id": [f"P{n}" for n in range(12)],
                "product_name": [name for name, _ in products],
            }
        ),
    }


def taste_shop(folder: Path, **manifest: object) -> Dataset:
    return publish_shop(folder, taste_frames(), **manifest)
