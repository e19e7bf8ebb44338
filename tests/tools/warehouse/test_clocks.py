"""Times printed with offsets, or in UTC, are put on the shop's clock; the ledger says which rows moved."""

import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadOptions, LoadReport, load
from marketeer.tools.warehouse.manifest import RuleEffect
from tests.tools.sources import exports

BERLIN = ZoneInfo("Europe/Berlin")


def sold(folder: Path, times: list[str], header: str = "date", **options: object) -> LoadReport:
    """Load one order per time: order `n` brings `n + 1`."""
    rows = (f"o{n:05d},c{n % 7},{time},{n + 1}" for n, time in enumerate(times))
    (folder / "orders.csv").write_text(f"order_id,customer_id,{header},total\n" + "\n".join(rows) + "\n")
    return load([folder / "orders.csv"], folder / "ws", LoadOptions(**options))


def ordered(report: LoadReport) -> list[str]:
    sql = "SELECT strftime(ordered_at, '%Y-%m-%d %H:%M:%S') AS at FROM orders ORDER BY order_id"
    return report.dataset.frame(sql)["at"].tolist()


def effect(report: LoadReport, code: str) -> RuleEffect | None:
    return next((rule for rule in report.manifest.rules if rule.code == code), None)


def printed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")


def year_of(zone: ZoneInfo, hours: int = 17) -> list[datetime]:
    start = datetime(2024, 1, 1, 0, 30, tzinfo=UTC)
    return [(start + timedelta(hours=hours * n)).astimezone(zone) for n in range(8760 // hours)]


@pytest.mark.parametrize("name", ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney"])
def test_summer_and_winter_offsets_of_one_place_are_its_clock_as_printed(name: str, tmp_path: Path) -> None:
    moments = year_of(ZoneInfo(name))
    report = sold(tmp_path, [printed(moment) for moment in moments])
    assert ordered(report) == [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in moments]
    assert effect(report, "time_zone") is None
    assert not {"mixed_offsets", "times_in_utc"} & set(report.manifest.notes)


def test_rows_with_another_offset_move_to_the_one_most_rows_carry(tmp_path: Path) -> None:
    times = ["2024-05-01 10:00:00 +0200"] * 8 + ["2024-05-31 20:00:00 -0400", "2024-05-31T17:00:00Z"]
    report = sold(tmp_path, times)
    assert ordered(report)[-2:] == ["2024-06-01 02:00:00", "2024-05-31 19:00:00"]
    moved, month = effect(report, "time_zone"), effect(report, "time_zone_month")
    assert (moved.rows, moved.amount, moved.dropped) == (2, Decimal(9 + 10), False)
    assert (month.rows, month.amount, month.dropped) == (1, Decimal(9), False)
    assert "mixed_offsets" in report.manifest.notes
    assert report.manifest.raw_amount == report.manifest.kept_amount == sum(range(1, 11))


def test_a_column_in_utc_stays_so_unless_the_zone_is_said(tmp_path: Path) -> None:
    times = ["2024-01-31T23:30:00Z", "2024-06-30T22:30:00Z"]
    report = sold(tmp_path, times)
    assert ordered(report) == ["2024-01-31 23:30:00", "2024-06-30 22:30:00"]
    assert "times_in_utc" in report.manifest.notes
    said = sold(tmp_path, times, timezone="Europe/Berlin")
    assert ordered(said) == ["2024-02-01 00:30:00", "2024-07-01 00:30:00"]
    assert "times_in_utc" not in said.manifest.notes
    assert effect(said, "time_zone_month").amount == Decimal(3)


def test_a_said_zone_puts_every_instant_on_its_clock(tmp_path: Path) -> None:
    chance = random.Random(5)
    start = datetime(2023, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=chance.randrange(2 * 525_600)) for _ in range(400)]
    offsets = [timezone(timedelta(minutes=chance.choice((-480, -210, 0, 60, 330, 765)))) for _ in moments]
    times = [printed(moment.astimezone(offset)) for moment, offset in zip(moments, offsets, strict=True)]
    report = sold(tmp_path, times, timezone="Europe/Berlin")
    expected = [moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S") for moment in moments]
    assert ordered(report) == expected
    moved = [n for n, (time, local) in enumerate(zip(times, expected, strict=True)) if time[:19] != local]
    assert (effect(report, "time_zone").rows, effect(report, "time_zone").amount) == (
        len(moved),
        sum(n + 1 for n in moved),
    )


def test_times_can_be_kept_as_written(tmp_path: Path) -> None:
    times = ["2024-05-01 10:00:00 +0200", "2024-05-01 10:00:00 -0400"]
    report = sold(tmp_path, times, timezone="as-written")
    assert ordered(report) == ["2024-05-01 10:00:00"] * 2
    assert effect(report, "time_zone") is None


def test_times_without_an_offset_are_the_shops_own_whatever_zone_is_said(tmp_path: Path) -> None:
    times = ["2024-05-01 10:00:00", "2024-05-02 10:00:00 +0000", "2024-05-03 10:00:00"]
    report = sold(tmp_path, times, timezone="Asia/Shanghai")
    assert ordered(report) == ["2024-05-01 10:00:00", "2024-05-02 18:00:00", "2024-05-03 10:00:00"]


@pytest.mark.parametrize(
    ("header", "time"),
    [("date", "1717194600"), ("date", "1717194600000"), ("Created date (UTC)", "2024-05-31 22:30:00")],
)
def test_counts_since_1970_and_columns_called_utc_are_in_utc(header: str, time: str, tmp_path: Path) -> None:
    options = {"mapping": {"orders.ordered_at": header}}
    assert ordered(sold(tmp_path, [time] * 2, header, **options)) == ["2024-05-31 22:30:00"] * 2
    said = sold(tmp_path, [time] * 2, header, timezone="Europe/Berlin", **options)
    assert ordered(said) == ["2024-06-01 00:30:00"] * 2


def test_parquet_times_with_a_zone_are_instants_whatever_zone_this_machine_is_in(tmp_path: Path) -> None:
    at = pd.Timestamp("2024-05-31 22:30", tz="UTC")
    frame = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["a", "b"], "date": [at, at], "total": [1, 2]}
    )
    frame.to_parquet(tmp_path / "orders.parquet")
    assert ordered(load([tmp_path / "orders.parquet"], tmp_path / "ws")) == ["2024-05-31 22:30:00"] * 2
    options = LoadOptions(timezone="Europe/Berlin")
    said = load([tmp_path / "orders.parquet"], tmp_path / "ws", options)
    assert ordered(said) == ["2024-06-01 00:30:00"] * 2


def test_stripe_payments_move_to_the_shops_clock(tmp_path: Path) -> None:
    (tmp_path / "stripe.csv").write_text(exports.STRIPE)
    plain = load([tmp_path / "stripe.csv"], tmp_path / "ws")
    assert "times_in_utc" in plain.manifest.notes
    said = load([tmp_path / "stripe.csv"], tmp_path / "ws", LoadOptions(timezone="Asia/Tokyo"))
    assert ordered(said) == ["2026-01-05 17:00:00", "2026-01-06 18:00:00", "2026-02-01 19:00:00"]
    assert effect(said, "time_zone").matched == 5


def test_an_unknown_zone_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Europe/Berlin") as caught:
        sold(tmp_path, ["2024-05-01 10:00:00 +0200"], timezone="Europe/Berlim")
    assert caught.value.code == "unknown_timezone"
