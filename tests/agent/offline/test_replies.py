import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer.agent.grounding import ground
from marketeer.agent.offline import pages, replies
from marketeer.agent.offline.conversation import Call
from marketeer.agent.offline.planner import Planner
from marketeer.prompts import page
from marketeer.prompts import pages as all_pages
from marketeer.prompts.words import languages, word_tables
from marketeer.tools import tool_names
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Insufficient, Refused, Retry, unknown_name

TOOLS = Path(__file__).parents[3] / "tools"
PAGES = sorted(name.rsplit("/", 1)[1] for name in all_pages("offline/en/answers"))
VALUES = {"near": [], "example": "", "reason": "…", "name": "", "nearest": ["x"]}


def raised_codes() -> Iterator[str]:
    for path in TOOLS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in {"Retry", "Refused", "Insufficient"}:
                codes = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                yield from (str(code.value) for code in codes if isinstance(code, ast.Constant))


@pytest.mark.parametrize("language", languages())
def test_every_error_a_tool_raises_has_words(language: Language) -> None:
    worded = {code for tool in ("", *tool_names()) for code in word_tables(language, tool)["error"]}
    unworded = {code for code in raised_codes() if code not in worded and not pages.for_code(code, language)}
    assert not unworded


def test_every_answer_page_is_in_every_language() -> None:
    for language in languages():
        names = [name.rsplit("/", 1)[1] for name in all_pages(f"offline/{language}/answers")]
        assert sorted(names) == PAGES


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", [name for name in PAGES if name != "why"])
def test_no_answer_page_says_a_number_of_its_own(planner: Planner, name: str, language: Language) -> None:
    text = pages.say(name, language, offers=planner.offers(language), **VALUES)
    assert text
    assert not ground(text, (), "", lambda subject: frozenset()).unverified


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_same_kind_of_answer_in_every_language(name: str) -> None:
    assert len({pages.kind_of(name, language) for language in languages()}) == 1


def test_an_unknown_name_is_answered_with_the_nearest_in_the_persons_language() -> None:
    error = unknown_name("segment", "at rsk", ["at_risk", "champions"])
    text, kind = replies.from_error(Call("describe_segment", {}, error=error), "zh")
    assert kind == "asks_back"
    assert "流失风险客户" in text
    assert "at_risk" not in text


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Insufficient("…", code="no_campaigns"), "cannot_tell"),
        (Refused("…", code="sensitive_inference"), "declined"),
        (Retry("…", code="no_text"), "asks_back"),
        (Retry("…", code="never_heard_of"), "asks_back"),
    ],
)
def test_an_error_makes_the_kind_of_answer_it_is(error: Retry, kind: str) -> None:
    for language in languages():
        text, said = replies.from_error(Call("t", {}, error=error), language)
        assert said == kind
        assert text


def test_an_error_without_words_speaks_for_itself_in_english_only() -> None:
    call = Call("t", {}, error=Retry("The cat is out.", code="never_heard_of"))
    assert "The cat is out." in replies.from_error(call, "en")[0]
    assert "cat" not in replies.from_error(call, "zh")[0]


def test_names_with_commas_in_them_are_told_apart() -> None:
    error = unknown_name("segment", "x", ["recent_high_spend", "lapsed_low_spend"])
    text, _ = replies.from_error(Call("describe_segment", {}, error=error), "en")
    assert text.count("“") == 3


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("declined_")])
def test_what_is_declined_comes_with_what_works_instead(name: str) -> None:
    assert (
        "instead" in page(f"offline/en/answers/{name}").body
        or "Say “export" in page(f"offline/en/answers/{name}").body
    )
