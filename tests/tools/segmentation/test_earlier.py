from datetime import date, timedelta

import pandas as pd

from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.earlier import segments_on
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod
from marketeer.tools.warehouse.features import customer_features


def _segmentation(workspace: Workspace, scheme: str | None) -> Segmentation:
    features = customer_features(workspace.dataset)
    method = RfmMethod(SCHEMES["quintiles"])
    labels = method.fit(features).assign(features)
    frame = features[["customer_row"]].assign(segment=[method.scheme.segments[label] for label in labels])
    about = {"segments": list(method.scheme.segments)} | ({"scheme": scheme} if scheme else {})
    return Segmentation(frame, about)


def test_on_the_last_day_the_segments_are_those_of_today(workspace: Workspace) -> None:
    for scheme in ("quintiles", None):
        today = _segmentation(workspace, scheme)
        day = workspace.dataset.need_as_of()
        pd.testing.assert_frame_equal(
            segments_on(today, workspace.dataset, day), today.frame, check_dtype=False
        )


def test_what_came_after_the_day_changes_nothing(workspace: Workspace) -> None:
    day = workspace.dataset.need_as_of() - timedelta(days=200)
    then = segments_on(_segmentation(workspace, "quintiles"), workspace.dataset, day)
    features = customer_features(workspace.dataset, day)
    method = RfmMethod(SCHEMES["quintiles"])
    labels = method.fit(features).assign(features)
    assert then["customer_row"].tolist() == features["customer_row"].tolist()
    assert then["segment"].tolist() == [method.scheme.segments[label] for label in labels]


def test_before_the_first_order_nobody_is_in_a_segment(workspace: Workspace) -> None:
    assert segments_on(_segmentation(workspace, None), workspace.dataset, date(2020, 1, 1)).empty
