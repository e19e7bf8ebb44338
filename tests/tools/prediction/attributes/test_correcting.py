import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from marketeer.tools.prediction.attributes.answering import answer
from marketeer.tools.prediction.attributes.correcting import (
    Correction,
    Way,
    choose_correction,
    learn_correction,
)
from marketeer.tools.prediction.attributes.preparing import prepare
from marketeer.tools.prediction.attributes.table import AttributeTable
from tests.tools.prediction.attributes.drifting import drifting


def _tests(slope: float, level: float, blocks: int = 6) -> list[tuple[np.ndarray, np.ndarray]]:
    """Blocks whose true log odds are `slope` times those said, plus `level`."""
    random = np.random.default_rng(3)
    said = [expit(random.normal(-1, 1.2, 4000)) for _ in range(blocks)]
    return [((random.random(4000) < expit(slope * logit(one) + level)).astype(float), one) for one in said]


def test_chances_that_are_too_bold_get_the_planted_slope_and_level() -> None:
    found = learn_correction(Way.FORWARD, _tests(0.5, -0.7))
    assert found.slope == pytest.approx(0.5, abs=0.04)
    assert found.level == pytest.approx(-0.7, abs=0.06)
    assert choose_correction(_tests(0.5, -0.7)).way in {Way.FORWARD, Way.FORWARD_NEWEST_SHARE}


def test_chances_that_are_right_stay_nearly_as_they_are() -> None:
    forward = _tests(1.0, 0.0)
    corrected = choose_correction(forward).applied(forward[-1][1])
    assert np.abs(corrected - forward[-1][1]).mean() < 0.02


def test_the_newest_share_becomes_the_mean_and_the_order_stays() -> None:
    forward = _tests(1.0, 0.0)
    chances = np.linspace(0.01, 0.9, 500)
    corrected = learn_correction(Way.NEWEST_SHARE, forward).applied(chances)
    assert corrected.mean() == pytest.approx(forward[-1][0].mean(), abs=1e-9)
    assert (np.diff(corrected) > 0).all()


def test_chances_that_rank_the_wrong_way_are_drawn_together_and_never_turned_round() -> None:
    found = learn_correction(Way.FORWARD, _tests(-1.0, 0.0))
    chances = np.linspace(0.05, 0.95, 100)
    assert 0 < found.slope < 0.1
    assert (np.diff(found.applied(chances)) > 0).all()


def test_too_few_forward_tests_change_nothing() -> None:
    assert choose_correction(_tests(0.5, 1.0, blocks=2)) == Correction()


def test_rows_to_be_predicted_take_part_in_the_scale_and_their_outcomes_do_not() -> None:
    asked, _ = drifting()
    table = AttributeTable(asked.raw, asked.values, asked.customers)
    old, new = table.take(np.arange(2400)), table.take(np.arange(3600, 4000))
    ready = prepare(old, new)
    both = np.r_[old.columns["index"], new.columns["index"]]
    expected = (new.columns["index"] - both.mean()) / both.std()
    assert any(np.allclose(ready.asked.columns[name], expected) for name in ready.asked.columns)
    blind = prepare(old, AttributeTable(new.columns, np.full(400, np.nan), new.customers))
    assert ready.asked.columns.equals(blind.asked.columns)
    assert ready.learnt.columns.equals(blind.learnt.columns)


def test_a_drifting_index_does_not_spoil_the_ranking() -> None:
    asked, chance = drifting(3000, seed=1)
    answered = answer(asked, budget=3)
    best = roc_auc_score(asked.values[2400:], chance[2400:])
    assert answered.order is not None
    assert answered.measures[answered.used.code]["auc"] - 0.5 >= 0.9 * (best - 0.5)
    assert max(answered.factors, key=lambda name: answered.factors[name]) in {"age", "member"}


def test_for_customers_without_an_outcome_the_test_rows_are_the_newest_share() -> None:
    asked, _ = drifting(2400, seed=2)
    asked.values[-400:] = np.nan
    answered = answer(asked, budget=1)
    tested = asked.values[1600:2000]
    assert answered.tested == len(tested)
    assert answered.means.came == tested.mean()
    assert answered.newest.share in (None, pytest.approx(tested.mean()))
    assert answered.correction.share is None or answered.correction.share < tested.mean()
