"""Small shops with known contents, written straight as canonical tables."""

from pathlib import Path

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.warehouse.manifest import Manifest
from marketeer.tools.warehouse.snapshots import publish, staging, write_frames


def publish_shop(folder: Path, frames: dict[Table, pd.DataFrame], **manifest: object) -> Dataset:
    """Publish canonical frames as the current snapshot of a workspace folder."""
    orders = frames.get(Table.ORDERS)
    defaults = {
        "snapshot": "test-shop",
        "name": "test shop",
        "currency": "EUR",
        "as_of": None if orders is None else orders["ordered_at"].max().date(),
        "attributes": {
            c: True for c in frames.get(Table.CUSTOMERS, pd.DataFrame()).columns if c.startswith("attr_")
        },
    }
    with staging(folder) as staged:
        write_frames(staged, frames)
        return publish(folder, staged, Manifest(**(defaults | manifest)))


def workspace_of(folder: Path, dataset: Dataset, ports: Ports | None = None) -> Workspace:
    """Give a workspace over a published snapshot, with plain ports."""
    return Workspace(folder, dataset, Ledger(folder / "ledger.sqlite"), ports or Ports())


def shop_frames(customers: int = 300, seed: int = 0) -> dict[Table, pd.DataFrame]:
    """Generate a small plausible shop: orders over two years, twelve products, no campaigns."""
    random = np.random.default_rng(seed)
    rate = random.gamma(0.8, 1.2, customers)
    counts = 1 + random.poisson(rate * 3)
    row = np.repeat(np.arange(customers), counts)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 730 * 24, row.size), unit="h")
    orders = pd.DataFrame({"customer_row": row, "ordered_at": day}).sort_values(
        "ordered_at", ignore_index=True
    )
    orders["order_id"] = [f"O{n:05d}" for n in range(len(orders))]
    orders["order_kind"] = "sale"
    lines_per = random.integers(1, 4, len(orders))
    at = np.repeat(np.arange(len(orders)), lines_per)
    product = random.integers(0, 12, at.size)
    price = np.round(5 + 3.5 * product, 2)
    quantity = random.integers(1, 4, at.size)
    lines = pd.DataFrame(
        {
            "order_id": orders["order_id"].to_numpy()[at],
            "line_number": np.concatenate([np.arange(1, n + 1) for n in lines_per]),
            "customer_row": orders["customer_row"].to_numpy()[at],
            "product_row": product,
            "ordered_at": orders["ordered_at"].to_numpy()[at],
            "line_kind": "sale",
            "quantity": quantity,
            "unit_price": price,
            "line_amount": np.round(price * quantity, 2),
        }
    )
    amount = lines.groupby("order_id")["line_amount"].sum()
    orders["gross_amount"] = orders["order_id"].map(amount)
    orders["net_amount"] = orders["gross_amount"]
    return {
        Table.CUSTOMERS: pd.DataFrame(
            {
                "customer_row": np.arange(customers),
                "customer_id": [f"C{n:04d}" for n in range(customers)],
                "email": [f"person{n}@example.com" for n in range(customers)],
                "country": random.choice(["DE", "FR", "CN"], customers),
                "email_consent": random.choice(["granted", "denied", "unknown"], customers),
                "attr_tier": random.choice(["gold", "basic"], customers),
            }
        ),
        Table.ORDERS: orders,
        Table.ORDER_LINES: lines,
        Table.PRODUCTS: pd.DataFrame(
            {
                "product_row": np.arange(12),
                "product_id": [f"P{n:02d}" for n in range(12)],
                "product_name": [f"product {n}" for n in range(12)],
                "category": [f"category {n % 3}" for n in range(12)],
                "price": 5 + 3.5 * np.arange(12),
                "unit_cost": 2 + 1.5 * np.arange(12),
                "available": True,
            }
        ),
    }
