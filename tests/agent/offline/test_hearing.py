from collections.abc import Callable

import pytest

from marketeer.agent.offline.hearing import Hearing, distance
from marketeer.agent.offline.planner import Plan

Ask = Callable[..., Plan]


@pytest.fixture(scope="module")
def english() -> Hearing:
    texts = ["which customers should get the coupon", "average order value", "sales by country", "which mail"]
    return Hearing(texts, ["teapot"], "en")


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("which", "which", 0),
        ("wich", "which", 1),
        ("valeu", "value", 1),
        ("kitten", "sitting", 3),
        ("", "abc", 3),
    ],
)
def test_slips_are_letters_left_out_put_in_changed_or_swapped(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == distance(other, one) == slips


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("avrage order valeu", "average order value"),
        ("wich custmers", "which customers"),
        ("the teapots", "the teapots"),
        ("saels by contry", "sales by country"),
    ],
)
def test_a_slip_is_heard_as_the_word_it_was_meant_to_be(english: Hearing, written: str, meant: str) -> None:
    assert english.hear(written).text == meant


@pytest.mark.parametrize("kept", ["“avrage” order", "contry@example.com", "to Contry", "maid in China"])
def test_quotes_addresses_names_and_other_words_stay(english: Hearing, kept: str) -> None:
    assert english.hear(kept).text == kept


def test_a_name_is_given_back_as_it_was_written(english: Hearing) -> None:
    heard = english.hear("who bought contry mugs")
    assert heard.text == "who bought country mugs"
    assert heard.as_written("country mugs") == "contry mugs"
    assert heard.as_written(["country mugs", "last_country"]) == ["contry mugs", "last_country"]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("wich segmnt shoud get the 15% ofer", "which segment should get the 15% offer"),
        ("sales by contry last yaer", "sales by country last year"),
        ("各个country的AOV", "各个国家的客单价"),
        ("优惠卷应该发给谁", "优惠券应该发给谁"),
        ("复购率 by month", "repeat rate by month"),
    ],
)
def test_a_question_with_slips_or_foreign_words_means_what_it_would_without(
    ask: Ask, question: str, other: str
) -> None:
    assert ask(question).steps
    assert ask(question).steps == ask(other).steps


@pytest.mark.parametrize("question", ["what is the meaning of life", "how do I cook rice", "play some music"])
def test_other_words_are_not_bent_into_ours(ask: Ask, question: str) -> None:
    assert not ask(question).steps
