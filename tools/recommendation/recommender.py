"""A recommender fitted on everything up to now, with weights learnt and measured in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress
from marketeer.tools.recommendation.assortment import Assortment, read_assortment
from marketeer.tools.recommendation.blend import Blend, Ground, Task, build
from marketeer.tools.recommendation.content import text_vectors
from marketeer.tools.recommendation.evaluation import BLOCK, Scorer, masked, top_products
from marketeer.tools.recommendation.exposure import Capped
from marketeer.tools.recommendation.interactions import Interactions, Rows, Scores, read_interactions
from marketeer.tools.recommendation.measured import MEASURED_JSON, Measured
from marketeer.tools.recommendation.tuning import BASELINE, PERIOD_DAYS, tune

RULE_VERSION = 3
"""Raised whenever the same purchases would give other weights; part of the name of the kept ones."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Ranked products for some customers.

    Attributes:
        rows: `customer_row` of each list.
        columns: Product columns, best first, shape (rows, k); −1 where fewer products were left.
        scores: Their scores, same shape.
    """

    rows: Rows
    columns: NDArray[np.intp]
    scores: Scores


@dataclass(frozen=True, slots=True)
class Recommender:
    """Ranks products for any customer on its axis.

    Attributes:
        task: Discovery or basket.
        interactions: The purchases it was fitted on.
        assortment: The products, in column order.
        vectors: Product text vectors, in column order.
        owned: Customers × products ever bought, 0/1.
        blend: What scores.
        measured: How good the blend was on the last period; None where too little could be measured.
    """

    task: Task
    interactions: Interactions
    assortment: Assortment
    vectors: sp.csr_matrix
    owned: sp.csr_matrix
    blend: Scorer
    measured: Measured | None

    def positions(self, customer_rows: Rows) -> Rows:
        """Give the matrix rows of those of some customers who ever bought anything."""
        at = np.searchsorted(self.interactions.users, customer_rows)
        at = np.minimum(at, self.interactions.users.size - 1)
        found = self.interactions.users[at] == customer_rows
        positions: Rows = at[found].astype(np.int32)
        return positions

    def top(self, rows: Rows, k: int, allowed: NDArray[np.bool_]) -> Lists:
        """Rank the k best allowed products for some matrix rows.

        In discovery, products a customer owns are left out.
        """
        scores = self.blend.scores(rows)
        scores[:, ~allowed] = -np.inf
        if self.task is Task.DISCOVERY:
            scores = masked(scores, rows, self.owned)
        columns = top_products(scores, k)
        best = np.take_along_axis(scores, columns, axis=1)
        return Lists(self.interactions.users[rows], np.where(np.isfinite(best), columns, -1), best)

    def stream(self, rows: Rows, k: int, allowed: NDArray[np.bool_]) -> Iterator[Lists]:
        """Rank for many customers, block by block, so that memory stays flat."""
        for start in range(0, rows.size, BLOCK):
            yield self.top(rows[start : start + BLOCK], k, allowed)


def fit(
    dataset: Dataset, task: Task, kept: Path, as_of: date | None = None, progress: Progress | None = None
) -> Recommender:
    """Fit a recommender on all purchases up to a day.

    Args:
        dataset: The snapshot.
        task: Discovery or basket.
        kept: Folder where learnt weights are kept and found again.
        as_of: The last day that counts; None takes the data's last day.
        progress: Hears how far it is.

    Raises:
        Insufficient: There are no purchases, or only one product.
    """
    day = as_of or dataset.need_as_of()
    interactions = read_interactions(dataset, day)
    if interactions.items.size < 2:
        raise Insufficient(
            "Only one product was ever bought, so there is nothing to choose between.", code="one_product"
        )
    assortment = read_assortment(dataset, interactions.items, day)
    vectors = text_vectors(assortment.products["text"].tolist())
    ground = Ground(interactions, vectors)
    measured = _measured(ground, task, kept / f"{_name(dataset, task, day)}.json", progress)
    weights = dict(measured.weights) if measured else {BASELINE[task]: 1.0}
    blend: Scorer = Blend(build(tuple(weights), ground), weights)
    owned = interactions.owned()
    if task is Task.DISCOVERY:
        blend = Capped(blend, owned)
    return Recommender(task, interactions, assortment, vectors, owned, blend, measured)


def _name(dataset: Dataset, task: Task, day: date) -> str:
    return f"recommendation-{task.value}-{dataset.snapshot[:24]}-{day.isoformat()}-v{RULE_VERSION}"


def _measured(ground: Ground, task: Task, path: Path, progress: Progress | None) -> Measured | None:
    if path.exists():
        return MEASURED_JSON.validate_json(path.read_bytes())
    measured = tune(ground, task, _period(ground.interactions), progress)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    beside.write_bytes(MEASURED_JSON.dump_json(measured))
    beside.replace(path)
    return measured


def _period(interactions: Interactions) -> int:
    """Give the length of a test period: a month, or a sixth of a shorter history, at least a week."""
    return int(np.clip(interactions.age.max() / 6, 7, PERIOD_DAYS))
