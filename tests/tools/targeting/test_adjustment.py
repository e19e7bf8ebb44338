import numpy as np
import pytest

from marketeer.tools.targeting.adjustment import adjusted_difference
from marketeer.tools.targeting.effects import Moments, mean_difference


def _people(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    before = random.gamma(1, 20, 800)
    treated = random.random(800) < 0.5
    after = 0.8 * before + random.normal(0, 8, 800) + 3.0 * treated
    return after, treated, before[:, None]


def test_what_people_did_before_makes_the_interval_narrower() -> None:
    after, treated, before = _people(0)
    plain = mean_difference(
        *(Moments(after[t].mean(), after[t].var(ddof=1), t.sum()) for t in (treated, ~treated))
    )
    adjusted = adjusted_difference(after, treated, before)
    assert adjusted.se < 0.6 * plain.se
    assert adjusted.low < 3 < adjusted.high


def test_without_covariates_it_is_the_difference_in_means() -> None:
    after, treated, _ = _people(1)
    adjusted = adjusted_difference(after, treated, np.zeros((800, 1)))
    assert adjusted.value == pytest.approx(after[treated].mean() - after[~treated].mean())
    welch = np.sqrt(
        after[treated].var(ddof=1) / treated.sum() + after[~treated].var(ddof=1) / (~treated).sum()
    )
    assert adjusted.se == pytest.approx(welch)


def test_adjusted_intervals_hold_their_level() -> None:
    inside = [e.low <= 3 <= e.high for e in (adjusted_difference(*_people(seed)) for seed in range(600))]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)
