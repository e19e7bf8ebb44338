"""The demo shop's customers, and the group each was planted in."""

from typing import Any

import numpy as np
import pandas as pd

from marketeer.tools.sources.demo_shop.catalogue import words

START = pd.Timestamp("2024-01-01")
DAYS = 731
"""Twenty-four months: 1 January 2024 to 31 December 2025."""


def make_people(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Make the customer table, by customer row.

    Returns:
        Canonical customer columns plus the planted `group`, `rate` (orders a day while active), `joined`
        and `left` (day numbers), `spend` (basket scale), `coupon` and `effect` (percentage points).
    """
    lists = words("people")
    people = pd.DataFrame({"customer_row": np.arange(count, dtype=np.int32)})
    people["customer_id"] = [f"C{n + 10001}" for n in range(count)]
    _plant_groups(people, lists["group"], random)
    _place(people, lists, random)
    _name(people, lists, random)
    _ask_consent(people, random)
    return people


def _plant_groups(people: pd.DataFrame, groups: list[dict[str, Any]], random: np.random.Generator) -> None:
    count = len(people)
    drawn = random.choice(len(groups), count, p=[group["share"] for group in groups])
    table = pd.DataFrame(groups).drop(columns="share").rename(columns={"name": "group"})
    planted = table.iloc[drawn].reset_index(drop=True)
    people[["group", "spend", "coupon", "effect"]] = planted[["group", "spend", "coupon", "effect"]]
    people["rate"] = planted["rate"].to_numpy() / 365 * random.gamma(3.0, 1 / 3.0, count)
    # more joined early, so that past campaigns had somebody to write to
    people["joined"] = (random.beta(0.8, 1.7, count) * (DAYS - 10)).astype(int)
    people["left"] = people["joined"] + random.exponential(planted["life"].to_numpy(), count).astype(int) + 5
    people["spend"] *= random.lognormal(0.0, 0.25, count)


def _place(people: pd.DataFrame, lists: dict[str, Any], random: np.random.Generator) -> None:
    countries = lists["country"]
    drawn = random.choice(len(countries), len(people), p=[country["share"] for country in countries])
    people["country"] = np.array([country["code"] for country in countries])[drawn]
    people["language"] = np.array([country["language"] for country in countries])[drawn]
    people["city"] = [random.choice(countries[at]["cities"]) for at in drawn]
    number = random.integers(1, 180, len(people))
    street = random.choice(lists["streets"], len(people))
    people["address"] = [f"{n} {name}" for n, name in zip(number, street, strict=True)]
    tail = random.integers(10_000_000, 99_999_999, len(people))
    people["phone"] = [f"{countries[at]['dial']}{n}" for at, n in zip(drawn, tail, strict=True)]
    people["created_at"] = START + pd.to_timedelta(people["joined"], unit="D")


def _name(people: pd.DataFrame, lists: dict[str, Any], random: np.random.Generator) -> None:
    count = len(people)
    chinese = (people["language"] == "zh").to_numpy()
    for part in ("first", "last"):
        english = random.choice(lists[f"{part}_en"], count)
        people[f"{part}_name"] = np.where(chinese, random.choice(lists[f"{part}_zh"], count), english)
    local = people["first_name"].where(~chinese, "kunde").str.lower()
    people["email"] = [f"{name}.{n}@example.com" for n, name in enumerate(local, start=10001)]
    texts = np.where(
        chinese, random.choice(lists["notes_zh"], count), random.choice(lists["notes_en"], count)
    )
    noted = random.random(count) < 0.08
    people["notes"] = pd.Series(texts).where(noted, None)
    people.loc[count // 2, "notes"] = lists["hostile_note"]


def _ask_consent(people: pd.DataFrame, random: np.random.Generator) -> None:
    count = len(people)
    states = ["granted", "denied", "unknown"]
    people["email_consent"] = random.choice(states, count, p=[0.84, 0.08, 0.08])
    people["sms_consent"] = random.choice(states, count, p=[0.42, 0.28, 0.30])
    people["suppressed"] = random.random(count) < 0.015
    people["attr_newsletter"] = random.choice(["tea", "coffee", "both", "none"], count)
    people["attr_birth_month"] = random.integers(1, 13, count).astype(np.int32)
