from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import DataLevel, Fact, Finding, SubjectKind, Verdict
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Ports
from marketeer.tools.measure_campaign import TOOL
from tests.tools.targeting.planted import campaign_frames, campaign_workspace

PLANTED = {"north": (0.10, 0.14), "south": (0.30, 0.32), "west": (0.05, 0.05)}


def _measure(folder: Path, frames: dict[Table, pd.DataFrame], **args: object) -> Finding:
    return run(TOOL, args, campaign_workspace(folder, frames, Ports(vocabulary=PromptVocabulary())))


def _fact(finding: Finding, name: str, subject: str = "") -> Fact:
    return next(f for f in finding.facts if f.name == name and f.subject.name == subject)


def _codes(finding: Finding) -> list[str]:
    return [note.code for note in finding.notes]


def test_the_lift_equals_the_difference_counted_by_hand(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED)
    finding = _measure(tmp_path, frames, interval="wald")
    sends = frames[Table.SENDS]
    arm = {name: part for name, part in sends.groupby("arm")}
    rate = {name: part["ordered"].mean() for name, part in arm.items()}
    se = np.sqrt(sum(rate[name] * (1 - rate[name]) / len(arm[name]) for name in rate))
    lift = _fact(finding, "orders_lift")
    assert lift.value == pytest.approx(100 * (rate["treated"] - rate["control"]))
    assert lift.interval is not None
    assert lift.interval.high - lift.interval.low == pytest.approx(100 * 2 * 1.959964 * se)
    revenue = _fact(finding, "revenue_lift")
    assert revenue.value == pytest.approx(arm["treated"]["revenue"].mean() - arm["control"]["revenue"].mean())
    assert finding.quality.level is DataLevel.A
    assert "arm_better" in _codes(finding)


def test_a_group_with_the_best_response_is_told_apart_from_one_with_the_best_lift(tmp_path: Path) -> None:
    finding = _measure(tmp_path, campaign_frames(PLANTED), segment="South")
    assert _fact(finding, "asked_about").value == "area=south"
    assert "response_misleads" in _codes(finding)
    assert _fact(finding, "lift_against_others", "area=south").interval is not None


def test_where_groups_do_not_differ_no_group_wins(tmp_path: Path) -> None:
    frames = campaign_frames({"a": (0.1, 0.12), "b": (0.1, 0.12), "c": (0.1, 0.12)}, people=3000)
    finding = _measure(tmp_path, frames, by="area")
    assert "no_winner_between_groups" in _codes(finding)


def test_two_offers_that_do_the_same_have_no_winner(tmp_path: Path) -> None:
    frames = campaign_frames({"a": (0.1, 0.12)}, people=6000)
    sends = frames[Table.SENDS]
    half = np.arange(len(sends)) % 2 == 0
    sends["arm"] = sends["arm"].where((sends["arm"] == "control") | half, "Womens E-Mail")
    sends["arm"] = sends["arm"].replace("treated", "Mens E-Mail")
    finding = _measure(tmp_path, frames, arm="men's", versus="women's")
    assert finding.method_params["arm"] == "Mens E-Mail"
    assert finding.method_params["versus"] == "Womens E-Mail"
    assert "no_winner_between_arms" in _codes(finding)
    assert finding.verdict is Verdict.WEAK
    assert _measure(tmp_path, frames, versus="女装").method_params == finding.method_params


def test_a_campaign_that_was_not_randomised_gets_no_effect(tmp_path: Path) -> None:
    finding = _measure(tmp_path, campaign_frames(PLANTED, assignment="unknown"))
    assert finding.verdict is Verdict.INSUFFICIENT
    assert finding.quality.level is DataLevel.B
    assert not [f for f in finding.facts if f.name.endswith("_lift")]
    assert "not_randomised" in _codes(finding)


def test_without_a_control_group_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED)
    frames[Table.SENDS] = frames[Table.SENDS].query("arm == 'treated'")
    finding = _measure(tmp_path, frames)
    assert finding.verdict is Verdict.INSUFFICIENT
    assert "no_control" in _codes(finding)


def test_a_split_that_did_not_come_out_as_planned_is_not_trusted(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED, control=0.5)
    assert _measure(tmp_path, frames, planned_holdout_percent=50).quality.level is DataLevel.A
    spoilt = _measure(tmp_path, frames, planned_holdout_percent=45)
    assert spoilt.quality.level is DataLevel.B
    assert "split_not_as_planned" in _codes(spoilt)


def test_no_campaigns_no_read_out(workspace: object) -> None:
    with pytest.raises(Insufficient, match="campaign"):
        run(TOOL, {}, workspace)  # type: ignore[arg-type]  # the fixture's type


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"campaign": "C999"}, "Spring offer"),
        ({"arm": "blue"}, "treated"),
        ({"by": "colour"}, "area"),
        ({"segment": "Nowhere"}, "area"),
    ],
)
def test_unknown_names_are_answered_with_those_there_are(
    tmp_path: Path, args: dict[str, object], said: str
) -> None:
    with pytest.raises(Retry, match=said):
        _measure(tmp_path, campaign_frames(PLANTED, people=100), **args)


def test_a_contaminated_control_group_gets_no_effect(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED)
    spoilt = frames[Table.SENDS].query("arm == 'control'").head(800).assign(arm="treated")
    frames[Table.SENDS] = pd.concat([frames[Table.SENDS], spoilt])
    finding = _measure(tmp_path, frames)
    assert finding.quality.level is DataLevel.B
    assert "control_contaminated" in _codes(finding)
    assert not [f for f in finding.facts if f.name.endswith("_lift")]


def test_an_arm_of_three_people_is_too_few(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED, people=300)
    sends = frames[Table.SENDS]
    few = sends[sends["arm"] == "treated"].head(3)
    frames[Table.SENDS] = pd.concat([sends[sends["arm"] == "control"], few])
    with pytest.raises(Insufficient, match="3 people"):
        _measure(tmp_path, frames)


def test_arms_are_subjects_with_their_sizes(tmp_path: Path) -> None:
    frames = campaign_frames(PLANTED, people=500)
    finding = _measure(tmp_path, frames)
    sizes = {f.subject.name: f.value for f in finding.facts if f.subject.kind is SubjectKind.ARM}
    assert sizes == frames[Table.SENDS]["arm"].value_counts().to_dict()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("assignment", "args"),
    [
        ("randomised", {}),
        ("randomised", {"segment": "south"}),
        ("randomised", {"by": "area", "outcome": "revenue"}),
        ("randomised", {"by": "area", "segment": "north", "outcome": "revenue"}),
        ("unknown", {}),
    ],
)
def test_every_read_out_can_be_worded(
    tmp_path: Path, language: str, assignment: str, args: dict[str, object]
) -> None:
    finding = _measure(tmp_path, campaign_frames(PLANTED, people=800, assignment=assignment), **args)
    assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # parametrised
