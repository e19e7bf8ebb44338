"""Finds the run a refreshed snapshot continues, and carries its segments over to the customers now."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from marketeer.tools.core.columns import CUSTOMER_ID, CUSTOMER_ROW
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import WorkspaceError
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.snapshots import open_dataset

SAME_SHOP = 0.5
"""Share of the earlier customers that must still be there for the data to be those of the same shop."""

_IDS = f"SELECT {CUSTOMER_ROW}, {CUSTOMER_ID} FROM customers ORDER BY {CUSTOMER_ROW}"


def carried(earlier: Segmentation, its: Dataset, now: Dataset) -> pd.DataFrame:
    """Give the earlier segments by the rows of the snapshot now; customers it lacks are left out.

    Args:
        earlier: Segments by the rows of their own snapshot.
        its: That snapshot.
        now: The snapshot now.

    Returns:
        Columns `customer_row` (of `now`) and `segment`.
    """
    if its.snapshot == now.snapshot:
        return earlier.frame
    named = earlier.frame.merge(its.frame(_IDS), on=CUSTOMER_ROW).drop(columns=CUSTOMER_ROW)
    return named.merge(now.frame(_IDS), on=CUSTOMER_ID)[[CUSTOMER_ROW, "segment"]]


def continued_run(workspace: Workspace, tool: str, args: Mapping[str, Any]) -> str | None:
    """Find the newest run of the same arguments on an older snapshot of the same shop.

    Args:
        workspace: Where findings are kept, with the snapshot now.
        tool: The tool's name.
        args: Its arguments as JSON values.

    Returns:
        The finding's id, or None.
    """
    for finding in reversed(workspace.ledger.all()):
        recipe = finding.recipe
        if recipe is None or recipe.tool != tool or recipe.snapshot == workspace.dataset.snapshot:
            continue
        if {**recipe.args, "previous": None} == {**args, "previous": None} and _older(finding, workspace):
            return finding.id
    return None


def _older(finding: Finding, workspace: Workspace) -> bool:
    until, now = finding.fact("as_of"), workspace.dataset.as_of
    if finding.recipe is None or until is None or now is None or str(until.value) >= str(now):
        return False
    try:
        earlier = Segmentation.load(workspace.payload_folder(finding.id))
        its = open_dataset(workspace.folder, finding.recipe.snapshot)
    except WorkspaceError:
        return False
    return len(carried(earlier, its, workspace.dataset)) >= SAME_SHOP * len(earlier.frame)
