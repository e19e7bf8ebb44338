"""What every answer with products shares: the fitted recommender, what may be chosen, and the finding."""

from collections.abc import Iterable

from marketeer.tools.core.columns import COUNTRY, Table
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Fact, FactKind, Finding, Note, Unit, Verdict, View
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation import report
from marketeer.tools.recommendation.assortment import shipped_to
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.levels import Choice
from marketeer.tools.recommendation.recommender import Recommender, fit
from marketeer.tools.recommendation.requests import RecommendArgs
from marketeer.tools.warehouse.selection import known_values, spelt


def fitted(args: RecommendArgs, workspace: Workspace) -> Recommender:
    """Fit the recommender for the task, or take the one kept of this snapshot."""
    return fit(
        workspace.dataset, Task(args.task), workspace.folder / "models", progress=workspace.ports.progress
    )


def choice(args: RecommendArgs, workspace: Workspace, recommender: Recommender) -> Choice:
    """Give what may be recommended, and how; raises `Insufficient` where no product is left."""
    allowed = recommender.assortment.allowed(args.min_margin_percent)
    if args.country is not None:
        known = known_values(workspace.dataset, Table.ORDERS, COUNTRY)
        country = spelt("country", args.country, known, workspace.ports.vocabulary)
        allowed &= shipped_to(workspace.dataset, recommender.interactions.items, country)
    if not allowed.any():
        raise Insufficient(
            "No product is left to recommend: all are out of stock, discontinued or excluded. "
            "Lower min_margin_percent, drop the country, or load a newer product file.",
            code="no_products_left",
        )
    return Choice(args.limit, allowed, args.rank_by == "margin", args.max_per_category)


def blended(
    title: str,
    args: RecommendArgs,
    recommender: Recommender,
    facts: Iterable[Fact],
    views: tuple[View, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Finding:
    """Give a finding that rests on the blend, with how good that was on the last period."""
    measured = recommender.measured
    if measured is None:
        notes = (*notes, Note("not_measured"))
    elif not measured.beats_baseline:
        notes = (*notes, Note("not_better_than_baseline", {"baseline": measured.baseline}))
    given = [Fact("min_margin_percent", args.min_margin_percent, Unit.PERCENT, kind=FactKind.GIVEN)]
    return Finding(
        title,
        (
            *facts,
            *report.size_facts(recommender),
            *report.measured_facts(measured),
            *(given if args.min_margin_percent else ()),
        ),
        f"blend_{args.task}",
        {"parts": ",".join(measured.weights) if measured else "", "rank_by": args.rank_by},
        views=(*views, *report.accuracy_view(measured)),
        quality=report.quality_of(recommender),
        verdict=Verdict.OK if measured and measured.beats_baseline else Verdict.WEAK,
        notes=notes,
    )
