"""Shops whose campaigns have planted effects, written straight as canonical tables."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.workspace import Ports, Workspace
from tests.shops import publish_shop, workspace_of

Planted = Mapping[str, tuple[float, float]]
"""Group → its order rate without and with the offer."""


def campaign_frames(
    planted: Planted,
    people: int = 4000,
    control: float = 0.5,
    seed: int = 0,
    assignment: str = "randomised",
    percent: float | None = 10.0,
) -> dict[Table, pd.DataFrame]:
    """Generate one campaign over customers with an attribute `attr_area`; orders cost 50 in the mean."""
    random = np.random.default_rng(seed)
    groups = list(planted)
    area = np.repeat(groups, people)
    size = area.size
    treated = random.random(size) >= control
    rates = np.array([planted[group] for group in area])
    ordered = random.random(size) < np.where(treated, rates[:, 1], rates[:, 0])
    return {
        Table.CUSTOMERS: pd.DataFrame(
            {
                "customer_row": np.arange(size),
                "customer_id": [f"C{n:06d}" for n in range(size)],
                "attr_area": area,
                "attr_age": random.integers(18, 80, size),
                "email_consent": random.choice(["granted", "denied"], size, p=[0.8, 0.2]),
            }
        ),
        Table.CAMPAIGNS: pd.DataFrame(
            {
                "campaign_id": ["spring"],
                "campaign_name": ["Spring offer"],
                "offer": ["percent"],
                "offer_percent": [percent],
                "outcome_days": [14],
                "assignment": [assignment],
            }
        ),
        Table.SENDS: pd.DataFrame(
            {
                "campaign_id": "spring",
                "customer_row": np.arange(size),
                "arm": np.where(treated, "treated", "control"),
                "contact_cost": np.where(treated, 0.05, 0.0),
                "visited": ordered | (random.random(size) < 0.1),
                "ordered": ordered,
                "revenue": np.where(ordered, random.gamma(4, 12.5, size).round(2), 0.0),
            }
        ),
    }


def campaign_workspace(
    folder: Path, frames: dict[Table, pd.DataFrame], ports: Ports | None = None
) -> Workspace:
    """Publish the frames and give a workspace over them."""
    return workspace_of(folder, publish(folder, frames), ports)


def publish(folder: Path, frames: dict[Table, pd.DataFrame], **manifest: object) -> Dataset:
    """Publish the frames; without orders there is no as-of date."""
    return publish_shop(folder, frames, **manifest)
