"""What candidates are judged on inside the training period: other customers, and a later time.

By customer: folds over all training cut-offs; a customer is never on both sides, at whatever cut-off. In
time, where the history reaches back far enough: fitted on the outcomes of a whole horizon earlier, which end
where the newest training cut-off begins, and judged on what came after that. The losses of both are pooled,
and customers are the unit of their error, since one has several rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.family import Average, Candidate
from marketeer.tools.prediction.losses import losses
from marketeer.tools.prediction.panel import Panel
from marketeer.tools.prediction.targets import Target

FOLDS = 3

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Validation:
    """Training rows in folds by customer, and a cut-off a whole horizon before the newest of them.

    Attributes:
        panel: Training rows of all cut-offs, with known outcomes.
        target: What is predicted.
        folds: Rows to fit on and rows to judge, by customer.
        in_time: Rows whose outcomes end at the newest training cut-off, and those of that cut-off; none where
            the history is too short.
    """

    panel: Panel
    target: Target
    folds: Sequence[tuple[Rows, Rows]]
    in_time: tuple[Panel, Panel] | None

    @classmethod
    def of(cls, panel: Panel, target: Target, earlier: Panel | None = None, seed: int = 0) -> "Validation":
        """Lay out the folds."""
        cut = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(panel.table, groups=panel.customers)
        return cls(panel, target, list(cut), None if earlier is None else (earlier, _newest(panel)))

    def thinned(self, rows: int, seed: int) -> "Validation":
        """Give the same for a random part of the customers, with about so many rows, or for all."""
        if len(self.panel) <= rows:
            return self
        customers = np.unique(self.panel.customers)
        share = rows / len(self.panel)
        kept = customers[np.random.default_rng(seed).random(customers.size) < share]
        earlier = None if self.in_time is None else _of(self.in_time[0], kept)
        return Validation.of(_of(self.panel, kept), self.target, earlier, seed)

    def forecasts(self, candidate: Candidate, known: Mapping[str, Floats]) -> Floats | None:
        """Forecast every row by a model that has not seen it: rows by customer, then those in time.

        Args:
            candidate: The candidate.
            known: The forecasts of candidates judged before, of which an average is made up.

        Returns:
            The forecasts; None where the candidate cannot be fitted to these customers.
        """
        if isinstance(candidate, Average):
            parts = [known[part.code] for part in candidate.parts if part.code in known]
            return np.mean(parts, axis=0) if len(parts) == len(candidate.parts) else None
        try:
            predicted = np.concatenate([self._by_customer(candidate), self._in_time(candidate)])
        except Insufficient:
            return None
        return predicted if np.isfinite(predicted).all() else None

    def losses(self, predicted: Floats) -> Floats:
        """Give the loss of each of these forecasts."""
        outcome = self.panel.outcome(self.target)
        if self.in_time is not None:
            outcome = np.concatenate([outcome, self.in_time[1].outcome(self.target)])
        return losses(self.target, outcome, predicted)

    def within_one_error(self, loss: Floats, best: Floats) -> bool:
        """Tell whether a mean loss is within one standard error of its difference from the best one's."""
        customers = self.panel.customers
        if self.in_time is not None:
            customers = np.concatenate([customers, self.in_time[1].customers])
        difference = loss - best
        _, unit = np.unique(customers, return_inverse=True)
        sums = np.bincount(unit, difference - difference.mean())
        error = float(np.sqrt((sums**2).sum()) / difference.size)
        return bool(difference.mean() <= error)

    def _by_customer(self, candidate: Candidate) -> Floats:
        if not candidate.sees_outcomes:
            return candidate.fit(self.panel, self.target).predict(self.panel)
        predicted = np.zeros(len(self.panel))
        for train, test in self.folds:
            fitted = candidate.fit(self.panel.take(train), self.target)
            predicted[test] = fitted.predict(self.panel.take(test))
        return predicted

    def _in_time(self, candidate: Candidate) -> Floats:
        if self.in_time is None:
            return np.zeros(0)
        earlier, then = self.in_time
        return candidate.fit(earlier if candidate.sees_outcomes else then, self.target).predict(then)


def _newest(panel: Panel) -> Panel:
    day = panel.table["cut_off"]
    return panel.take(np.flatnonzero(day == day.max()))


def _of(panel: Panel, customers: NDArray[np.int32]) -> Panel:
    return panel.take(np.flatnonzero(np.isin(panel.customers, customers)))
