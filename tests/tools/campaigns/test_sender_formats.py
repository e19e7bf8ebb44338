import pytest

from marketeer.tools.campaigns.merge_tags import TAGS
from marketeer.tools.campaigns.sender_formats import (
    SenderFormat,
    importable,
    sender_format,
    sender_formats,
    to_neutral,
    to_sender,
)
from marketeer.tools.core.errors import Retry

COPY = "Hi {{first_name|there}}, stop: {{unsubscribe_link}}, {{company_address}}"


@pytest.fixture(params=sender_formats().values(), ids=lambda one: one.name)
def sender(request: pytest.FixtureRequest) -> SenderFormat:
    chosen: SenderFormat = request.param
    return chosen


def test_a_sender_is_found_by_everything_it_is_called(sender: SenderFormat) -> None:
    for name in (sender.name, sender.name.upper(), *sender.also_called):
        assert sender_format(name) is sender


def test_it_has_forms_only_for_tags_there_are_and_headers_only_once(sender: SenderFormat) -> None:
    assert set(sender.merge_tags) <= set(TAGS)
    headers = [column.header for column in sender.columns]
    assert len(headers) == len(set(headers))
    assert not sender.columns or any(column.required for column in sender.columns)


def test_merge_tags_go_into_the_senders_form_and_back(sender: SenderFormat) -> None:
    written = to_sender(COPY, sender)
    for name, form in sender.merge_tags.items():
        assert form.replace("FALLBACK", "there") in written or name not in COPY
    back = to_neutral(written, sender)
    assert back == COPY or back == COPY.replace("|there", "|-")


def test_an_ad_platform_gets_nothing_but_hashes(sender: SenderFormat) -> None:
    if sender.purpose == "ads":
        assert not sender.extra
        assert all(column.steps[-1] == "sha256" for column in sender.columns)


def test_a_sender_without_an_import_format_says_so() -> None:
    with pytest.raises(Retry, match="plain"):
        importable(sender_format("Customer.io"))
    with pytest.raises(Retry, match="klaviyo"):
        sender_format("klavio")
