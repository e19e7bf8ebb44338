from dataclasses import replace
from pathlib import Path

import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.dataset import NO_DATA
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Verdict
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.plan_test import TOOL
from marketeer.tools.segment_customers import TOOL as SEGMENT
from tests.shops import workspace_of


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return workspace_of(tmp_path, NO_DATA)


def _value(finding: Finding, name: str, subject: str = "") -> object:
    return next(f.value for f in finding.facts if f.name == name and f.subject.name == subject)


def test_two_to_two_and_a_half_percent_with_a_tenth_held_out(empty: Workspace) -> None:
    args = {"base_rate_percent": 2, "target_rate_percent": 2.5, "holdout_percent": 10}
    finding = run(TOOL, args, empty)
    assert _value(finding, "control_needed") == 7925
    assert _value(finding, "treated_needed") == pytest.approx(71_320, abs=9)
    assert _value(finding, "per_arm_if_even") == 13_809


def test_five_to_five_and_a_half_percent(empty: Workspace) -> None:
    finding = run(TOOL, {"base_rate_percent": 5, "lift_points": 0.5}, empty)
    assert _value(finding, "control_needed") == _value(finding, "treated_needed") == 31_234


def test_what_six_thousand_people_can_show(empty: Workspace) -> None:
    finding = run(TOOL, {"people": 6000, "base_rate_percent": 3}, empty)
    assert _value(finding, "detectable_lift", "50/50") == pytest.approx(1.36, abs=0.005)
    assert _value(finding, "detectable_lift", "90/10") == pytest.approx(2.53, abs=0.005)


def test_six_hundred_customers_are_too_few_and_a_way_out_is_named(empty: Workspace) -> None:
    finding = run(TOOL, {"people": 600, "base_rate_percent": 3}, empty)
    assert finding.verdict is Verdict.WEAK
    assert "too_few_to_test" in [note.code for note in finding.notes]


@pytest.mark.parametrize("rate", [0, 100, -3])
def test_rates_of_nothing_or_everything_cannot_be_tested(empty: Workspace, rate: float) -> None:
    with pytest.raises(Retry):
        run(TOOL, {"base_rate_percent": rate, "target_rate_percent": 5}, empty)
    with pytest.raises(Retry):
        run(TOOL, {"base_rate_percent": rate}, empty)


def test_without_data_and_without_a_rate_it_says_what_is_missing(empty: Workspace) -> None:
    with pytest.raises(Insufficient, match="base_rate_percent"):
        run(TOOL, {}, empty)


def _whole(workspace: Workspace) -> Workspace:
    ports = Ports(vocabulary=PromptVocabulary())
    return replace(workspace, ports=ports, runner=CatalogRunner(lambda: (SEGMENT, TOOL), workspace))


def test_the_shop_gives_base_rate_and_reachable_people(workspace: Workspace) -> None:
    finding = run(TOOL, {}, _whole(workspace))
    granted = workspace.dataset.frame("SELECT count(*) AS n FROM customers WHERE email_consent = 'granted'")[
        "n"
    ].iloc[0]
    assert _value(finding, "people") == granted
    assert 0 < float(str(_value(finding, "base_rate"))) < 100


def test_a_segment_by_its_chinese_name(workspace: Workspace) -> None:
    finding = run(TOOL, {"segment": "冠军客户"}, _whole(workspace))
    assert {f.subject.name for f in finding.facts if f.name == "base_rate"} == {"champions"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        {"base_rate_percent": 2, "target_rate_percent": 2.5, "holdout_percent": 10},
        {"people": 600, "base_rate_percent": 3},
        {"people": 3, "base_rate_percent": 3},
        {"people": 60_000, "base_rate_percent": 3, "arms": 3},
    ],
)
def test_every_plan_can_be_worded(empty: Workspace, language: str, args: dict[str, object]) -> None:
    assert "[F1" in word_finding(run(TOOL, args, empty), language)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize("language", ["en", "zh"])
def test_plans_from_data_can_be_worded(workspace: Workspace, language: str) -> None:
    finding = run(TOOL, {"segment": "champions"}, _whole(workspace))
    assert "[F" in word_finding(finding, language)  # type: ignore[arg-type]  # parametrised


def test_a_test_of_revenue_is_sized_by_the_spread_given(empty: Workspace) -> None:
    finding = run(TOOL, {"revenue_difference": 2, "revenue_sd": 40, "people": 1000}, empty)
    assert finding.title == "test_plan_revenue"
    assert _value(finding, "control_needed") == 6280
    assert finding.verdict is Verdict.WEAK
    for language in ("en", "zh"):
        assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # both are languages


def test_a_test_of_revenue_takes_its_spread_from_the_orders(workspace: Workspace) -> None:
    finding = run(TOOL, {"revenue_difference": 5, "horizon_days": 60, "arms": 2}, workspace)
    assert finding.fact("revenue_sd") is not None
    assert finding.fact("explained_before") is not None
    for language in ("en", "zh"):
        assert "[F1" in word_finding(finding, language)  # type: ignore[arg-type]  # both are languages


def test_without_orders_a_test_of_revenue_says_what_is_missing(empty: Workspace) -> None:
    with pytest.raises(Insufficient, match="revenue_sd"):
        run(TOOL, {"revenue_difference": 2}, empty)
