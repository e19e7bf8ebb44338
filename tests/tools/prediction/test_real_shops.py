"""The published files through the tool: loaded as a person would, forecast with nothing set by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from marketeer.tools import catalog
from marketeer.tools.core.findings import Finding, SubjectKind
from marketeer.tools.core.running import CatalogRunner, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.predict_customers import TOOL
from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.panel import panel_at
from marketeer.tools.sources.loading import load
from tests.shops import workspace_of


def loaded(path: Path, folder: Path) -> Workspace:
    dataset = load([path], folder).dataset
    assert dataset is not None
    workspace = workspace_of(folder, dataset)
    return replace(workspace, runner=CatalogRunner(catalog, workspace))


def used(finding: Finding) -> dict[str, float]:
    """Give the back-test measures of the model that forecasts: the first the finding names."""
    subject = next(finding.subjects(SubjectKind.MODEL))
    own = [fact for fact in finding.facts if fact.subject == subject]
    return {fact.name: float(fact.value) for fact in own if isinstance(fact.value, (int, float))}


@pytest.mark.real
def test_cdnow_is_forecast_over_39_weeks_by_a_purchase_process(real_data: Path, tmp_path: Path) -> None:
    workspace = loaded(real_data / "cdnow_master.txt.gz", tmp_path)
    finding = run(TOOL, {"target": "orders", "horizon_days": 273}, workspace)
    assert finding.fact("test_cut_off").value.isoformat() == "1997-09-30"  # type: ignore[union-attr]  # a date
    assert finding.quality.n == 23_570
    measures = used(finding)
    assert measures["mae"] <= 0.80
    assert measures["spearman"] >= 0.45


@pytest.mark.real
def test_the_tool_fits_cdnow_with_the_published_parameters(real_data: Path, tmp_path: Path) -> None:
    workspace = loaded(real_data / "cdnow_sample.txt.gz", tmp_path)
    panel = panel_at(workspace.dataset, date(1997, 9, 30), 273, known=True)
    model = BgNbd.fit(panel.history())
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)


@pytest.mark.real
def test_online_retail_is_forecast_as_well_as_the_reference_runs(real_data: Path, tmp_path: Path) -> None:
    workspace = loaded(real_data / "online_retail.csv.gz", tmp_path)
    spend = run(TOOL, {"target": "spend", "horizon_days": 91}, workspace)
    measures = used(spend)
    assert measures["mae"] <= 550
    assert measures["spearman"] >= 0.525
    assert measures["captured"] >= 67
    last = next(f for f in spend.facts if f.name == "mae" and f.subject.name == "last_period")
    assert measures["mae"] <= 0.93 * float(last.value)  # type: ignore[arg-type]  # a number
    assert "season_unknown" in {note.code for note in spend.notes}
    assert used(run(TOOL, {"target": "buys_again", "horizon_days": 91}, workspace))["auc"] >= 0.735
