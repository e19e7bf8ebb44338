from pathlib import Path

import numpy as np
import pandas as pd

from marketeer.tools.core.columns import Table, personal_columns
from marketeer.vectorstore.profiles import Profiles, one_line
from tests.shops import publish_shop
from tests.vectorstore.tastes import NOBODY, taste_frames, taste_shop

VECTOR = np.ones(3, dtype=np.float32)


def test_a_profile_says_when_how_often_how_much_and_what(tmp_path: Path) -> None:
    (profile,) = Profiles(taste_shop(tmp_path)).of([59])
    lines = taste_frames()[Table.ORDER_LINES].query("customer_row == 59")
    names = taste_frames()[Table.PRODUCTS]["product_name"]
    top = lines.sort_values("line_amount", ascending=False)["product_row"].head(3)
    assert profile.document == (
        f"Last ordered 0 days ago; 1 order since 2025-03, €{lines['line_amount'].sum():,.2f} in all; "
        f"most spent on {', '.join(names[top])}. From Germany."
    )
    assert profile.metadata == {
        "recency_days": 0,
        "orders": 1,
        "net_revenue": lines["line_amount"].sum(),
        "country": "Germany",
        "email_consent": "granted",
    }


def test_a_profile_is_written_in_the_language_asked_for(tmp_path: Path) -> None:
    (profile,) = Profiles(taste_shop(tmp_path), "zh").of([59])
    assert profile.document.startswith("最近一次下单在 0 天前；自 2025-03 以来共 1 单，累计 €")
    assert profile.document.endswith("。来自 Germany。")


def test_whoever_never_ordered_has_a_profile_too(tmp_path: Path) -> None:
    (profile,) = Profiles(taste_shop(tmp_path)).of([NOBODY])
    assert profile.document == "No order yet. From France."


def test_a_profile_holds_nothing_personal(tmp_path: Path) -> None:
    frames = taste_frames()
    profiles = Profiles(publish_shop(tmp_path, frames)).of(np.arange(NOBODY + 1, dtype=np.int32))
    known = personal_columns(Table.CUSTOMERS) & set(frames[Table.CUSTOMERS])
    for profile in profiles:
        values = frames[Table.CUSTOMERS].loc[profile.row, list(known)]
        assert not any(str(value) in profile.document for value in values)
        assert not known & set(profile.metadata)


def test_a_shop_without_orders_still_has_profiles(tmp_path: Path) -> None:
    customers = pd.DataFrame({"customer_row": [0, 1], "customer_id": ["a", "b"], "country": ["DE", None]})
    profiles = Profiles(publish_shop(tmp_path, {Table.CUSTOMERS: customers})).of([0, 1])
    assert [profile.document for profile in profiles] == ["No order yet. From DE.", "No order yet."]


def test_the_digest_changes_with_the_text_and_with_the_vector(tmp_path: Path) -> None:
    one, other = Profiles(taste_shop(tmp_path)).of([0, 1])
    assert one.digest(VECTOR) == one.digest(VECTOR.copy())
    assert len({one.digest(VECTOR), other.digest(VECTOR), one.digest(VECTOR * 2)}) == 3


def test_a_shops_text_stays_on_one_short_line() -> None:
    assert one_line("tea\npot\x00 \u202eblue") == "tea pot blue"
    assert len(one_line("x" * 500)) == 60
