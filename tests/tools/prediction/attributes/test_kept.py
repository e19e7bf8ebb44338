from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, roc_auc_score

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient
from marketeer.tools.core.findings import Finding, Subject, SubjectKind
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.predict_customers import TOOL
from marketeer.tools.prediction.attributes.kept import kept, restored
from tests.shops import publish_shop, workspace_of
from tests.tools.prediction.attributes.test_answers import N, people

JOINED = {"target": "attribute", "attribute": "joined", "budget_seconds": 1}
INCOME = {"target": "attribute", "attribute": "income", "budget_seconds": 1}
HIDDEN = np.arange(N) % 4 == 0


def _then() -> pd.DataFrame:
    frame = people().drop(columns=["attr_joined_flag", "_chance"])
    frame["attr_joined"] = frame["attr_joined"].mask(HIDDEN)
    frame["attr_income"] = frame["attr_income"].mask(HIDDEN)
    return frame


def _now() -> pd.DataFrame:
    """The same customers, in another order, with what was not known; a tenth of those are gone."""
    frame = people().drop(columns=["attr_joined_flag", "_chance"])
    frame = frame[~(HIDDEN & (frame.index % 40 == 0))]
    frame = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    return frame.assign(customer_row=np.arange(len(frame)))


def _shop(folder: Path, frame: pd.DataFrame, name: str, **others: pd.DataFrame) -> Workspace:
    frames = {Table.CUSTOMERS: frame} | {Table(key): value for key, value in others.items()}
    return workspace_of(folder, publish_shop(folder, frames, snapshot=name))


def _value(finding: Finding, name: str, subject: Subject | None = None) -> float:
    fact = finding.fact(name, subject) if subject else finding.fact(name)
    assert fact is not None, name
    return float(str(fact.value))


def test_the_same_column_is_answered_from_the_kept_prediction_without_training_again(tmp_path: Path) -> None:
    workspace = _shop(tmp_path, _then(), "a" * 64)
    first = run(TOOL, JOINED, workspace)
    folder = workspace.payload_folder(first.id)
    marked = Forecast.load(folder)
    changed = marked.frame.assign(predicted=np.linspace(0.9, 0.1, len(marked.frame)))
    changed.to_parquet(folder / "frame.parquet", index=False)
    second = run(TOOL, JOINED | {"limit": 3}, workspace)
    listed = [float(str(f.value)) for f in second.facts if f.name == "chance"]
    assert listed == pytest.approx([90.0, *(100 * changed["predicted"].iloc[1:3])])
    assert second.recipe is not None
    assert second.recipe.parents["forecast"] == first.id
    assert replay(second, TOOL, workspace).agrees


def test_other_arguments_train_again(tmp_path: Path) -> None:
    workspace = _shop(tmp_path, _then(), "a" * 64)
    run(TOOL, JOINED, workspace)
    for other in (JOINED | {"seed": 1}, INCOME):
        again = run(TOOL, other, workspace)
        assert again.recipe is not None
        assert "forecast" not in again.recipe.parents


def test_a_prediction_survives_being_kept(tmp_path: Path) -> None:
    workspace = _shop(tmp_path, _then(), "a" * 64)
    folder = workspace.payload_folder(run(TOOL, JOINED, workspace).id)
    made = restored(Forecast.load(folder))
    kept(made, "s").save(tmp_path / "again")
    again = restored(Forecast.load(tmp_path / "again"))
    assert again.table.equals(made.table)
    assert all(
        getattr(again, name) == getattr(made, name) for name in type(made).__slots__ if name != "table"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_chances_are_scored_by_the_values_a_newer_snapshot_holds(tmp_path: Path, language: str) -> None:
    before = _shop(tmp_path, _then(), "a" * 64)
    first = run(TOOL, JOINED, before)
    chances = Forecast.load(before.payload_folder(first.id)).frame.set_index("customer_row")["predicted"]
    scored = run(TOOL, JOINED | {"score": "last"}, _shop(tmp_path, _now(), "b" * 64))
    there = [row for row in chances.index if row % 40]
    truth = (people()["attr_joined"] == "yes")[there].astype(float)
    assert _value(scored, "customers_scored") == len(there) == 270
    assert _value(scored, "customers_gone") == 30
    assert _value(scored, "auc") == pytest.approx(roc_auc_score(truth, chances[there]))
    assert _value(scored, "actual_total") == truth.sum()
    assert _value(scored, "forecast_total") == pytest.approx(chances[there].sum())
    used = next(subject for subject in first.subjects(SubjectKind.MODEL))
    assert _value(scored, "promised_auc") == pytest.approx(_value(first, "auc", used))
    assert "joined" in word_finding(scored, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_numbers_are_scored_too(tmp_path: Path, language: str) -> None:
    before = _shop(tmp_path, _then(), "a" * 64)
    first = run(TOOL, INCOME, before)
    predicted = Forecast.load(before.payload_folder(first.id)).frame.set_index("customer_row")["predicted"]
    scored = run(TOOL, INCOME | {"score": first.id}, _shop(tmp_path, _now(), "b" * 64))
    there = [row for row in predicted.index if row % 40]
    truth = people()["attr_income"][there]
    assert _value(scored, "mae") == pytest.approx(mean_absolute_error(truth, predicted[there]))
    assert _value(scored, "actual_mean") == pytest.approx(truth.mean())
    assert "income" in word_finding(scored, language)


def test_without_new_values_it_is_said_what_is_needed(tmp_path: Path) -> None:
    run(TOOL, JOINED, _shop(tmp_path, _then(), "a" * 64))
    for snapshot in ("a" * 64, "b" * 64):
        with pytest.raises(Insufficient, match="values of 'joined'") as raised:
            run(TOOL, JOINED | {"score": "last"}, _shop(tmp_path, _then(), snapshot))
        assert raised.value.code == "no_new_outcomes"


def test_nothing_kept_is_said(tmp_path: Path) -> None:
    with pytest.raises(Insufficient) as raised:
        run(TOOL, JOINED | {"score": "last"}, _shop(tmp_path, _then(), "a" * 64))
    assert raised.value.code == "no_forecast_kept"


def test_other_people_under_the_same_row_numbers_are_not_scored(tmp_path: Path) -> None:
    run(TOOL, JOINED, _shop(tmp_path, _then(), "a" * 64))
    others = people(seed=9).drop(columns=["attr_joined_flag", "_chance"])
    with pytest.raises(Insufficient) as raised:
        run(TOOL, JOINED | {"score": "last"}, _shop(tmp_path, others, "b" * 64))
    assert raised.value.code == "other_customers"


def _sends(campaign: str, rows: np.ndarray, yes: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"campaign_id": campaign, "customer_row": rows, "arm": "mail", "ordered": yes})


def test_who_says_yes_is_scored_by_a_later_campaign(tmp_path: Path) -> None:
    frame = people().drop(columns=["attr_joined_flag", "attr_joined"])
    chance = frame.pop("_chance").to_numpy()
    random = np.random.default_rng(2)
    asked, later = np.arange(700), np.arange(600, N)
    answers = random.random(N) < chance
    spring = _sends("spring", asked, answers[asked])
    days = pd.to_datetime(["2024-03-01", "2024-06-01"])
    campaigns = pd.DataFrame({"campaign_id": ["spring", "summer"], "assignment": "unknown", "sent_at": days})
    response = {"target": "response", "budget_seconds": 1}
    before = _shop(tmp_path, frame, "a" * 64, sends=spring, campaigns=campaigns.head(1))
    first = run(TOOL, response, before)
    with pytest.raises(Insufficient, match="answers to a later campaign"):
        run(TOOL, response | {"score": "last"}, before)
    both = pd.concat([spring, _sends("summer", later, answers[later])])
    scored = run(
        TOOL,
        response | {"score": "last"},
        _shop(tmp_path, frame, "b" * 64, sends=both, campaigns=campaigns),
    )
    chances = Forecast.load(before.payload_folder(first.id)).frame.set_index("customer_row")["predicted"]
    assert _value(scored, "customers_scored") == N - 700
    assert _value(scored, "auc") == pytest.approx(roc_auc_score(answers[700:], chances.loc[700:]))
    fact = scored.fact("scored_against")
    assert fact is not None
    assert fact.value == "summer"
