"""The planner over all tools, and over toy tools nobody told it about."""

from collections.abc import Callable, Sequence
from typing import Literal

import pytest
from pydantic import Field

from marketeer.agent.offline.conversation import Call, Turn
from marketeer.agent.offline.planner import Plan, Planner
from marketeer.tools import catalog
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.findings import Fact, Finding, Recipe, Unit, segment
from marketeer.tools.core.workspace import Workspace

Ask = Callable[..., Plan]


class SheepArgs(Args):
    """Which sheep to count."""

    colour: Literal["any", "white", "black"] = Field(default="any", description="Their colour.")
    older_than: int | None = Field(default=None, description="Least age in years.")
    shepherd: str | None = Field(default=None, description="Whose they are.")
    nights: bool = Field(default=False, description="Whether to count at night.")


def count_sheep(args: SheepArgs, workspace: Workspace) -> Finding:
    """Count the sheep of a flock. Use for "how big is the flock"."""
    return Finding("sheep", (Fact("sheep", 3, Unit.COUNT),))


class ShearArgs(Args):
    """What to shear."""

    shears: str = Field(description="Which shears to use.")


def shear_sheep(args: ShearArgs, workspace: Workspace) -> Finding:
    """Shear the flock. Use when the wool is long."""
    return Finding("shorn")


SHEEP = Tool(
    count_sheep,
    SheepArgs,
    examples=(
        Example("how many sheep do we have?"),
        Example("count the black sheep", args={"colour": "black"}),
        Example("how many white sheep are there", args={"colour": "white"}),
        Example("how many sheep are older than 4 years?", args={"older_than": 4}),
        Example("count the sheep of shepherd Anna", args={"shepherd": "Anna"}),
        Example("count the flock while everybody sleeps", args={"nights": True}),
        Example("我们有多少只羊？", "zh"),
        Example("数一数黑羊", "zh", {"colour": "black"}),
    ),
)
SHEAR = Tool(
    shear_sheep,
    ShearArgs,
    examples=(
        Example("shear the sheep with the old shears", args={"shears": "old"}),
        Example("用旧剪刀剪羊毛", "zh", {"shears": "旧"}),
    ),
)


@pytest.fixture(scope="session")
def planner() -> Planner:
    return Planner(catalog())


@pytest.fixture(scope="session")
def shepherd() -> Planner:
    return Planner([*catalog(), SHEEP, SHEAR])


def found(call: Call) -> Finding:
    """Give a finding as a tool could have filed it for a call."""
    facts = tuple(Fact("customers", 10, Unit.CUSTOMERS, segment(code)) for code in ("champions", "at_risk"))
    return Finding("title", facts).filed("F1", Recipe("snapshot", call.tool, call.args, "1"))


def conversation(planner: Planner, questions: Sequence[str]) -> list[Turn]:
    """Play a conversation in which every planned tool finds something, up to the last question."""
    turns: list[Turn] = []
    for question in questions[:-1]:
        plan = planner.plan([*turns, Turn(question)])
        turn = Turn(question, [Call(step.tool, step.args) for step in plan.steps], "answered")
        for call in turn.calls:
            call.finding = found(call)
        turns.append(turn)
    return [*turns, Turn(questions[-1])]


@pytest.fixture(scope="session")
def ask(planner: Planner) -> Ask:
    return lambda *questions: planner.plan(conversation(planner, questions))
