import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from marketeer.agent.writers.model import FELL_BACK, ModelWriter
from marketeer.agent.writers.template import TemplateWriter
from marketeer.prompts.channel_files import ChannelFiles
from marketeer.tools.core.copy import Brief, Claim
from marketeer.tools.core.errors import ModelError

SMS = ChannelFiles().get("sms")
BRIEF = Brief(
    segment="at_risk",
    channel="sms",
    language="en",
    purpose="win_back",
    claims=(
        Claim("discount", "15%", required=True),
        Claim("code", "COMEBACK15", required=True),
    ),
    profile=("lapsing",),
    voice={"tone": "dry humour", "banned": "cheap"},
    max_parts=1,
)
GOOD = "Linden: it got quiet without you. 15% off with COMEBACK15: {{short_link}} Reply STOP to opt out"


@dataclass
class Scripted:
    """A chat that answers from a list and keeps what it was asked."""

    answers: Sequence[str]
    asked: list[str] = field(default_factory=list)

    def invoke(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answers[len(self.asked) - 1]


class Broken:
    def invoke(self, prompt: str) -> str:
        raise ModelError("The endpoint refused.")


def answer(text: str) -> str:
    return json.dumps({"parts": {"text": text}})


def writer(chat: Scripted | Broken) -> ModelWriter:
    return ModelWriter(chat, "tiny", TemplateWriter())


def test_a_good_answer_is_taken_also_from_between_other_words() -> None:
    chat = Scripted(["Here you are:\n```json\n" + answer(GOOD) + "\n```"])
    draft = writer(chat).write(BRIEF, SMS)
    assert draft.parts == {"text": GOOD}
    assert (draft.writer, draft.problems, draft.notes) == ("model/tiny/1", (), ())


def test_the_prompt_says_what_may_be_claimed_and_how_it_should_sound() -> None:
    chat = Scripted([answer(GOOD)])
    writer(chat).write(BRIEF, SMS)
    for words in ("COMEBACK15", "15%", "dry humour", "cheap", "lapsing", "STOP", "1 SMS part", "English"):
        assert words in chat.asked[0]


def test_an_invented_figure_is_repaired_in_a_second_turn() -> None:
    chat = Scripted([answer(GOOD.replace("15%", "25%")), answer(GOOD)])
    draft = writer(chat).write(BRIEF, SMS)
    assert draft.parts == {"text": GOOD}
    assert "invented_figure" in chat.asked[1]
    assert "25%" in chat.asked[1]


def bad_answers() -> Iterator[Sequence[str]]:
    yield [answer("Only 3 left!")] * 2
    yield ["I would rather not."] * 2
    yield ['{"parts": {"text": 5}}', "{}"]
    yield ["", "}{"]


def test_after_a_second_bad_answer_the_offline_writer_steps_in_and_it_is_said() -> None:
    for answers in bad_answers():
        draft = writer(Scripted(answers)).write(BRIEF, SMS)
        assert draft.notes == (FELL_BACK,)
        assert draft.writer == "template/1"
        assert not draft.problems


def test_a_model_that_cannot_be_reached_does_not_stop_the_draft() -> None:
    assert writer(Broken()).write(BRIEF, SMS).notes == (FELL_BACK,)
