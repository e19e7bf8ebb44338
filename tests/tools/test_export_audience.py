import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketeer.agent.writers.template import TemplateWriter
from marketeer.prompts.channel_files import ChannelFiles
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Finding, Verdict
from marketeer.tools.core.payloads import Audience, Recommendations, Segmentation
from marketeer.tools.core.running import CatalogRunner, replay, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.draft_campaign import TOOL as DRAFT
from marketeer.tools.export_audience import TOOL
from marketeer.tools.recommend_products import TOOL as RECOMMEND
from tests.shops import publish_shop, shop_frames, workspace_of


class NoArgs(Args):
    pass


def halve_customers(args: NoArgs, workspace: Workspace) -> Outcome:
    """Split customers into two."""
    rows = np.arange(workspace.dataset.rows[Table.CUSTOMERS], dtype=np.int32)
    names = np.where(rows < 150, "champions", "at_risk")
    frame = pd.DataFrame({"customer_row": rows, "segment": names})
    return Outcome(Finding("split"), Segmentation(frame, {"segments": ["champions", "at_risk"]}))


def pick_everyone(args: NoArgs, workspace: Workspace) -> Outcome:
    """Pick an audience with arms of its own."""
    rows = np.arange(20, dtype=np.int32)
    arms = np.where(rows % 2 == 0, "treated", "control")
    frame = pd.DataFrame({"customer_row": rows, "arm": arms})
    return Outcome(Finding("picked"), Audience(frame, {"rule": "the first twenty"}))


SPLIT = Tool(halve_customers, NoArgs, (Example("split"),), produces=Segmentation)
PICK = Tool(pick_everyone, NoArgs, (Example("pick"),), produces=Audience)


def customers() -> pd.DataFrame:
    frame = shop_frames()[Table.CUSTOMERS]
    frame["first_name"] = ["=HYPERLINK(1)" if n == 3 else f"Ana {n}" for n in range(300)]
    frame["phone"] = [f"+49151110{n:05d}" for n in range(300)]
    frame["suppressed"] = frame["customer_row"] % 10 == 0
    frame.loc[frame["customer_row"] % 7 == 0, "email"] = None
    frame.loc[5, "email"] = "PERSON4@example.com"
    frame.loc[[4, 5], "email_consent"] = "granted"
    return frame


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    ports = Ports(writer=TemplateWriter(), channels=ChannelFiles(), vocabulary=PromptVocabulary())
    dataset = publish_shop(tmp_path, shop_frames() | {Table.CUSTOMERS: customers()})
    ready = workspace_of(tmp_path, dataset, ports)
    return replace(ready, runner=CatalogRunner(lambda: (SPLIT,), ready))


def export(shop: Workspace, folder: Path, **args: object) -> Finding:
    return run(TOOL, {"folder": str(folder), **args}, shop)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def allowed(rows: range) -> set[str]:
    frame = customers().loc[list(rows)]
    fine = (frame["email_consent"] == "granted") & ~frame["suppressed"] & frame["email"].notna()
    return {email.casefold() for email in frame.loc[fine, "email"]}


def value(finding: Finding, name: str) -> object:
    fact = finding.fact(name)
    assert fact is not None
    return fact.value


def test_only_people_who_agreed_and_can_be_reached_are_exported_once(shop: Workspace, tmp_path: Path) -> None:
    finding = export(shop, tmp_path / "out", sender="Klaviyo", segments=["at risk", "champions"])
    rows = table(tmp_path / "out" / "audience.csv")
    emails = [row["Email"].casefold() for row in rows]
    assert sorted(emails) == sorted(allowed(range(300)))
    assert value(finding, "exported") == len(rows)
    counted = [fact.value for fact in finding.facts if fact.name.startswith("left_out")]
    assert value(finding, "selected") == 300 == len(rows) + sum(counted)  # type: ignore[arg-type]
    assert value(finding, "left_out_duplicate") == 1


def test_those_who_refused_are_in_the_suppression_file(shop: Workspace, tmp_path: Path) -> None:
    export(shop, tmp_path / "out", sender="mailchimp")
    refused = {row["Email Address"] for row in table(tmp_path / "out" / "audience-suppression.csv")}
    frame = customers()
    expected = frame[((frame["email_consent"] == "denied") | frame["suppressed"]) & frame["email"].notna()]
    assert refused == set(expected["email"])
    sent = {row["Email Address"] for row in table(tmp_path / "out" / "audience.csv")}
    assert not refused & sent


def test_a_hold_out_is_kept_out_of_the_file_and_on_record(shop: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    finding = export(shop, out, holdout_percent=30, name="Spring 2025")
    treated, control = table(out / "Spring-2025.csv"), table(out / "Spring-2025-control.csv")
    arms = {row["customer_id"]: row["arm"] for row in table(out / "Spring-2025-sends.csv")}
    assert {row["arm"] for row in treated} == {"treated"}
    assert {row["arm"] for row in control} == {"control"}
    assert not {row["customer_id"] for row in treated} & {row["customer_id"] for row in control}
    assert len(arms) == len(treated) + len(control)
    assert value(finding, "control") == len(control)
    assert 0.15 < len(control) / len(arms) < 0.45
    again = tmp_path / "again"
    export(shop, again, holdout_percent=30, name="Spring 2025")
    assert (again / "Spring-2025.csv").read_bytes() == (out / "Spring-2025.csv").read_bytes()


def test_arms_an_audience_has_already_are_kept(shop: Workspace, tmp_path: Path) -> None:
    picked = run(PICK, {}, shop)
    export(shop, tmp_path / "out", audience=picked.id)
    control = {row["customer_id"] for row in table(tmp_path / "out" / "audience-control.csv")}
    assert control
    assert all(int(key.removeprefix("C")) % 2 == 1 for key in control)


def test_nothing_a_spreadsheet_would_run_and_nothing_readable_for_ad_platforms(
    shop: Workspace, tmp_path: Path
) -> None:
    export(shop, tmp_path / "plain", basis="contract")
    text = (tmp_path / "plain" / "audience.csv").read_text()
    assert ",'=HYPERLINK" in text
    export(shop, tmp_path / "ads", sender="google_customer_match")
    for path in (tmp_path / "ads").iterdir():
        assert "@" not in path.read_text()
        assert "+49" not in path.read_text()


def test_too_few_people_for_an_ad_platform_is_said(shop: Workspace, tmp_path: Path) -> None:
    finding = export(shop, tmp_path / "out", sender="facebook", segments=["champions"])
    assert finding.verdict is Verdict.WEAK
    assert "too_few_people" in {note.code for note in finding.notes}


def test_unknown_consent_counts_only_with_a_stated_basis_and_refusal_always(
    shop: Workspace, tmp_path: Path
) -> None:
    strict = export(shop, tmp_path / "a")
    loose = export(shop, tmp_path / "b", basis="existing customers, own similar products")
    assert value(loose, "exported") > value(strict, "exported")  # type: ignore[operator]
    denied = set(customers().query("email_consent == 'denied'")["customer_id"])
    assert not denied & {row["customer_id"] for row in table(tmp_path / "b" / "audience.csv")}
    with pytest.raises(Insufficient, match="legal basis"):
        export(shop, tmp_path / "c", channel="sms")
    assert not (tmp_path / "c").exists()


def test_drafts_are_written_with_the_senders_merge_tags(shop: Workspace, tmp_path: Path) -> None:
    drafts = run(DRAFT, {"segments": ["champions"]}, shop)
    export(shop, tmp_path / "out", sender="klaviyo", drafts=drafts.id)
    text = (tmp_path / "out" / "audience-champions-email-en.txt").read_text()
    assert "{{ first_name|default:'there' }}" in text
    assert "{% unsubscribe %}" in text
    broken = run(DRAFT, {"channel": "sms", "message": "A long story. " * 20}, shop)
    with pytest.raises(Retry, match="ready"):
        export(shop, tmp_path / "more", drafts=broken.id)


def test_a_personal_tag_brings_its_column_along(shop: Workspace, tmp_path: Path) -> None:
    drafts = run(DRAFT, {"segments": ["champions"], "personalise": ["last_product"]}, shop)
    finding = export(shop, tmp_path / "out", sender="klaviyo", drafts=drafts.id)
    lines = shop_frames()[Table.ORDER_LINES].sort_values(["ordered_at", "line_amount", "line_number"])
    last = lines.groupby("customer_row")["product_row"].last()
    emails = {email: row for row, email in customers()["email"].items()}
    for row in table(tmp_path / "out" / "audience.csv"):
        assert row["last_product"] == f"product {last[emails[row['Email']]]}"
    noted = {note.code: note.params for note in finding.notes}
    assert noted["tags_left_neutral"] == {"tags": "last_product"}


def test_it_writes_again_when_asked_again_and_can_be_replayed(shop: Workspace, tmp_path: Path) -> None:
    first = export(shop, tmp_path / "out")
    (tmp_path / "out" / "audience.csv").unlink()
    again = export(shop, tmp_path / "out")
    assert again.id == first.id
    assert (tmp_path / "out" / "audience.csv").exists()
    assert replay(first, TOOL, shop).agrees


def test_no_person_is_named_in_the_finding(shop: Workspace, tmp_path: Path) -> None:
    finding = export(shop, tmp_path / "out")
    assert not [fact for fact in finding.facts if "@" in str(fact.value) or "Ana" in str(fact.value)]


def test_recommended_products_come_as_columns_from_named_lists(shop: Workspace, tmp_path: Path) -> None:
    lists = run(RECOMMEND, {"level": "everyone", "limit": 2}, shop)
    finding = export(shop, tmp_path / "out", recommendations=lists.id)
    frame = Recommendations.load(shop.payload_folder(lists.id)).frame
    ids = {f"C{row:04d}": row for row in range(300)}
    written = table(tmp_path / "out" / "audience.csv")
    for row in written:
        listed = frame[frame["customer_row"] == ids[row["customer_id"]]].sort_values("rank")["product_row"]
        named = [name for name in (row["rec_1"], row["rec_2"]) if name]
        assert named == [f"product {product}" for product in listed]
    told = finding.fact("with_recommendations")
    assert told is not None
    assert told.value == sum(row["rec_1"] != "" for row in written) > 50
    assert replay(finding, TOOL, shop).agrees


def test_the_latest_lists_are_named_in_the_recipe_and_new_ones_are_made_where_there_are_none(
    shop: Workspace, tmp_path: Path
) -> None:
    made = export(shop, tmp_path / "out", recommendations="latest")
    assert made.recipe is not None
    assert made.recipe.args["recommendations"] == "new"
    assert {"rec_1", "rec_2", "rec_3"} <= table(tmp_path / "out" / "audience.csv")[0].keys()
    bought = shop_frames()[Table.ORDER_LINES].groupby("customer_row")["product_row"].agg(set)
    ids = {f"C{row:04d}": row for row in range(300)}
    for row in table(tmp_path / "out" / "audience.csv"):
        owned = {f"product {product}" for product in bought[ids[row["customer_id"]]]}
        assert row["rec_1"] not in owned
    lists = run(RECOMMEND, {"level": "everyone"}, shop)
    again = export(shop, tmp_path / "again", recommendations="latest")
    assert again.recipe is not None
    assert again.recipe.args["recommendations"] == lists.id


def test_segments_lists_are_laid_beside_their_members(shop: Workspace, tmp_path: Path) -> None:
    lists = run(RECOMMEND, {"limit": 2}, shop)
    export(shop, tmp_path / "out", recommendations=lists.id)
    frame = Recommendations.load(shop.payload_folder(lists.id)).frame.set_index(["segment", "rank"])
    for row in table(tmp_path / "out" / "audience.csv"):
        assert row["rec_2"] == f"product {frame.loc[(row['segment'], 2), 'product_row']}"


def test_a_recommendation_tag_in_the_drafts_brings_its_columns_and_ads_get_none(
    shop: Workspace, tmp_path: Path
) -> None:
    drafts = run(DRAFT, {"segments": ["champions"], "personalise": ["rec_1", "rec_2"]}, shop)
    assert not any(draft.problems for draft in drafts.drafts)
    export(shop, tmp_path / "out", drafts=drafts.id)
    assert any(row["rec_2"] for row in table(tmp_path / "out" / "audience.csv"))
    export(shop, tmp_path / "ads", sender="meta_custom_audience", recommendations="new")
    assert "rec_1" not in table(tmp_path / "ads" / "audience.csv")[0]


def test_customers_alike_are_no_lists(shop: Workspace, tmp_path: Path) -> None:
    people = run(RECOMMEND, {"level": "alike", "customer": "row 3"}, shop)
    with pytest.raises(Retry, match="not lists"):
        export(shop, tmp_path / "out", recommendations=people.id)
