from dataclasses import replace
from pathlib import Path

import pytest

from marketeer.tools.core.errors import Retry
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import PlainVocabulary
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.segment_customers import TOOL as SEGMENT
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.segmentation.rfm import SCHEMES
from tests.shops import publish_shop, shop_frames, workspace_of


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    dataset = publish_shop(tmp_path, shop_frames(customers=12))
    bare = workspace_of(
        tmp_path, dataset, Ports(vocabulary=PlainVocabulary({"segment": {"the steady": "loyal"}}))
    )
    return replace(bare, runner=CatalogRunner(lambda: (SEGMENT,), bare))


def a_segment_without_customers(segmentation: Segmentation) -> str:
    scheme = SCHEMES[segmentation.about["scheme"]]
    return next(code for code in scheme.segments if code not in segmentation.segments)


@pytest.mark.parametrize("scheme", ["quintiles", "eight_groups_median"])
def test_a_segment_of_the_scheme_at_hand_that_nobody_is_in_is_said_to_be_empty(
    small: Workspace, scheme: str
) -> None:
    made = run(SEGMENT, {"scheme": scheme}, small)
    code = a_segment_without_customers(small.require(Segmentation))
    with pytest.raises(Retry) as caught:
        segmentation_with(small, [code])
    assert caught.value.code == "empty_segment"
    assert small.current("segmentation") == made.id


def test_a_segment_that_stays_empty_in_its_own_scheme_is_said_to_be_empty(small: Workspace) -> None:
    run(SEGMENT, {}, small)
    code = a_segment_without_customers(small.require(Segmentation))
    run(SEGMENT, {"scheme": "eight_groups"}, small)
    with pytest.raises(Retry) as caught:
        segmentation_with(small.scoped(), [code])
    assert caught.value.code == "empty_segment"


def test_no_names_or_known_ones_leave_the_segmentation_at_hand(small: Workspace) -> None:
    run(SEGMENT, {"method": "kmeans", "k": 2}, small)
    at_hand = small.require(Segmentation)
    for names in ([], [None], [at_hand.segments[0]], ["Galactic"]):
        scope = small.scoped()
        assert segmentation_with(scope, names).segments == at_hand.segments
        assert scope.notes == []


def test_an_alias_of_a_scheme_has_that_scheme_made(small: Workspace) -> None:
    run(SEGMENT, {"scheme": "eight_groups"}, small)
    scope = small.scoped()
    segmentation = segmentation_with(scope, ["the steady", "At Risk"])
    assert segmentation.about["scheme"] == "quintiles"
    assert resolve_segment(segmentation, "the steady", small.ports.vocabulary) == "loyal"
    assert scope.parents == {"segmentation": small.current("segmentation")}
    assert [note.params["segment"] for note in scope.notes] == ["loyal", "at_risk"]


def test_where_no_tool_can_be_run_the_segments_at_hand_stay(small: Workspace) -> None:
    run(SEGMENT, {"scheme": "eight_groups"}, small)
    alone = replace(small, runner=None)
    assert segmentation_with(alone, ["champions"]).about["scheme"] == "eight_groups"
