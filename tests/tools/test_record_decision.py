from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import DataLevel
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.measure_campaign import TOOL as MEASURE
from marketeer.tools.rank_offer_targets import TOOL as RANK
from marketeer.tools.record_decision import TOOL
from tests.tools.targeting.planted import campaign_frames, campaign_workspace, publish

MOVED = {"moved": (0.05, 0.15), "sure": (0.30, 0.30)}


@pytest.fixture
def ranked(tmp_path: Path) -> Workspace:
    ports = Ports(vocabulary=PromptVocabulary())
    workspace = campaign_workspace(tmp_path, campaign_frames(MOVED), ports)
    run(RANK, {"by": "area", "margin_percent": 40}, workspace)
    return workspace


def test_a_record_keeps_who_gets_it_why_and_when_it_is_read_out(ranked: Workspace) -> None:
    record = run(TOOL, {"campaign": "May offer", "send_on": "2026-05-02"}, ranked)
    decided = {f.subject.name: f.value for f in record.facts if f.name == "decision"}
    assert decided["area=moved"] == "send"
    assert decided["area=sure"] == "leave_out"
    read_out = record.fact("read_out_on")
    assert read_out is not None
    assert str(read_out.value) == "2026-05-16"
    assert record.quality.level is DataLevel.A


def test_a_record_without_a_ranking_says_what_to_ask_first(workspace: Workspace) -> None:
    with pytest.raises(Retry, match="Ask which segment"):
        run(TOOL, {}, workspace)


def test_results_that_come_later_are_read_beside_what_was_expected(ranked: Workspace) -> None:
    record = run(TOOL, {"ranking": "F1", "campaign": "May offer"}, ranked)
    frames = campaign_frames(MOVED, seed=3)
    frames[Table.CAMPAIGNS] = frames[Table.CAMPAIGNS].assign(campaign_name="May offer")
    later = replace(ranked, dataset=publish(ranked.folder, frames, snapshot="later"))
    read = run(MEASURE, {"campaign": "May offer", "by": "area"}, later)
    assert read.fact("decision_record") is not None
    assert read.fact("decision_record").value == record.id  # type: ignore[union-attr]  # just asserted
    expected = read.fact("expected_profit")
    assert expected is not None
    assert expected.interval is not None


def test_a_result_raises_the_level_of_the_next_answer(tmp_path: Path) -> None:
    frames = campaign_frames(MOVED, assignment="unknown")
    before = campaign_workspace(tmp_path, frames)
    assert run(RANK, {"by": "area"}, before).quality.level is DataLevel.B
    after = replace(before, dataset=publish(tmp_path, campaign_frames(MOVED), snapshot="with-results"))
    assert run(RANK, {"by": "area"}, after).quality.level is DataLevel.A


def test_a_decision_comes_back_as_evidence(tmp_path: Path) -> None:
    ports = Ports(vocabulary=PromptVocabulary())
    frames = campaign_frames(MOVED, assignment="not_randomised")
    before = campaign_workspace(tmp_path, frames, ports)
    ranked = run(RANK, {"by": "area", "margin_percent": 40}, before)
    assert ranked.quality.level is DataLevel.B
    record = run(TOOL, {"campaign": "May offer", "send_on": "2026-05-02"}, before)

    after = replace(before, dataset=publish(tmp_path, _with_results(frames), snapshot="with-results"))
    read = run(MEASURE, {"campaign": "May offer", "by": "area"}, after)
    assert read.quality.level is DataLevel.A
    matched, read_out = read.fact("decision_record"), read.fact("read_out_on")
    assert matched is not None
    assert matched.value == record.id
    assert read_out is not None
    assert str(read_out.value) >= "2026-05-02"

    again = run(RANK, {"by": "area", "margin_percent": 40}, after)
    assert again.quality.level is DataLevel.A
    winner = again.fact("recommended")
    assert winner is not None
    assert winner.value == "area=moved"


def _with_results(frames: dict[Table, pd.DataFrame]) -> dict[Table, pd.DataFrame]:
    results = campaign_frames(MOVED, seed=3)
    named = results[Table.CAMPAIGNS].assign(campaign_id="may", campaign_name="May offer")
    sends = results[Table.SENDS].assign(campaign_id="may")
    return {
        Table.CUSTOMERS: frames[Table.CUSTOMERS],
        Table.CAMPAIGNS: pd.concat([frames[Table.CAMPAIGNS], named], ignore_index=True),
        Table.SENDS: pd.concat([frames[Table.SENDS], sends], ignore_index=True),
    }


def test_a_record_replays(ranked: Workspace) -> None:
    record = run(TOOL, {"ranking": "F1", "campaign": "May offer"}, ranked)
    assert replay(record, TOOL, ranked).agrees


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("args", [{}, {"campaign": "May offer", "send_on": "2026-05-02"}])
def test_records_are_markdown(ranked: Workspace, language: str, args: dict[str, object]) -> None:
    text = word_finding(run(TOOL, args, ranked), language)  # type: ignore[arg-type]  # parametrised
    assert text.startswith("# ")
    assert "| " in text
