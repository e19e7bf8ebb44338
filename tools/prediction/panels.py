"""Builds the panels of one forecast: of everybody or of the pre-flight's sample, with purchase processes."""

from dataclasses import dataclass
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

    def past(self, cut_off: date, days: int) -> Panel:
        """Build the rows of a cut-off whose outcomes are known, where the pre-flight says so of a sample."""
        panel = panel_at(self.dataset, cut_off, days, known=True)
        if self.ahead.sampled < self.ahead.customers and len(panel) > self.ahead.sampled:
            rows = np.random.default_rng(self.seed).choice(len(panel), self.ahead.sampled, replace=False)
            panel = panel.take(np.sort(rows))
        return with_process(panel)

    def now(self, cut_off: date, days: int) -> Panel:
        """Build the rows of everybody at a cut-off whose outcomes are still to come."""
        return with_process(panel_at(self.dataset, cut_off, days, known=False))
