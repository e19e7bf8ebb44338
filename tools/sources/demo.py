"""Opens the built-in demo shop as a snapshot like any other."""

import hashlib
from decimal import Decimal
from pathlib import Path

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.sources.demo_shop.shop import DemoShop, make_shop, truth_of
from marketeer.tools.warehouse.manifest import Manifest, SourceFile
from marketeer.tools.warehouse.snapshots import make_current, open_dataset, publish, staging, write_frames

NAME = "Linden & Lotus (demo shop)"
VERSION = 2
TRUTH = "demo-truth"
"""The folder beside the snapshots that holds what was planted. Tests read it; no tool does."""


def load_demo(folder: Path, progress: Progress | None = None, *, seed: int = 20) -> Dataset:
    """Generate the demo shop and make it the workspace's current snapshot.

    Args:
        folder: The workspace folder.
        progress: Hears how far it is.
        seed: The same seed gives the same shop.

    Returns:
        The snapshot: about 6,000 customers, 24 months, 250 products, three campaigns with hold-outs, in EUR.
    """
    snapshot = hashlib.sha256(f"demo shop {VERSION} seed {seed}".encode()).hexdigest()
    if (folder / "snapshots" / snapshot / "manifest.json").exists():
        make_current(folder, snapshot)
        return open_dataset(folder)
    hear = progress or Silent()
    hear.report("demo_shop", 0, 3)
    shop = make_shop(seed=seed)
    hear.report("demo_shop", 1, 3)
    with staging(folder) as staged:
        write_frames(staged, shop.frames)
        _write_truth(shop, folder)
        hear.report("demo_shop", 2, 3)
        dataset = publish(folder, staged, _manifest(shop, snapshot))
    hear.report("demo_shop", 3, 3)
    return dataset


def _write_truth(shop: DemoShop, folder: Path) -> None:
    (folder / TRUTH).mkdir(mode=0o700, exist_ok=True)
    for name, frame in truth_of(shop).items():
        frame.to_parquet(folder / TRUTH / f"{name}.parquet", index=False)


def _manifest(shop: DemoShop, snapshot: str) -> Manifest:
    lines = shop.frames[Table.ORDER_LINES]
    amount = Decimal(str(round(float(lines["line_amount"].sum()), 2)))
    return Manifest(
        snapshot=snapshot,
        name=NAME,
        files=(SourceFile("demo shop", snapshot, len(lines), "demo"),),
        raw_rows=len(lines),
        raw_amount=amount,
        kept_rows=len(lines),
        kept_amount=amount,
        currency="EUR",
        as_of=shop.frames[Table.ORDERS]["ordered_at"].max().date(),
        attributes={"attr_newsletter": True, "attr_birth_month": True},
    )
