import re

import numpy as np
import pytest

from marketeer.agent.assembly import display_names
from marketeer.agent.grounding import ground
from marketeer.prompts.wording import word_finding
from marketeer.prompts.words import word
from marketeer.tools.core.columns import Table
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Subject, SubjectKind, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.describe_segment import TOOL
from marketeer.tools.segment_customers import TOOL as SEGMENT
from marketeer.tools.warehouse.features import customer_features
from tests.shops import shop_frames


@pytest.fixture
def segmented(workspace: Workspace) -> Workspace:
    run(SEGMENT, {}, workspace)
    return workspace


def test_the_effect_is_cohens_d_on_log_values(segmented: Workspace) -> None:
    finding = run(TOOL, {"segment": "Champions"}, segmented)
    features = customer_features(segmented.dataset).set_index("customer_row")
    inside = features.index.isin(segmented.require(Segmentation).rows_of("champions"))
    values = np.log1p(features["orders"].to_numpy(dtype=float))
    here, rest = values[inside], values[~inside]
    pooled = np.sqrt(
        (here.var(ddof=1) * (here.size - 1) + rest.var(ddof=1) * (rest.size - 1)) / (values.size - 2)
    )
    subject = Subject(SubjectKind.FEATURE, "orders", segment("champions"))
    assert finding.fact("effect", subject).value == pytest.approx((here.mean() - rest.mean()) / pooled)
    assert finding.fact("typical_here", subject).value == pytest.approx(np.expm1(here.mean()))


@pytest.mark.parametrize("name", ["At Risk", "at-risk", "AT_RISK", " at risk "])
def test_a_segment_is_found_however_it_is_written(segmented: Workspace, name: str) -> None:
    finding = run(TOOL, {"segment": name}, segmented)
    assert [row.name for row in finding.views[0].rows] == ["at_risk"]


def test_an_unknown_segment_is_answered_with_the_nearest(segmented: Workspace) -> None:
    with pytest.raises(Retry) as caught:
        run(TOOL, {"segment": "champs"}, segmented)
    assert "champions" in caught.value.params["nearest"]


def test_a_segment_of_another_scheme_is_answered_with_the_scheme(segmented: Workspace) -> None:
    with pytest.raises(Retry) as caught:
        run(TOOL, {"segment": "important_retain"}, segmented)
    assert caught.value.params["scheme"] == "eight_groups"


def test_reach_counts_only_those_who_consented(segmented: Workspace) -> None:
    finding = run(TOOL, {"segment": "loyal"}, segmented)
    rows = segmented.require(Segmentation).rows_of("loyal")
    consent = shop_frames()[Table.CUSTOMERS].set_index("customer_row")["email_consent"]
    assert finding.fact("reachable_email", segment("loyal")).value == (consent[rows] == "granted").sum()


def test_without_a_name_all_segments_are_described(segmented: Workspace) -> None:
    finding = run(TOOL, {}, segmented)
    assert tuple(row.name for row in finding.views[0].rows) == segmented.require(Segmentation).segments
    assert replay(finding, TOOL, segmented).agrees


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("args", [{}, {"segment": "champions"}])
def test_it_is_worded_in_both_languages(
    segmented: Workspace, language: Language, args: dict[str, str]
) -> None:
    finding = run(TOOL, args, segmented)
    text = word_finding(finding, language)
    assert not ground(text, [finding], "", display_names).unverified
    assert word("segment", "champions", language) in text
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)
