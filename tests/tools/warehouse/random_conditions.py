"""Random conditions on customers, as pandas reads them and as a person says them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.workspace import Ports, Workspace
from tests.shops import publish_shop, workspace_of
from tests.tools.warehouse.plain_metrics import Plain, mixed_shop

CONDITIONS: Mapping[str, st.SearchStrategy[Any]] = {
    "country": st.sampled_from(["DE", "FR", "CN"]),
    "tier": st.sampled_from(["gold", "basic"]),
    "min_orders": st.integers(0, 5),
    "max_orders": st.integers(1, 6),
    "min_spend": st.integers(-20, 250),
    "max_spend": st.integers(0, 300),
    "min_recency_days": st.integers(0, 400),
    "max_recency_days": st.integers(0, 400),
    "first_order": st.sampled_from(["2024-08", "2024-11", "2025-03"]),
    "last_order": st.sampled_from(["2025-10", "2025-11", "2025-03"]),
    "bought": st.integers(0, 7),
    "not_bought": st.integers(0, 7),
    "consent": st.just("email"),
}


@cache
def shop(seed: int) -> tuple[Workspace, Plain]:
    folder = Path(mkdtemp(prefix="shop"))
    frames = mixed_shop(seed)
    return workspace_of(folder, publish_shop(folder, frames), Ports(vocabulary=PromptVocabulary())), Plain(
        frames
    )


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=2, unique=True))
    held = {name: draw(CONDITIONS[name]) for name in names}
    for name in ("orders", "spend", "recency_days"):
        if {f"min_{name}", f"max_{name}"} <= set(held):
            held[f"max_{name}"] = max(held[f"max_{name}"], held[f"min_{name}"])
    return held


def spoken(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Give conditions as the tools' arguments."""
    plain = {name: value for name, value in kinds.items() if name not in {"tier", "bought", "not_bought"}}
    products = {name: f"P{kinds[name]}" for name in ("bought", "not_bought") if name in kinds}
    return {**plain, **products, **({"where": {"tier": kinds["tier"]}} if "tier" in kinds else {})}
