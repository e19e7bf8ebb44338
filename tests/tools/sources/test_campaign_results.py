from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from marketeer.tools.core.columns import Assignment, Table
from marketeer.tools.sources.loading import LoadOptions, load

HILLSTROM = (
    ("recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend\n")
    + """10,2) $100 - $200,142.44,1,0,Surburban,0,Phone,Womens E-Mail,0,0,0
6,3) $200 - $350,329.08,1,1,Rural,1,Web,No E-Mail,1,0,0
7,2) $100 - $200,180.65,0,1,Surburban,1,Web,Mens E-Mail,1,1,49.99
"""
)
HISTORY = """campaign,customer_id,sent_at,arm,channel,offer,cost,opened,clicked,converted,revenue,unsubscribed
spring,a@x.de,2025-03-01,holdout,email,15% off,0,,,0,0,0
spring,b@x.de,2025-03-01,offer,email,15% off,0.01,1,1,1,80.50,0
autumn,a@x.de,2025-09-01,1,sms,free shipping,0.05,,,yes,12.00,yes
"""


def test_one_file_without_ids_becomes_people_with_attributes_and_one_campaign(tmp_path: Path) -> None:
    file = tmp_path / "E-Mail Test.csv"
    file.write_text(HILLSTROM)
    data = load([file], tmp_path / "ws", LoadOptions(assignment=Assignment.RANDOMISED)).dataset
    assert data.rows == {Table.CUSTOMERS: 3, Table.CAMPAIGNS: 1, Table.SENDS: 3}
    assert data.as_of is None
    assert set(data.attributes) == {
        f"attr_{name}"
        for name in (
            "recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel"
        )
    }  # fmt: skip
    assert all(data.attributes.values())
    sends = data.frame("SELECT * FROM sends ORDER BY customer_row")
    assert sends["arm"].tolist() == ["Womens E-Mail", "control", "Mens E-Mail"]
    assert sends["visited"].tolist() == [False, True, True]
    assert sends["ordered"].tolist() == [False, False, True]
    assert sends["revenue"].tolist() == [0, 0, 49.99]
    campaigns = data.frame("SELECT * FROM campaigns")
    assert campaigns["campaign_id"].tolist() == ["e_mail_test"]
    assert campaigns["assignment"].tolist() == ["randomised"]


def test_without_a_declaration_the_assignment_is_unknown(tmp_path: Path) -> None:
    file = tmp_path / "test.csv"
    file.write_text(HILLSTROM)
    data = load([file], tmp_path / "ws").dataset
    assert data.frame("SELECT assignment FROM campaigns")["assignment"].tolist() == ["unknown"]


def test_a_history_of_campaigns_keeps_each_campaigns_arms_channel_and_offer(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text(HISTORY)
    data = load([file], tmp_path / "ws").dataset
    campaigns = data.frame("SELECT * FROM campaigns ORDER BY campaign_id").set_index("campaign_id")
    assert campaigns["channel"].to_dict() == {"autumn": "sms", "spring": "email"}
    assert campaigns["offer"].to_dict() == {"autumn": "free shipping", "spring": "15% off"}
    assert campaigns["sent_at"].dt.strftime("%Y-%m-%d").to_dict() == {
        "autumn": "2025-09-01",
        "spring": "2025-03-01",
    }
    sends = data.frame("SELECT * FROM sends ORDER BY campaign_id, customer_row")
    assert sends["arm"].tolist() == ["treated", "control", "offer"]
    assert sends["ordered"].tolist() == [True, False, True]
    assert sends["unsubscribed"].tolist() == [True, False, False]
    assert sends["contact_cost"].tolist() == [0.05, 0, 0.01]


def test_campaign_results_join_the_shops_customers_and_orders(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(HISTORY)
    (tmp_path / "customers.csv").write_text("customer_id,email,country\n7,A@x.de,DE\n8,b@x.de,FR\n")
    (tmp_path / "orders.csv").write_text("order_id,customer_id,date,total\n1,7,2025-02-14,20\n")
    files = [tmp_path / name for name in ("history.csv", "customers.csv", "orders.csv")]
    data = load(files, tmp_path / "ws").dataset
    assert data.rows[Table.CUSTOMERS] == 2
    joined = data.frame(
        "SELECT customer_id, campaign_id FROM sends JOIN customers USING (customer_row) ORDER BY ALL"
    )
    assert joined.to_numpy().tolist() == [["7", "autumn"], ["7", "spring"], ["8", "spring"]]


def test_an_order_table_is_not_taken_for_campaign_results(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("order_id,customer_id,date,total,group\n1,7,2025-02-14,20,control\n")
    assert load([file], tmp_path / "ws").files[0].source == "generic"


@pytest.mark.real
def test_hillstrom_loads_with_its_published_counts(real_data: Path, tmp_path: Path) -> None:
    options = LoadOptions(assignment=Assignment.RANDOMISED)
    data = load([real_data / "hillstrom.csv.gz"], tmp_path, options).dataset
    sends = data.frame(
        "SELECT arm, count(*) AS n, 100 * avg(visited::INT) AS visit, 100 * avg(ordered::INT) AS conversion, "
        "avg(revenue)::DOUBLE AS spend FROM sends GROUP BY arm ORDER BY visit DESC"
    )
    expected = pd.DataFrame(
        {
            "arm": ["Mens E-Mail", "Womens E-Mail", "control"],
            "n": [21_307, 21_387, 21_306],
            "visit": [18.276, 15.140, 10.617],
            "conversion": [1.253, 0.884, 0.573],
            "spend": [1.42262, 1.07720, 0.65279],
        }
    )
    pd.testing.assert_frame_equal(sends, expected, atol=6e-4, rtol=0, check_dtype=False)
    zips = data.frame("SELECT DISTINCT attr_zip_code AS z FROM customers ORDER BY 1")["z"].tolist()
    assert zips == ["Rural", "Surburban", "Urban"]


@pytest.mark.real
def test_the_bank_file_is_customers_with_attributes_and_a_response(real_data: Path, tmp_path: Path) -> None:
    report = load([real_data / "bank_additional_full.csv.gz"], tmp_path)
    data = report.dataset
    assert data.rows == {Table.CUSTOMERS: 41_188, Table.CAMPAIGNS: 1, Table.SENDS: 41_188}
    assert data.frame("SELECT count(*) FILTER (ordered) AS n FROM sends")["n"].tolist() == [4_640]
    assert [name for name, early in data.attributes.items() if not early] == ["attr_duration"]
    assert {e.code: e.rows for e in report.manifest.rules} == {"possible_duplicate": 12}
    raw = pd.read_csv(real_data / "bank_additional_full.csv.gz", sep=";")
    assert data.frame("SELECT sum(attr_age) AS s FROM customers")["s"].tolist() == [raw["age"].sum()]


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "rows", "customers", "dollars"),
    [
        ("cdnow_master.txt.gz", 69_659, 23_570, Decimal("2500315.63")),
        ("cdnow_sample.txt.gz", 6_919, 2_357, None),
    ],
)
def test_cdnow_loads_with_its_published_counts(
    real_data: Path, tmp_path: Path, file: str, rows: int, customers: int, dollars: Decimal | None
) -> None:
    report = load([real_data / file], tmp_path)
    assert report.files[0].source == "cdnow"
    assert report.rows[Table.ORDERS] == rows
    assert report.rows[Table.CUSTOMERS] == customers
    assert report.manifest.kept_amount == report.manifest.raw_amount
    if dollars is not None:
        assert report.manifest.raw_amount == dollars
        units = report.dataset.frame("SELECT sum(quantity) AS n FROM order_lines")["n"].tolist()
        assert units == [167_881]
