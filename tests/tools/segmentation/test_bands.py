from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from marketeer.tools.core.ports import Silent
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.bands import DRIVERS, BandMethod, learn_value
from marketeer.tools.segmentation.choice import Evidence
from marketeer.tools.segmentation.making import MethodName, Request, make
from marketeer.tools.segmentation.outcome import PERIODS_TO_LEARN, Period, past_periods
from marketeer.tools.segmentation.table import RFM
from marketeer.tools.warehouse.features import customer_features


@pytest.fixture
def evidence(workspace: Workspace) -> Evidence:
    as_of = workspace.dataset.need_as_of()
    periods = past_periods(workspace.dataset, as_of, PERIODS_TO_LEARN)
    return Evidence(customer_features(workspace.dataset), periods)


def request(evidence: Evidence, method: MethodName = "value_bands") -> Request:
    k = 3 if method == "compare" else None
    return Request(method, "quintiles", k, RFM, "log", evidence, Silent())


def plain_bands(learnt: Period, told: pd.DataFrame) -> pd.Series:
    names = list(DRIVERS)
    model = make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), Ridge(alpha=1.0))
    model.fit(learnt.features[names].astype(float), learnt.log_spend)
    return pd.Series(pd.qcut(model.predict(told[names].astype(float)), 5, labels=False))


def plain_eta(labels: pd.Series, values: np.ndarray) -> float:  # type: ignore[type-arg]  # floats
    means = pd.Series(values).groupby(labels).transform("mean")
    return float(means.var(ddof=0) / np.var(values))


def test_each_figure_is_of_bands_learnt_from_the_period_before_it(evidence: Evidence) -> None:
    newest, deciding, oldest = evidence.periods
    judged = make(request(evidence)).judged
    assert judged.explained == pytest.approx(
        plain_eta(plain_bands(deciding, newest.features), newest.log_spend), abs=0.02
    )
    assert judged.deciding == pytest.approx(
        plain_eta(plain_bands(oldest, deciding.features), deciding.log_spend), abs=0.02
    )


@pytest.mark.parametrize("method", ["value_bands", "compare"])
def test_what_was_spent_after_the_deciding_period_decides_nothing(
    evidence: Evidence, method: MethodName
) -> None:
    newest, *older = evidence.periods
    shuffled = np.random.default_rng(0).permutation(newest.log_spend)
    other = replace(evidence, periods=(replace(newest, log_spend=shuffled), *older))
    before, after = make(request(evidence, method)), make(request(other, method))
    assert after.judged.deciding == before.judged.deciding
    assert after.judged.explained != before.judged.explained
    assert after.judged.method.name == before.judged.method.name
    assert [one.deciding for _, one in after.candidates] == [one.deciding for _, one in before.candidates]


def test_without_a_period_to_learn_from_bands_are_not_judged_by_it(evidence: Evidence) -> None:
    short = replace(evidence, periods=evidence.periods[:2])
    judged = make(request(short)).judged
    assert judged.explained == make(request(evidence)).judged.explained
    assert judged.deciding is None
    compared = make(request(short, "compare"))
    assert "value_bands" not in dict(compared.candidates)
    assert "bands_not_judged" in {note.code for note in compared.notes}


def test_a_resample_of_the_customers_learns_anew(evidence: Evidence) -> None:
    period = evidence.periods[0]
    rows = evidence.features["customer_row"]
    whole = learn_value(period, rows)
    names = list(DRIVERS)
    scaled = StandardScaler().fit_transform(np.log1p(period.features[names].astype(float)))
    ridge = Ridge(alpha=1.0).fit(np.clip(scaled, -3, 3), period.log_spend)
    np.testing.assert_allclose(whole.weights, ridge.coef_)
    assert learn_value(period, rows.sample(frac=1, replace=True, random_state=0)) != whole
    assert learn_value(period, rows[:5]) == whole


def test_bands_are_equal_parts_with_the_most_valuable_first(evidence: Evidence) -> None:
    features = evidence.features
    fitted = BandMethod(evidence.periods[0]).fit(features)
    labels, expected = fitted.assign(features), fitted.model.expect(features)
    assert np.bincount(labels).tolist() == [60] * 5
    assert expected[labels == 0].min() > expected[labels == 1].max()
