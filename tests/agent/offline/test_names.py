from collections.abc import Callable
from typing import Any

import pytest

from marketeer.agent.offline.mentions import find_mentions
from marketeer.agent.offline.names import Names
from marketeer.agent.offline.planner import Plan

Ask = Callable[..., Plan]


@pytest.fixture(scope="module")
def english() -> Names:
    return Names(["who bought . and never .", "what goes with .", "average basket", "in last month"], "en")


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("what goes with the wicker basket", ["wicker basket"]),
        ("who bought a zither", ["zither"]),
        ("who bought the glass teapot and never the ceramic mug", ["glass teapot", "ceramic mug"]),
        ("average basket last month", []),
    ],
)
def test_a_name_stands_where_no_phrase_has_words_for_it(
    english: Names, question: str, names: list[str]
) -> None:
    runs = english.runs(question, find_mentions(question, "en"))
    assert [question[start:end] for start, end in runs] == names


def test_familiar_names_take_the_place_of_strange_ones_and_give_it_back(english: Names) -> None:
    heard = english.familiar("what goes with the wicker basket")
    (familiar,) = heard.written
    assert heard.text == f"what goes with the {familiar}"
    assert heard.as_written(familiar) == "wicker basket"
    assert "basket" not in heard.without()


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        ("who bought the party bunting?", "build_audience", {"bought": "party bunting"}),
        ("what should stand beside the velvet cushion?", "recommend_products", {"product": "velvet cushion"}),
        ("who bought the cast iron teapot?", "build_audience", {"bought": "cast iron teapot"}),
        ("谁买过羊毛靠垫", "build_audience", {"bought": "羊毛靠垫"}),
        ("羊毛靠垫可以和什么搭着卖", "recommend_products", {"product": "羊毛靠垫"}),
        ("who bought velvet cushions but never candles", "build_audience", {"not_bought": "candles"}),
    ],
)
def test_questions_about_goods_nobody_has_heard_of_are_understood(
    ask: Ask, question: str, tool: str, args: dict[str, Any]
) -> None:
    (step,) = ask(question).steps
    assert step.tool == tool
    assert {name: step.args.get(name) for name in args} == args


@pytest.mark.parametrize("question", ["tell me a joke", "what is the meaning of zither", "play some zither"])
def test_a_name_alone_asks_for_nothing(ask: Ask, question: str) -> None:
    assert not ask(question).steps


@pytest.mark.parametrize("question", ["who bought oolong tea?", "who bought velvet cushions?"])
def test_what_somebody_bought_is_never_taken_for_what_nobody_did(ask: Ask, question: str) -> None:
    assert not any("not_bought" in step.args for step in ask(question).steps)
