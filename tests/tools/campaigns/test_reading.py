from marketeer.prompts.channel_files import ChannelFiles
from marketeer.tools.campaigns.reading import language_of, parts_of

EMAIL = ChannelFiles().get("email")


def test_the_language_is_read_off_the_text() -> None:
    assert language_of("全网最低价 at Linden") == "zh"
    assert language_of("Tea from 福建 province, picked in spring") == "en"
    assert language_of("15%") == "en"


def test_labelled_lines_become_parts() -> None:
    parts = parts_of("Subject: Hello\n预览：再见\n\nDear you,\nthanks", EMAIL)
    assert parts == {"subject": "Hello", "preheader": "再见", "body": "Dear you,\nthanks"}


def test_a_lone_short_line_is_the_subject() -> None:
    assert parts_of("RE: your order", EMAIL) == {"subject": "RE: your order"}
    assert parts_of("RE: your order", None) == {"text": "RE: your order"}
