import hashlib
import json

import pandas as pd
import pytest

from marketeer.tools.campaigns.cells import e164, harmless, sender_table
from marketeer.tools.campaigns.sender_formats import sender_format


def people(**values: str) -> pd.DataFrame:
    row = {
        "customer_id": "C1",
        "email": "Ana.Torres@Gmail.com",
        "phone": "0151 1106 6241",
        "first_name": "Ana",
        "last_name": "O'Neil-Smith",
        "city": "Bad Ems",
        "country": "DE",
        "language": "en",
        "email_consent": "granted",
        "sms_consent": "unknown",
        "segment": "at_risk",
        "arm": "treated",
    }
    return pd.DataFrame([row | values], dtype="string")


def cells(sender: str, **values: str) -> dict[str, str]:
    return dict(sender_table(people(**values), sender_format(sender), arms=True).iloc[0])


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_google_takes_dots_out_of_gmail_addresses_before_hashing() -> None:
    assert cells("google_customer_match") == {
        "Email": sha256("anatorres@gmail.com"),
        "Phone": sha256("+4915111066241"),
    }
    assert cells("google", email="a.b@shop.example")["Email"] == sha256("a.b@shop.example")


def test_meta_keeps_dots_and_hashes_plain_lower_case_letters() -> None:
    found = cells("facebook")
    assert found["email"] == sha256("ana.torres@gmail.com")
    assert found["phone"] == sha256("4915111066241")
    assert found["ln"] == sha256("oneilsmith")
    assert found["ct"] == sha256("badems")
    assert found["country"] == sha256("de")
    assert cells("facebook", country="Germany", phone="")["country"] == ""


def test_klaviyo_gets_its_own_words_for_consent() -> None:
    found = cells("klaviyo")
    assert found["Email Marketing Consent"] == "Subscribe"
    assert found["SMS Marketing Consent"] == "Never subscribed"
    assert found["Phone Number"] == "+4915111066241"
    assert (found["segment"], found["arm"]) == ("at_risk", "treated")


def test_braze_never_turns_unknown_consent_into_a_subscription() -> None:
    assert cells("braze", email_consent="unknown")["email_subscribe"] == ""
    assert cells("braze", email_consent="denied")["email_subscribe"] == "unsubscribed"


def test_listmonk_attributes_are_json_and_mautic_tags_are_joined() -> None:
    assert json.loads(cells("listmonk")["attributes"])["segment"] == "at_risk"
    assert cells("mautic")["tags"] == "at_risk|treated"


def test_mailchimp_cells_are_cut_at_its_bytes_and_never_inside_a_character() -> None:
    name = cells("mailchimp", first_name="汉" * 200)["First Name"]
    assert name == "汉" * 85


def test_a_row_without_a_required_value_is_left_out() -> None:
    assert sender_table(people(email=""), sender_format("klaviyo"), arms=False).empty


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("+4915111066241", "+4915111066241"),
        ("Ana", "Ana"),
        ("", ""),
    ],
)
def test_a_cell_a_spreadsheet_would_run_is_defused(written: str, safe: str) -> None:
    assert harmless(written) == safe


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("+86 138 5571 1102", "CN", "+8613855711102"),
        ("13855711102", "CN", "+8613855711102"),
        ("0049 151 11066241", "", "+4915111066241"),
        ("07911 123456", "GB", "+447911123456"),
        ("07911 123456", "", ""),
        ("12", "GB", ""),
        ("", "DE", ""),
        ("0151", "Germany", ""),
    ],
)
def test_phone_numbers_become_international_or_nothing(phone: str, country: str, expected: str) -> None:
    assert e164(phone, country) == expected
