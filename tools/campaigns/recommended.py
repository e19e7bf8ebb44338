"""The products recommended to segments, as what their copy may name."""

from typing import Any, cast

from marketeer.tools.campaigns.briefs import TypicalProduct
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.payloads import Recommendations
from marketeer.tools.core.workspace import Workspace

RECOMMENDED = "recommended"
"""What stands among the products asked for, to name those recommended to each segment."""


def recommended_products(workspace: Workspace) -> dict[str, list[TypicalProduct]]:
    """Give the products recommended to each segment: what its members' own lists have most in common."""
    lists = _segment_lists(workspace)
    frame = workspace.dataset.frame("SELECT product_row, product_name FROM products")
    names: dict[int, str] = dict(frame.itertuples(index=False))
    found: dict[str, list[TypicalProduct]] = {}
    rows = lists.frame.sort_values(["segment", "rank"]).to_dict("records")
    for one in cast("list[dict[str, Any]]", rows):
        row = one["product_row"]
        product = TypicalProduct(row, names[row], "", 100 * one["owned"], one["over_index"], 0.0)
        found.setdefault(one["segment"], []).append(product)
    return found


def _segment_lists(workspace: Workspace) -> Recommendations:
    """Find the last recommendations made for segments, or have them made."""
    if parent := workspace.parents.get(Recommendations.kind):
        return workspace.require(Recommendations, parent)
    for finding_id in reversed(workspace.ledger.payloads(Recommendations.kind, workspace.dataset.snapshot)):
        if workspace.ledger.get(finding_id).title == "recommended_to_segments":
            return workspace.require(Recommendations, finding_id)
    if workspace.runner is None:
        raise Retry("Ask what to offer each segment first.", code="no_segment_lists")
    return workspace.make(Recommendations, {})
