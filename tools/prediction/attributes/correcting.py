"""Chances brought nearer to what comes, by what forward tests inside the training rows showed.

Where the share of yes moves with time, chances that were right last year are wrong now, though their order
may hold. Every way of putting them right is judged as it would have been used: learnt from the forward tests
before a block, and held against that block. The one with the least log loss is taken, unless leaving the
chances alone is within the standard error over those tests; none of them changes the order of customers.

Left out on purpose: re-estimating the share of yes from the unlabelled rows by expectation maximisation
(Saerens, Latinne & Decaestecker 2002, Neural Computation 14(1)). It assumes that only the share moves; where
the columns themselves move with time it runs to a share of nought or one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from marketeer.tools.prediction.attributes.comparing import Losses, within_one_error
from marketeer.tools.prediction.btyd.history import Floats

Forward = Sequence[tuple[Floats, Floats]]
"""Outcomes and chances of forward tests, oldest first."""

_LEAST_SLOPE = 0.05
_WIDEST = 30.0
_NEARLY = 1e-6
_LEAST_TESTS = 3


class Way(StrEnum):
    """A way of putting chances right.

    AS_IS leaves them. NEWEST_SHARE moves all by the same log odds, so that their mean is the share of yes in
    the newest known block. FORWARD refits slope and level on the chances of forward tests (Platt 1999).
    FORWARD_NEWEST_SHARE does that and then the former.
    """

    AS_IS = auto()
    NEWEST_SHARE = auto()
    FORWARD = auto()
    FORWARD_NEWEST_SHARE = auto()


@dataclass(frozen=True, slots=True)
class Correction:
    """How chances are put right.

    Attributes:
        way: Which way.
        slope: What log odds are multiplied by.
        level: What is added to them.
        share: What the mean chance is moved to, or None.
    """

    way: Way = Way.AS_IS
    slope: float = 1.0
    level: float = 0.0
    share: float | None = None

    def applied(self, chances: Floats) -> Floats:
        """Put chances right; those given are taken as one batch."""
        if self.way is Way.AS_IS:
            return chances
        odds = self.slope * _odds(chances) + self.level
        if self.share is not None:
            odds = odds + _move(odds, self.share)
        corrected: Floats = expit(odds)
        return corrected


def learn_correction(way: Way, forward: Forward) -> Correction:
    """Learn one way of putting chances right from forward tests."""
    slope, level = 1.0, 0.0
    if way in {Way.FORWARD, Way.FORWARD_NEWEST_SHARE}:
        slope, level = _line(forward)
    share = float(np.clip(forward[-1][0].mean(), _NEARLY, 1 - _NEARLY))
    to_newest = way in {Way.NEWEST_SHARE, Way.FORWARD_NEWEST_SHARE}
    return Correction(way, slope, level, share if to_newest else None)


def choose_correction(forward: Forward) -> Correction:
    """Choose the way with the least log loss on forward tests, each corrected by those before it.

    Chances are left as they are unless that is worse by more than the standard error over the tests.
    """
    if len(forward) < _LEAST_TESTS:
        return Correction()
    losses = {way: _losses(way, forward) for way in Way}
    best = min(losses, key=lambda way: losses[way].mean)
    kept = within_one_error(losses[Way.AS_IS], losses[best])
    return learn_correction(Way.AS_IS if kept else best, forward)


def _losses(way: Way, forward: Forward) -> Losses:
    """Give the log losses on tests that have at least two before them, a test weighted by its rows."""
    losses, rows = [], []
    for number in range(2, len(forward)):
        outcome, chances = forward[number]
        corrected = learn_correction(way, forward[:number]).applied(chances)
        losses.append(log_loss(outcome, np.clip(corrected, _NEARLY, 1 - _NEARLY), labels=[0, 1]))
        rows.append(len(outcome))
    return Losses(np.asarray(losses), np.asarray(rows, dtype=np.float64))


def _line(forward: Forward) -> tuple[float, float]:
    outcome = np.concatenate([one for one, _ in forward])
    odds = _odds(np.concatenate([one for _, one in forward]))
    if np.ptp(outcome) == 0 or np.ptp(odds) == 0:
        return 1.0, 0.0
    line = LogisticRegression(C=1e6).fit(odds[:, None], outcome)
    slope = float(line.coef_[0, 0])
    if slope >= _LEAST_SLOPE:
        return slope, float(line.intercept_[0])
    return _LEAST_SLOPE, _move(_LEAST_SLOPE * odds, float(outcome.mean()))


def _odds(chances: Floats) -> Floats:
    odds: Floats = logit(np.clip(chances, _NEARLY, 1 - _NEARLY))
    return odds


def _move(odds: Floats, share: float) -> float:
    return float(brentq(lambda by: float(expit(odds + by).mean()) - share, -_WIDEST, _WIDEST))
