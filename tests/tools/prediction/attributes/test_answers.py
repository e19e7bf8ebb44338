from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry, ToolError
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Verdict
from marketeer.tools.core.payloads import Forecast
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.predict_customers import TOOL
from marketeer.tools.sources.loading import load
from tests.shops import publish_shop, workspace_of

N = 1200


def people(seed: int = 0) -> pd.DataFrame:
    """Customers whose yes depends on age and tier; the truth is in `_chance`."""
    random = np.random.default_rng(seed)
    age, gold = random.normal(45, 12, N), random.random(N) < 0.3
    chance = 1 / (1 + np.exp(-(-2 + 0.08 * (age - 45) + 1.5 * gold)))
    joined = random.random(N) < chance
    return pd.DataFrame(
        {
            "customer_row": np.arange(N),
            "customer_id": [f"C{n:05d}" for n in range(N)],
            "attr_age": pd.Series(age).mask(random.random(N) < 0.05),
            "attr_tier": np.where(gold, "gold", "basic"),
            "attr_noise": random.normal(size=N),
            "attr_income": 1000 + 20 * age + 300 * gold + random.normal(0, 150, N),
            "attr_word": random.choice(list("abc"), N),
            "attr_joined": np.where(joined, "yes", "no"),
            "attr_joined_flag": joined.astype(int),
            "_chance": chance,
        }
    )


def shop(folder: Path, frame: pd.DataFrame, **manifest: object) -> Workspace:
    plain = frame.drop(columns=[name for name in frame if name.startswith("_")])
    return workspace_of(folder, publish_shop(folder, {Table.CUSTOMERS: plain}, **manifest))


def names(finding: Finding, kind: SubjectKind) -> list[str]:
    return [subject.name for subject in finding.subjects(kind)]


def test_a_yes_no_column_is_ranked_nearly_as_well_as_by_the_planted_chances(tmp_path: Path) -> None:
    frame = people()
    unknown = frame.index % 4 == 0
    truth = frame["attr_joined"] == "yes"
    frame = frame.drop(columns="attr_joined_flag")
    frame["attr_joined"] = frame["attr_joined"].mask(unknown)
    workspace = shop(tmp_path, frame)
    finding = run(TOOL, {"target": "attribute", "attribute": "joined", "budget_seconds": 5}, workspace)
    table = Forecast.load(workspace.payload_folder(finding.id)).frame.set_index("customer_row")["predicted"]
    assert sorted(table.index) == frame.index[unknown].tolist()
    ours = roc_auc_score(truth[table.index], table)
    best = roc_auc_score(truth[table.index], frame["_chance"][table.index])
    assert ours - 0.5 >= 0.9 * (best - 0.5)
    assert names(finding, SubjectKind.FEATURE)[0] in {"age", "income"}
    assert "no_order_of_time" in [note.code for note in finding.notes]
    assert replay(finding, TOOL, workspace).agrees


def test_the_copy_of_a_target_is_left_out_by_name(tmp_path: Path) -> None:
    finding = run(
        TOOL, {"target": "attribute", "attribute": "Joined", "budget_seconds": 2}, shop(tmp_path, people())
    )
    reason = finding.fact("left_out_because", Subject(SubjectKind.RULE, "joined_flag"))
    assert reason is not None
    assert reason.value == "copy_of_target"
    assert names(finding, SubjectKind.RULE) == ["joined_flag"]


def test_calibration_groups_hold_all_tested_customers(tmp_path: Path) -> None:
    finding = run(
        TOOL, {"attribute": "joined", "target": "attribute", "budget_seconds": 2}, shop(tmp_path, people())
    )
    tested = finding.fact("customers_tested")
    assert tested is not None
    groups = [f.value for f in finding.facts if f.name == "customers" and f.subject.kind is SubjectKind.GROUP]
    assert sum(map(int, groups)) == tested.value == N // 5


def test_a_numeric_column_is_predicted_with_the_planted_error(tmp_path: Path) -> None:
    finding = run(
        TOOL, {"attribute": "income", "target": "attribute", "budget_seconds": 4}, shop(tmp_path, people())
    )
    used = Subject(SubjectKind.MODEL, names(finding, SubjectKind.MODEL)[0])
    error, rank = finding.fact("mae", used), finding.fact("spearman", used)
    assert error is not None
    assert rank is not None
    assert 0.9 * 150 * np.sqrt(2 / np.pi) <= float(error.value) <= 1.35 * 150 * np.sqrt(2 / np.pi)
    assert float(rank.value) > 0.7
    assert finding.verdict is Verdict.OK


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("attribute", ["joined", "income"])
def test_answers_are_worded_in_both_languages(tmp_path: Path, language: str, attribute: str) -> None:
    frame = people().assign(attr_pdays=np.r_[np.full(900, 999), np.arange(300) % 20])
    frame.loc[3, "attr_noise"] = np.inf
    finding = run(
        TOOL, {"attribute": attribute, "target": "attribute", "budget_seconds": 1}, shop(tmp_path, frame)
    )
    text = word_finding(finding, language)
    assert "pdays = 999" in text
    assert ("Infinite" if language == "en" else "无穷大") in text


def test_what_is_declared_as_known_too_late_is_refused_by_name(tmp_path: Path) -> None:
    frame = people().drop(columns="attr_joined_flag")
    known = {name: name != "attr_noise" for name in frame if name.startswith("attr_")}
    finding = run(
        TOOL,
        {"attribute": "joined", "target": "attribute", "budget_seconds": 1},
        shop(tmp_path, frame, attributes=known),
    )
    assert {note.code: note.params for note in finding.notes}["left_out_known_after_outcome"] == {
        "columns": "noise"
    }
    assert "known only after the outcome" in word_finding(finding, "en")


def _broken(change: str) -> pd.DataFrame:
    frame = people()
    if change == "one_class":
        return frame.assign(attr_joined="no")
    if change == "one_customer":
        return frame.head(1)
    if change == "few":
        return frame.head(100)
    if change == "few_yes":
        return frame.assign(attr_joined=np.where(frame.index < 10, "yes", "no"))
    if change == "blank":
        return frame.assign(attr_joined=np.nan)
    if change == "endless":
        return frame.assign(attr_joined=np.where(frame.index < 1190, np.inf, frame["attr_age"]))
    if change == "identical":
        same = frame.assign(**{name: frame[name].iloc[1] for name in frame if name.startswith("attr_")})
        return same.assign(attr_joined=frame["attr_joined"])
    return frame.drop(columns=[name for name in frame if name.startswith("attr_") and name != "attr_joined"])


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ("one_class", "one_answer_only", "both answers"),
        ("one_customer", "one_answer_only", "Load"),
        ("few", "too_few_outcomes", "200 are needed"),
        ("few_yes", "too_few_answers", "rates by segment"),
        ("blank", "target_blank", "Load customers for whom it is known"),
        ("endless", "too_few_outcomes", "200 are needed"),
        ("identical", "no_usable_columns", "age (constant)"),
        ("no_columns", "no_usable_columns", "columns that vary"),
    ],
)
def test_data_that_cannot_say_names_what_would(tmp_path: Path, change: str, code: str, says: str) -> None:
    with pytest.raises(Insufficient, match=says.replace("(", r"\(").replace(")", r"\)")) as raised:
        run(TOOL, {"attribute": "joined", "target": "attribute"}, shop(tmp_path, _broken(change)))
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"target": "attribute"}, "no_attribute_named"),
        ({"target": "attribute", "attribute": "jioned"}, "unknown_attribute"),
        ({"target": "attribute", "attribute": "word"}, "not_yes_no_or_number"),
        ({"target": "attribute", "attribute": "serial"}, "target_is_id"),
        ({"target": "attribute", "attribute": "card"}, "target_is_id"),
        ({"target": "attribute", "attribute": "since"}, "target_is_day"),
        ({"target": "response"}, "missing_table"),
    ],
)
def test_a_question_that_cannot_be_met_names_what_can(
    tmp_path: Path, args: dict[str, str], code: str
) -> None:
    frame = people().assign(
        attr_serial=np.arange(N) + 7000,
        attr_card=[f"K{n:05d}" for n in range(N)],
        attr_since=pd.date_range("2020-01-01", periods=N),
    )
    with pytest.raises(ToolError) as raised:
        run(TOOL, args, shop(tmp_path, frame))
    assert raised.value.code == code
    assert isinstance(raised.value, Retry) or code == "missing_table"
    if code in {"not_yes_no_or_number", "target_is_id", "target_is_day"}:
        named = str(raised.value.params["nearest"])
        assert all(name in named for name in ("age", "income", "joined"))
        assert not any(name in named for name in ("serial", "card", "since", "word"))


def test_constant_and_empty_columns_are_left_out_and_the_rest_is_used(tmp_path: Path) -> None:
    frame = people().drop(columns="attr_joined_flag").assign(attr_same="x", attr_empty=np.nan)
    finding = run(
        TOOL, {"attribute": "joined", "target": "attribute", "budget_seconds": 1}, shop(tmp_path, frame)
    )
    assert {note.code for note in finding.notes} >= {"left_out_constant", "left_out_empty"}


def test_who_says_yes_to_a_campaign_is_learnt_from_those_who_got_it(tmp_path: Path) -> None:
    frame = people().drop(columns=["attr_joined_flag", "attr_joined", "_chance"])
    random = np.random.default_rng(5)
    asked = random.permutation(N)[:800]
    old = (frame["attr_age"].fillna(45) > 45).to_numpy()[asked]
    sends = pd.DataFrame(
        {
            "campaign_id": "spring",
            "customer_row": asked,
            "arm": np.where(np.arange(800) < 100, "control", "mail"),
            "ordered": random.random(800) < np.where(old, 0.5, 0.1),
        }
    )
    campaigns = pd.DataFrame({"campaign_id": ["spring"], "assignment": ["unknown"]})
    frames = {Table.CUSTOMERS: frame, Table.SENDS: sends, Table.CAMPAIGNS: campaigns}
    workspace = workspace_of(tmp_path, publish_shop(tmp_path, frames))
    finding = run(TOOL, {"target": "response", "budget_seconds": 2}, workspace)
    known = finding.fact("customers_known")
    assert known is not None
    assert known.value == 700  # nobody of the control arm was asked
    assert names(finding, SubjectKind.FEATURE)[0] in {"age", "income"}
    listed = finding.fact("customers_predicted")
    assert listed is not None
    assert listed.value == N - 700


@pytest.mark.real
def test_the_term_deposit_is_predicted_out_of_time_without_the_length_of_the_call(
    real_data: Path, tmp_path: Path
) -> None:
    dataset = load([real_data / "bank_additional_full.csv.gz"], tmp_path).dataset
    assert dataset is not None
    workspace = workspace_of(tmp_path, dataset)
    finding = run(TOOL, {"target": "response"}, replace(workspace))
    used = Subject(SubjectKind.MODEL, names(finding, SubjectKind.MODEL)[0])
    auc = finding.fact("auc", used)
    shuffled = [float(f.value) for f in finding.facts if f.name == "shuffled_auc"]
    assert auc is not None
    assert float(auc.value) >= 0.74
    assert 0.79 <= max(shuffled) <= 0.81
    assert {note.code: dict(note.params) for note in finding.notes}["left_out_known_after_outcome"] == {
        "columns": "duration"
    }
    assert "shuffled_is_optimistic" in [note.code for note in finding.notes]
