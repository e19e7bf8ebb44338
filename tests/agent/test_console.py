import io
import json
import re

import pytest
from rich.cells import cell_len
from rich.console import Console as RichConsole

from marketeer.agent.answers import Answer, AnswerKind
from marketeer.agent.console import Console
from marketeer.agent.events import Notice, TextReleased, ToolFailed, ToolFinished, ToolProgress, ToolStarted
from marketeer.agent.terminal.blocks import Blocks, aligned
from marketeer.agent.terminal.safe_text import one_line, safe
from marketeer.tools.core.copy import Draft, Problem
from marketeer.tools.core.findings import (
    DataLevel,
    Fact,
    Finding,
    Interval,
    Quality,
    Recipe,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    segment,
)

EVIL = "Tea\x1b[31m\x1b]8;;http://evil.example\x07cup\x1b]0;owned\x07\x9b2J\u202e[bold]x[/bold]"
TOO_LONG = Problem("text", "too_long", "error", "81")
DRAFTS = (
    Draft("champions", "email", "en", {"subject": f"Hello {EVIL}", "body": "Come back"}, "template"),
    Draft("at_risk", "sms", "zh", {"text": "你好"}, "template", problems=(TOO_LONG,)),
)
FINDING = Finding(
    "offer_targets",
    (
        Fact("lift", 4.9, Unit.POINTS, segment("at_risk"), Interval(3.9, 5.9, 0.9)),
        Fact("buyers", 12, Unit.CUSTOMERS, Subject(SubjectKind.PRODUCT, EVIL)),
    ),
    quality=Quality(n=4_338, level=DataLevel.C, stability=0.93),
    verdict=Verdict.INSUFFICIENT,
    drafts=DRAFTS,
    query=f"SELECT '{EVIL}'",
    currency="EUR",
).filed("F7", Recipe("0123456789abcdef", "rank_offer_targets", {"segment": EVIL}, "1"))
ANSWER = Answer(AnswerKind.CANNOT_TELL, f"At Risk gains +4.9 pp [F7.1] from {EVIL}.", (FINDING,), ("999",))


def console(width: int = 100, *, terminal: bool = False) -> Console:
    made = [
        RichConsole(
            file=io.StringIO(),
            width=width,
            force_terminal=terminal,
            markup=False,
            highlight=False,
            emoji=False,
        )
        for _ in range(2)
    ]
    return Console(*made)


def written(rich: RichConsole) -> str:
    assert isinstance(rich.file, io.StringIO)
    return rich.file.getvalue()


def without_own_colours(text: str) -> str:
    return re.sub(r"\x1b\[(?:[\d;]*m|\?25[lh]|\d*[AKG]|2K)|\r", "", text)


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_in_the_data_can_steer_the_terminal(*, terminal: bool) -> None:
    drawn = console(terminal=terminal)
    drawn.answer(ANSWER)
    drawn.why(FINDING)
    drawn.drafts([FINDING], whole=True)
    drawn.hear(ToolStarted("find_customers", {"text": EVIL}))
    drawn.hear(ToolFailed("find_customers", EVIL))
    drawn.error(EVIL)
    drawn.question(EVIL)
    drawn.rest()
    text = without_own_colours(written(drawn.out) + written(drawn.err))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "owned" not in text
    assert "[bold]x[/bold]" in text


def test_json_carries_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = console()
    drawn.json(ANSWER.to_json())
    text = written(drawn.out)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert json.loads(text)["findings"][0]["id"] == "F7"


def test_a_pipe_gets_markdown_without_any_escape_sequence() -> None:
    drawn = console()
    for piece in (
        "**At Risk** gains ",
        "+4.9 pp [F7.1].\n\n",
        "| a | b |\n|---|---|\n",
        "| 冠军客户 | 1 |\n",
    ):
        drawn.hear(TextReleased(piece))
    drawn.answer(ANSWER)
    text = written(drawn.out)
    assert "\x1b" not in text
    assert "**At Risk** gains +4.9 pp [F7.1]." in text
    assert "| a        | b |" in text
    assert text.count("At Risk** gains") == 1


def test_a_terminal_gets_the_streamed_answer_drawn_once() -> None:
    drawn = console(terminal=True)
    for piece in ("First sentence. ", "Second one.\n\n", "## Next\n\n", "Last."):
        drawn.hear(TextReleased(piece))
    drawn.answer(ANSWER)
    text = without_own_colours(written(drawn.out))
    assert text.rstrip().count("Second one.") >= 1
    assert "## Next" not in text


def test_a_block_taller_than_the_screen_is_written_once() -> None:
    tall = RichConsole(file=io.StringIO(), width=60, height=8, force_terminal=True, markup=False)
    drawn = Console(tall, console().err)
    lines = [f"- line number {number}\n" for number in range(30)]
    for line in lines:
        drawn.hear(TextReleased(line))
    drawn.rest()
    assert without_own_colours(written(tall)).count("line number 29") == 1


def test_an_answer_shows_verdict_level_size_drafts_and_what_is_not_verified() -> None:
    drawn = console()
    drawn.answer(ANSWER)
    text = written(drawn.out)
    assert re.search(r"F7 .*the data cannot say, level C +n = 4,338", text)
    assert "Champions" in text
    assert "✓ all checks passed" in text
    assert re.search(r"✗ .*81.*must be changed", text)
    assert "999" in written(drawn.err)


def test_why_shows_recipe_quality_query_and_intervals() -> None:
    drawn = console(140)
    drawn.why(FINDING)
    text = written(drawn.out)
    for words in (
        "rank_offer_targets",
        "0123456789ab",
        "0.93",
        "SELECT",
        "[90%: +3.90 pp … +5.90 pp]",
        "F7.1",
    ):
        assert words in text


def test_tools_are_followed_on_standard_error_only() -> None:
    drawn = console()
    drawn.hear(ToolStarted("rank_offer_targets", {"discount_percent": 15}))
    drawn.hear(ToolProgress("rates", 1, 3))
    drawn.hear(ToolFinished(FINDING))
    drawn.hear(ToolFailed("find_customers", "No index."))
    drawn.hear(Notice("offline", "No model is used."))
    assert written(drawn.out) == ""
    lines = written(drawn.err).splitlines()
    assert lines[0].startswith("✓ rank_offer_targets → F7")
    assert lines[1:] == ["✗ find_customers: No index.", "No model is used."]


@pytest.mark.parametrize("width", [40, 80, 160])
def test_what_is_drawn_keeps_inside_the_width(width: int) -> None:
    drawn = console(width, terminal=True)
    drawn.hear(TextReleased("| 人群 | 客户数 |\n|---|---|\n| 流失风险客户 | 1,208 |\n\n很长的一句话" * 3))
    drawn.answer(ANSWER)
    drawn.findings([FINDING])
    drawn.why(FINDING)
    lines = without_own_colours(written(drawn.out)).splitlines()
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("width", [30, 60, 90, 140])
def test_no_number_in_a_table_is_cut_at_any_width(width: int) -> None:
    cells = ["-€2.627 (90 %: -€3.488 to -€1.746)", "1,208", "+12.39 pp", "36.7 %"]
    rows = "\n".join(f"| {name} | {' | '.join(cells)} | [F1] |" for name in ("At Risk", "流失风险客户"))
    heads = "| Segment | Extra profit per contact | May be written to | Break-even lift | Rate | Source |"
    drawn = console(width, terminal=True)
    drawn.hear(TextReleased(f"{heads}\n|---|---|---|---|---|---|\n{rows}\n\n"))
    drawn.rest()
    text = " ".join(without_own_colours(written(drawn.out)).split())
    assert "…" not in text
    assert all(text.count(word) >= 2 for cell in cells for word in cell.split())


def test_wide_characters_count_twice_in_aligned_tables() -> None:
    table = "| 人群 | n |\n|---|---|\n| 冠军客户 | 412 |\n| At Risk | 1,208 |"
    assert len({cell_len(line) for line in aligned(table).splitlines()}) == 1


def test_a_block_is_complete_at_a_blank_line_outside_of_code() -> None:
    blocks = Blocks()
    assert blocks.feed("one\n") == ""
    assert blocks.feed("\ntwo") == "one\n\n"
    assert blocks.feed("\n```\na\n\nb\n") == ""
    assert blocks.close() == "two\n```\na\n\nb\n"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a\x1b[1;31mb\x1b[0m", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x9b31mb\x85", "ab"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("\x1b\x1b[[31mA", "31mA"),
        ("冠军客户 €5", "冠军客户 €5"),
    ],
)
def test_text_is_made_safe(raw: str, plain: str) -> None:
    assert safe(raw) == plain


def test_one_line_is_one_line_and_short() -> None:
    assert one_line("a\nb\tc  d") == "a b c d"
    assert one_line("abcdefgh", 5) == "abcd…"
