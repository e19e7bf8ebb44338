import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer.agent.offline.text import fold, language_of, normalise


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("which segment should get the offer?", "en"),
        ("春季优惠应该发给哪个人群？", "zh"),
        ("用RFM给客户分层", "zh"),
        ("给 Champions 发优惠", "zh"),
        ("check this copy: “全网最低价”", "en"),
        ("“全网最低价”", "zh"),
        ("F3", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_that_of_the_words_outside_of_quotes(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text())
def test_no_position_moves(text: str) -> None:
    assert len(fold(normalise(text))) == len(text)


def test_full_width_signs_become_plain_ones() -> None:
    assert normalise("４０％，ok？") == "40%,ok?"
