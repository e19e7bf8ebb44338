"""A recommender fitted on everything up to now, with weights learnt and measured in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.ports import Progress
from marketeer.tools.recommendation.assortment import Assortment, read_assortment
from marketeer.tools.recommendation.blend import Blend, Task, build, learn, usual_settings
from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.content import text_vectors
from marketeer.tools.recommendation.evaluation import Scorer, masked, top_products
from marketeer.tools.recommendation.exposure import Capped, least_scores
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Interactions, Rows, Scores, read_interactions
from marketeer.tools.recommendation.measured import Measured
from marketeer.tools.recommendation.model import Model, load_model, sweep_models
from marketeer.tools.recommendation.tuning import BASELINE, PERIOD_DAYS, tune

RULE_VERSION = 5
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


@dataclass(frozen=True)
class Recommender:
    """Ranks products for any customer on its axis.

    Attributes:
        task: Discovery or basket.
        ground: The purchases it was fitted on.
        assortment: The products, in column order.
        blend: What scores.
        measured: How good the blend was on the last period; None where too little could be measured.
    """

    task: Task
    ground: Ground
    assortment: Assortment
    blend: Scorer
    measured: Measured | None

    @property
    def interactions(self) -> Interactions:
        """The purchases, with their axes."""
        return self.ground.interactions

    @property
    def owned(self) -> sp.csr_matrix:
        """Customers × products ever bought, 0/1."""
        return self.ground.owned

    @cached_property
    def buyers(self) -> sp.csc_matrix:
        """What was ever bought, column by column."""
        return self.owned.tocsc()

    def positions(self, customer_rows: Rows) -> Rows:
        """Give the matrix rows of those of some customers who ever bought anything."""
        at = np.searchsorted(self.interactions.users, customer_rows)
        at = np.minimum(at, self.interactions.users.size - 1)
        found = self.interactions.users[at] == customer_rows
        positions: Rows = at[found].astype(np.int32)
        return positions

    def scores(self, rows: Rows, allowed: NDArray[np.bool_]) -> Scores:
        """Score all products for some matrix rows; −∞ for what may not be recommended to them."""
        scores = self.blend.scores(rows)
        scores[:, np.flatnonzero(~allowed)] = -np.inf
        return masked(scores, rows, self.owned if self.task is Task.DISCOVERY else None)

    def top(self, rows: Rows, k: int, allowed: NDArray[np.bool_]) -> Lists:
        """Rank the k best allowed products for some matrix rows.

        In discovery, products a customer owns are left out.
        """
        scores = self.scores(rows, allowed)
        columns = top_products(scores, k)
        best = np.take_along_axis(scores, columns, axis=1)
        return Lists(self.interactions.users[rows], np.where(np.isfinite(best), columns, -1), best)

    def stream(self, rows: Rows, k: int, allowed: NDArray[np.bool_]) -> Iterator[Lists]:
        """Rank for many customers, block by block in their order, so that memory stays flat."""

        def ranked(span: Span) -> Lists:
            return self.top(rows[span[0] : span[1]], k, allowed)

        return in_order(ranked, spans(rows.size, allowed.size))


def fit(
    dataset: Dataset, task: Task, kept: Path, as_of: date | None = None, progress: Progress | None = None
) -> Recommender:
    """Fit a recommender on all purchases up to a day.

    Args:
        dataset: The snapshot.
        task: Discovery or basket.
        kept: Folder where what was learnt is kept and found again.
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
    folder = kept / f"recommendation-{task.value}-{dataset.snapshot[:24]}-{day.isoformat()}-v{RULE_VERSION}"
    model, ground = load_model(folder), Ground(interactions)
    if model is None:
        ground = Ground(interactions, text_vectors(assortment.products["text"].tolist()))
        measured = tune(ground, task, _period(interactions), progress)
        model = learn_model(ground, task, measured)
        model.save(folder)
        sweep_models(kept, folder)
    return Recommender(task, ground, assortment, blend_from(model, ground, task), model.measured)


def learn_model(ground: Ground, task: Task, measured: Measured | None) -> Model:
    """Learn the parts of a measured blend from all purchases; the baseline where none was measured."""
    weights, settings = _blended(measured, task)
    learnt = learn(tuple(weights), ground, settings)
    least = np.full(ground.owned.shape[1], -np.inf, dtype=np.float32)
    if task is Task.DISCOVERY:
        least = least_scores(Blend(build(tuple(weights), ground, settings, learnt), weights), ground.owned)
    return Model(measured, learnt, least)


def blend_from(model: Model, ground: Ground, task: Task) -> Scorer:
    """Put a blend together from what was learnt."""
    weights, settings = _blended(model.measured, task)
    return Capped(Blend(build(tuple(weights), ground, settings, model.weights), weights), model.least)


def _blended(measured: Measured | None, task: Task) -> tuple[dict[str, float], dict[str, int]]:
    if measured is None:
        return {BASELINE[task]: 1.0}, usual_settings()
    return dict(measured.weights), dict(measured.settings)


def _period(interactions: Interactions) -> int:
    """Give the length of a test period: a month, or a sixth of a shorter history, at least a week."""
    return int(np.clip(interactions.age.max() / 6, 7, PERIOD_DAYS))
