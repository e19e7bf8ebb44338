"""The demo shop's three past campaigns: randomised hold-outs, planted effects, and the orders they caused."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from marketeer.tools.sources.demo_shop.people import START


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """One campaign of the past.

    Attributes:
        key: Its id.
        name: Its name for people.
        day: The day it was sent, counted from the shop's first day.
        percent: The discount in percent, 0 for free shipping.
        control: Share of the audience held out.
        strength: Scales the planted effects.
    """

    key: str
    name: str
    day: int
    percent: float
    control: float
    strength: float


PAST = (
    PastCampaign("spring-2025", "Spring offer 2025, 15 % off", 439, 15.0, 0.40, 1.0),
    PastCampaign("summer-2025", "Summer free shipping 2025", 536, 0.0, 0.30, 0.45),
    PastCampaign("autumn-2025", "Autumn offer 2025, 20 % off", 641, 20.0, 0.40, 1.15),
)
OUTCOME_DAYS = 14
CONTACT_COST = 0.02


def send_campaigns(
    people: pd.DataFrame, orders: pd.DataFrame, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw arms and decide whom each campaign moved.

    A treated customer who would not have ordered in the outcome window anyway orders once with the planted
    probability `effect × strength`, where only those already drifting away count as drifting.

    Args:
        people: Customers with their planted columns.
        orders: Organic orders with `customer_row` and `day`.
        random: The generator.

    Returns:
        The sends (`campaign_id, customer_row, arm, contact_cost, visited, ordered, unsubscribed, effect`) and
        the additional orders (`customer_row, day, percent`).
    """
    sends, extra = [], []
    for campaign in PAST:
        audience = _audience(people, campaign)
        window = orders[orders["day"].between(campaign.day, campaign.day + OUTCOME_DAYS - 1)]
        send = _draw_arms(audience, campaign, random)
        organic = send["customer_row"].isin(window["customer_row"]).to_numpy()
        treated = (send["arm"] == "treated").to_numpy()
        send["effect"] = _effects(audience, orders, campaign)
        moved = treated & ~organic & (random.random(len(send)) < send["effect"] / 100)
        send["ordered"] = organic | moved
        send["visited"] = send["ordered"] | (random.random(len(send)) < np.where(treated, 0.16, 0.09))
        send["unsubscribed"] = treated & ~send["ordered"] & (random.random(len(send)) < 0.006)
        sends.append(send)
        days = campaign.day + random.integers(0, OUTCOME_DAYS, int(moved.sum()))
        extra.append(
            pd.DataFrame(
                {"customer_row": send.loc[moved, "customer_row"], "day": days, "percent": campaign.percent}
            )
        )
    return pd.concat(sends, ignore_index=True), pd.concat(extra, ignore_index=True)


def _audience(people: pd.DataFrame, campaign: PastCampaign) -> pd.DataFrame:
    reachable = (people["email_consent"] == "granted") & ~people["suppressed"]
    return people[reachable & (people["joined"] < campaign.day - 7)]


def _draw_arms(audience: pd.DataFrame, campaign: PastCampaign, random: np.random.Generator) -> pd.DataFrame:
    control = random.random(len(audience)) < campaign.control
    return pd.DataFrame(
        {
            "campaign_id": campaign.key,
            "customer_row": audience["customer_row"].to_numpy(),
            "arm": np.where(control, "control", "treated"),
            "contact_cost": np.where(control, 0.0, CONTACT_COST),
        }
    )


def _effects(audience: pd.DataFrame, orders: pd.DataFrame, campaign: PastCampaign) -> np.ndarray:
    """Give each person's planted effect in percentage points at the time of sending."""
    last = orders[orders["day"] < campaign.day].groupby("customer_row")["day"].max()
    quiet = campaign.day - audience["customer_row"].map(last).fillna(0)
    drifting = (audience["group"] == "drifting") & (quiet >= 45) & (quiet <= 400)
    base = audience["effect"].where((audience["group"] != "drifting") | drifting, 1.5)
    effects: np.ndarray = (base * campaign.strength).to_numpy()
    return effects


def campaign_table() -> pd.DataFrame:
    """Give the canonical campaign table."""
    return pd.DataFrame(
        {
            "campaign_id": [c.key for c in PAST],
            "campaign_name": [c.name for c in PAST],
            "channel": "email",
            "sent_at": [START + pd.Timedelta(days=c.day, hours=9) for c in PAST],
            "offer": ["percent" if c.percent else "free_shipping" for c in PAST],
            "offer_percent": [c.percent for c in PAST],
            "outcome_days": OUTCOME_DAYS,
            "assignment": "randomised",
        }
    )
