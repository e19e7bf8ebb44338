"""A small shop with people in it, a few tools, and sessions over them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import Field

from marketeer.agent.events import ProgressEvents
from marketeer.agent.models.scripted import ScriptedModel
from marketeer.agent.session import Session
from marketeer.agent.settings import load_settings
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.errors import Insufficient, Refused, unknown_name
from marketeer.tools.core.findings import (
    Fact,
    Finding,
    Interval,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
    segment,
)
from marketeer.tools.core.workspace import Ports, Workspace
from tests.loopback import Loopback, loopback
from tests.shops import publish_shop, shop_frames, workspace_of

SIZES = {"champions": 412, "at_risk": 97}


class CountArgs(Args):
    segment: str | None = Field(default=None, description="Only this segment.")


def count_customers(args: CountArgs, workspace: Workspace) -> Finding:
    """Count the customers of each segment. Use for "how many customers"."""
    workspace.ports.progress.report("counting", 1, 2)
    wanted = list(SIZES) if args.segment is None else [args.segment]
    for name in wanted:
        if name not in SIZES:
            raise unknown_name("segment", name, SIZES)
    facts = tuple(Fact("customers", SIZES[name], Unit.CUSTOMERS, segment(name)) for name in wanted)
    view = View("segments", tuple(segment(name) for name in wanted), ("customers",))
    return Finding("segment_sizes", facts, views=(view,))


class OfferArgs(Args):
    percent: float = Field(default=15, description="The discount in percent.")


def judge_offer(args: OfferArgs, workspace: Workspace) -> Finding:
    """Tell whether an offer pays. Use for "which segment should get the offer"."""
    fact = Fact("profit", 1204.5, Unit.MONEY, segment("at_risk"), Interval(-200.0, 2600.0, 0.9))
    return Finding("offer", (fact,), verdict=Verdict.INSUFFICIENT, currency="EUR")


def read_profile(args: Args, workspace: Workspace) -> Finding:
    """Read one customer's profile. Use for "what does this customer buy"."""
    person = Subject(SubjectKind.CUSTOMER, "row 3")
    return Finding("profile", (Fact("document", "buys tea \x1b[31m and cups", Unit.TEXT, person),))


def export_all(args: Args, workspace: Workspace) -> Finding:
    """Export everything. Use for nothing."""
    raise Refused("Exports of everybody are not made.")


def predict_weather(args: Args, workspace: Workspace) -> Finding:
    """Predict the weather. Use for "will it rain"."""
    raise Insufficient("The data holds no weather. Load one.", code="no_weather")


def break_down(args: Args, workspace: Workspace) -> Finding:
    """Fail as a fault does."""
    raise ZeroDivisionError("division by zero")


def _tool(function: Callable[[Any, Workspace], Finding], args: type[Args] = Args) -> Tool:
    return Tool(function, args, (Example(function.__name__.replace("_", " ")),))


TOOLS: Sequence[Tool] = (
    _tool(count_customers, CountArgs),
    _tool(judge_offer, OfferArgs),
    _tool(read_profile),
    _tool(export_all),
    _tool(predict_weather),
    _tool(break_down),
)


def people() -> dict[Table, pd.DataFrame]:
    """Give a shop of which some customers have names, phones and addresses."""
    frames = shop_frames(customers=40)
    customers = frames[Table.CUSTOMERS]
    customers["first_name"] = ["Ana", "May", "小明", "Will", *["Pat"] * 36]
    customers["last_name"] = ["Torres", "Finch", "王", "Summer", *["Doe"] * 36]
    customers["phone"] = ["+49 170 1234567", "13912345678", *[None] * 38]
    customers["address"] = ["12 Linden Row, 75001 Paris", *[None] * 39]
    customers.loc[3, "customer_id"] = "17850"
    return frames


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    dataset = publish_shop(tmp_path, people())
    progress = ProgressEvents()
    return workspace_of(tmp_path, dataset, Ports(vocabulary=PromptVocabulary(), progress=progress))


@pytest.fixture
def open_with(shop: Workspace) -> Iterator[Callable[..., Session]]:
    """Gives a session over the shop: with a scripted model, its turns, or the model that flags choose."""
    opened: list[Session] = []

    def open_it(*turns: Any, **flags: Any) -> Session:
        settings = load_settings(workspace=shop.folder, **flags)
        scripted = (
            turns if turns and isinstance(turns[0], ScriptedModel) else [ScriptedModel(turns=list(turns))]
        )
        model = scripted[0] if turns else None
        opened.append(Session(settings, shop, tools=lambda: TOOLS, model=model))
        return opened[-1]

    yield open_it
    for session in opened:
        session.close()


@pytest.fixture
def endpoint() -> Iterator[Loopback]:
    with loopback() as running:
        yield running
