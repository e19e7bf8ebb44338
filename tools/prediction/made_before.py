"""Forecasts made before: found again, so that no model is fitted twice, and set beside what came."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marketeer.tools.core.errors import Insufficient, Retry, WorkspaceError
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.prediction.attributes import kept as columns_kept
from marketeer.tools.prediction.attributes.scoring import score_finding as columns_score_finding
from marketeer.tools.prediction.attributes.scoring import score_record
from marketeer.tools.prediction.score_report import score_finding
from marketeer.tools.prediction.scoring import score
from marketeer.tools.warehouse.snapshots import open_dataset


def kept_forecast(workspace: Workspace, tool: str, wanted: Mapping[str, Any], made_with: str) -> str | None:
    """Find the newest forecast kept of this snapshot; give its finding's id.

    Args:
        workspace: Where the tool runs. A replay takes the one it was built on, or none.
        tool: The tool that made it.
        wanted: Its arguments, as far as they matter.
        made_with: The version of the models.
    """
    if workspace.replaying:
        return workspace.parents.get(Forecast.kind)
    for finding_id in reversed(workspace.ledger.payloads(Forecast.kind, workspace.dataset.snapshot)):
        recipe = workspace.ledger.get(finding_id).recipe
        if recipe is None or recipe.tool != tool or not wanted.items() <= dict(recipe.args).items():
            continue
        if workspace.payload_folder(finding_id).exists():
            about = Forecast.load(workspace.payload_folder(finding_id)).about
            if about.get("version") == made_with:
                return finding_id
    return None


def last_forecast(workspace: Workspace, tool: str, target: str, attribute: str | None, before: str) -> str:
    """Find the newest forecast of a target for all customers, on whatever snapshot; give its finding's id.

    Args:
        workspace: Where the tool runs.
        tool: The tool that made it.
        target: What it is of.
        attribute: The column, for targets that have one.
        before: The day, in ISO form, it must have been made before; empty for whenever.

    Raises:
        Insufficient: None is kept.
    """
    for finding in reversed(workspace.ledger.all()):
        recipe = finding.recipe
        if recipe is None or recipe.tool != tool:
            continue
        if recipe.args.get("score") or recipe.args.get("customer"):
            continue
        if (recipe.args.get("target"), recipe.args.get("attribute")) != (target, attribute):
            continue
        made = finding.fact("forecast_from")
        if not before or (made is not None and str(made.value) < before):
            return finding.id
    raise Insufficient(
        "No earlier forecast of this kind is kept. Forecast now, load newer data when its days are over, "
        "and ask again.",
        code="no_forecast_kept",
        target=target,
    )


def scored_forecast(workspace: Workspace, tool: str, finding_id: str) -> Finding:
    """Set a forecast beside what has come since, in the data at hand.

    Raises:
        Retry: The finding is no forecast.
        Insufficient: It, or the data it was made from, are gone; or its days are not over.
    """
    filed = workspace.ledger.get(finding_id)
    if filed.recipe is None or filed.recipe.tool != tool or filed.recipe.args.get("score"):
        raise Retry(f"{finding_id} is no forecast; name the finding of one.", code="not_a_forecast")
    folder = workspace.payload_folder(filed.recipe.parents.get(Forecast.kind, filed.id))
    try:
        made = Forecast.load(folder)
        its = open_dataset(workspace.folder, filed.recipe.snapshot)
    except WorkspaceError as error:
        raise Insufficient(
            f"The forecast {finding_id} or the data it was made from are gone, so it cannot be scored.",
            code="forecast_gone",
        ) from error
    if columns_kept.is_kept(made):
        record = columns_kept.restored(made)
        finding = columns_score_finding(score_record(record, its, workspace.dataset))
    else:
        finding = score_finding(score(made, its, workspace.dataset), made.about, workspace.dataset.currency)
    return replace(finding, method_params={**finding.method_params, "forecast": filed.id})
