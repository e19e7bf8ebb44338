import pytest

from marketeer.tools.campaigns.editing import changed, drop_paragraphs
from marketeer.tools.core.contract import Args

LETTER = "Hi Ana,\n\none\n\ntwo\n\nthree\n\nWarmly,\nThe team"


class Wishes(Args):
    channel: str | None = None
    parts: int = 1
    words: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        (["drop_paragraph_2"], "Hi Ana,\n\none\n\nthree\n\nWarmly,\nThe team"),
        (["drop_paragraph_1", "drop_paragraph_3"], "Hi Ana,\n\ntwo\n\nWarmly,\nThe team"),
        (["drop_paragraph_4"], LETTER),
        (["shorten"], LETTER),
    ],
)
def test_greeting_and_signature_are_no_paragraphs(edits: list[str], left: str) -> None:
    assert drop_paragraphs(LETTER, edits) == left


def test_a_text_without_greeting_is_counted_from_its_first_paragraph() -> None:
    assert drop_paragraphs("one\n\ntwo", ["drop_paragraph_1"]) == "two"
    assert (
        drop_paragraphs("您好，安娜：\n\n一\n\n二\n\n祝好，\n菩提", ["drop_paragraph_1"])
        == "您好，安娜：\n\n二\n\n祝好，\n菩提"
    )


def test_only_what_was_said_changes() -> None:
    base = Wishes(channel="sms", parts=3, words=("a",))
    assert changed(base, Wishes(channel="email")) == Wishes(channel="email", parts=3, words=("a",))
