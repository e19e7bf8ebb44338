"""Builds the panels of one forecast: of everybody or of the pre-flight's sample, with purchase processes."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.prediction.panel import Panel, panel_at
from marketeer.tools.prediction.preflight import Preflight
from marketeer.tools.prediction.process_features import with_process


@dataclass(frozen=True, slots=True)
class Panels:
    """Gives the panel of any cut-off.

    Attributes:
        dataset: The snapshot.
        ahead: Says how many customers are trained on.
        seed: Of the sample.
    """

    dataset: Dataset
    ahead: Preflight
    seed: int
    _made: dict[tuple[date, int], Panel] = field(default_factory=dict, repr=False)

    def past(self, cut_off: date, days: int) -> Panel:
        """Build the rows of a cut-off whose outcomes are known, where the pre-flight says so of a sample."""
        if (cut_off, days) not in self._made:
            self._made[cut_off, days] = with_process(self._past(cut_off, days))
        return self._made[cut_off, days]

    def now(self, cut_off: date, days: int) -> Panel:
        """Build the rows of everybody at a cut-off whose outcomes are still to come."""
        return with_process(panel_at(self.dataset, cut_off, days, known=False))

    def _past(self, cut_off: date, days: int) -> Panel:
        panel = panel_at(self.dataset, cut_off, days, known=True)
        if self.ahead.sampled == self.ahead.customers or len(panel) <= self.ahead.sampled:
            return panel
        rows = np.random.default_rng(self.seed).choice(len(panel), self.ahead.sampled, replace=False)
        return panel.take(np.sort(rows))
