from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from marketeer.agent.writers.template import TemplateWriter
from marketeer.prompts.channel_files import ChannelFiles
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.wording import word_finding
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Refused, Retry
from marketeer.tools.core.findings import Finding, Verdict, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import Hit, NoIndex
from marketeer.tools.core.running import CatalogRunner, replay, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.draft_campaign import TOOL
from marketeer.tools.recommend_products import TOOL as RECOMMEND
from marketeer.tools.warehouse.features import customer_features
from tests.shops import publish_shop, shop_frames, workspace_of


class NoArgs(Args):
    pass


def split_customers(args: NoArgs, workspace: Workspace) -> Outcome:
    """Split customers into three by recency."""
    features = customer_features(workspace.dataset)
    frame = features[["customer_row"]].astype("int32")
    names = np.asarray(["champions", "promising", "at_risk"])
    thirds = pd.qcut(features["recency_days"].rank(method="first"), 3, labels=False)
    frame["segment"] = names[thirds.to_numpy()]
    return Outcome(Finding("split"), Segmentation(frame, {"segments": names.tolist()}))


SPLIT = Tool(split_customers, NoArgs, (Example("split"),), produces=Segmentation)


class FirstSeven(NoIndex):
    fingerprint = "first"

    def typical(self, rows: NDArray[np.int32], limit: int) -> Sequence[Hit]:
        return [Hit(int(row), 1.0, "a customer") for row in rows[:limit]]


class NeedsLines(NoIndex):
    fingerprint = "lines"

    def typical(self, rows: NDArray[np.int32], limit: int) -> Sequence[Hit]:
        raise Insufficient("There are no order lines.")


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    return wired(workspace)


def wired(workspace: Workspace, index: NoIndex | None = None) -> Workspace:
    ports = Ports(
        index=index or NoIndex(),
        writer=TemplateWriter(),
        channels=ChannelFiles(),
        vocabulary=PromptVocabulary(),
    )
    ready = replace(workspace, ports=ports)
    return replace(ready, runner=CatalogRunner(lambda: (SPLIT,), ready))


def draft(shop: Workspace, **args: object) -> Finding:
    return run(TOOL, args, shop)


def text(finding: Finding, number: int = 0) -> str:
    return "\n".join(finding.drafts[number].parts.values())


def test_without_arguments_there_is_one_clean_draft_per_segment_and_no_offer(shop: Workspace) -> None:
    finding = draft(shop)
    assert [one.segment for one in finding.drafts] == ["champions", "promising", "at_risk"]
    assert all(not one.problems for one in finding.drafts)
    assert not any("%" in text(finding, n) for n in range(3))
    assert len({text(finding, n) for n in range(3)}) == 3
    assert {"nothing_sent", "no_offer", "no_index", "consent_only"} == {note.code for note in finding.notes}
    assert "3 [F2.1] drafts" in word_finding(finding, "en")


def test_the_offer_is_stated_exactly_as_given(shop: Workspace) -> None:
    finding = draft(shop, segments=["At Risk"], discount_percent=15, code="COMEBACK15", expires="31 May")
    assert [one.segment for one in finding.drafts] == ["at_risk"]
    for words in ("15%", "COMEBACK15", "31 May", "{{unsubscribe_link}}", "{{company_address}}"):
        assert words in text(finding)
    assert len(finding.drafts[0].parts["subject"]) <= 50
    assert 40 <= len(finding.drafts[0].parts["preheader"]) <= 90
    given = {fact.name: fact.value for fact in finding.facts if fact.kind == "given"}
    assert given == {"discount_percent": 15, "offer_code": "COMEBACK15", "offer_expires": "05-31"}


def test_a_chinese_sms_is_signed_refusable_and_fits_one_part(shop: Workspace) -> None:
    finding = draft(
        shop,
        segments=["流失风险客户"],
        channel="短信",
        language="zh",
        discount_percent=20,
        shop_name="菩提茶馆",
    )
    assert text(finding).startswith("【菩提茶馆】")
    assert text(finding).endswith("拒收请回复R")
    assert "8折" in text(finding)
    fact = finding.fact("sms_parts", segment("at_risk"))
    assert fact is not None
    assert fact.value == 1


def test_reachable_people_gave_consent_and_are_counted_from_the_data(shop: Workspace) -> None:
    finding = draft(shop)
    customers = shop_frames()[Table.CUSTOMERS]
    members = shop.require(Segmentation).rows_of("at_risk")
    expected = (customers.loc[members, "email_consent"] == "granted").sum()
    fact = finding.fact("reachable", segment("at_risk"))
    assert fact is not None
    assert fact.value == expected


def test_without_consent_data_nobody_counts_as_reachable(shop: Workspace) -> None:
    finding = draft(shop, channel="sms")
    assert finding.fact("reachable") is None
    assert "consent_unknown" in {note.code for note in finding.notes}


def test_a_win_back_goes_to_those_who_have_gone_quiet(shop: Workspace) -> None:
    finding = draft(shop, purpose="win_back")
    assert "at_risk" in [one.segment for one in finding.drafts]
    assert "champions" not in [one.segment for one in finding.drafts]


def test_a_trait_names_the_segments_that_have_it(shop: Workspace) -> None:
    assert [one.segment for one in draft(shop, segments=["lapsing"]).drafts] == ["at_risk"]


def test_typical_customers_are_asked_of_the_index(workspace: Workspace) -> None:
    finding = draft(wired(workspace, FirstSeven()))
    fact = finding.fact("typical_customers", segment("at_risk"))
    assert fact is not None
    assert fact.value == 7
    assert finding.method == "drafted_from_typical_customers"


def test_named_products_are_used_and_unknown_ones_asked_for_again(shop: Workspace) -> None:
    finding = draft(shop, products=["Product-7", "P03"], purpose="recommend")
    assert all("product 7" in text(finding, n) and "product 3" in text(finding, n) for n in range(3))
    with pytest.raises(Retry, match="product 1"):
        draft(shop, products=["product one hundred"])


def test_another_variant_is_another_text(shop: Workspace) -> None:
    assert text(draft(shop)) != text(draft(shop, variant=1))


def test_a_banned_word_is_kept_out_or_marked(shop: Workspace) -> None:
    assert "while" in text(draft(shop, segments=["at_risk"], channel="sms"))
    finding = draft(shop, segments=["at_risk"], channel="sms", banned=["while"])
    assert "while" not in text(finding)
    assert not finding.drafts[0].problems


def test_what_does_not_fit_makes_the_finding_weak(shop: Workspace) -> None:
    finding = draft(shop, segments=["at_risk"], channel="sms", message="A very long story. " * 15)
    assert finding.verdict is Verdict.WEAK
    assert "has_errors" in {note.code for note in finding.notes}


def test_false_scarcity_and_sensitive_guesses_are_refused(shop: Workspace) -> None:
    with pytest.raises(Refused, match="only 3 left"):
        draft(shop, message="Say only 3 left")
    with pytest.raises(Refused, match="preferences"):
        draft(shop, message="for those who are probably pregnant")


def test_no_offer_is_invented(shop: Workspace) -> None:
    with pytest.raises(Retry, match="none is invented"):
        draft(shop, purpose="offer")
    with pytest.raises(Retry, match="none is invented"):
        draft(shop, code="SPRING")


def test_unknown_names_are_answered_with_the_nearest(shop: Workspace) -> None:
    with pytest.raises(Retry, match="champions"):
        draft(shop, segments=["champs"])
    with pytest.raises(Retry, match="email"):
        draft(shop, channel="emial")
    with pytest.raises(Retry, match="31 May"):
        draft(shop, expires="whenever")


def offered(shop: Workspace) -> Finding:
    return draft(shop, segments=["at_risk"], discount_percent=15, code="BACK15", expires="31 May")


def test_shorter_is_shorter_and_still_states_the_offer(shop: Workspace) -> None:
    before = offered(shop)
    after = draft(shop, edits=["shorten"])
    assert len(after.drafts[0].parts["body"]) < len(before.drafts[0].parts["body"])
    assert not after.drafts[0].problems
    assert after.recipe is not None
    assert after.recipe.args["refine"] == before.id
    assert after.recipe.args["code"] == "BACK15"


def test_the_second_paragraph_is_dropped_and_edits_add_up(shop: Workspace) -> None:
    paragraphs = offered(shop).drafts[0].parts["body"].split("\n\n")
    after = draft(shop, edits=["drop_paragraph_3"]).drafts[0].parts["body"].split("\n\n")
    assert after == [*paragraphs[:3], *paragraphs[4:]]
    further = draft(shop, refine="latest", edits=["drop_paragraph_1"]).drafts[0].parts["body"]
    assert further.split("\n\n") == [paragraphs[0], paragraphs[2], *paragraphs[4:]]


def test_dropping_the_offer_is_done_as_asked_and_marked(shop: Workspace) -> None:
    offered(shop)
    finding = draft(shop, edits=["drop_paragraph_2"])
    assert finding.verdict is Verdict.WEAK
    assert [problem.rule for problem in finding.drafts[0].problems] == ["missing_claim"]


def test_an_email_becomes_an_sms_and_an_email_in_chinese_again(shop: Workspace) -> None:
    mail = offered(shop)
    sms = draft(shop, refine=mail.id, channel="sms", max_parts=1)
    assert sms.drafts[0].channel == "sms"
    assert "15%" in text(sms)
    assert "BACK15" in text(sms)
    back = draft(shop, refine="latest", channel="email", language="zh")
    assert (back.drafts[0].channel, back.drafts[0].language) == ("email", "zh")
    assert "85折" in text(back)


def test_several_channels_are_written_at_once_and_told_apart(shop: Workspace) -> None:
    finding = draft(shop, channel="短信和公众号", segments=["at_risk", "champions"], language="zh")
    assert [(one.segment, one.channel) for one in finding.drafts] == [
        ("champions", "sms"),
        ("champions", "wechat_article"),
        ("at_risk", "sms"),
        ("at_risk", "wechat_article"),
    ]
    named = [(fact.subject, fact.name) for fact in finding.facts]
    assert len(named) == len(set(named))
    assert "no_known_limits" in {note.code for note in finding.notes}
    assert word_finding(finding, "zh")
    again = draft(shop, refine="latest", edits=["shorten"])
    assert len(again.drafts) == 4
    with pytest.raises(Retry, match="push"):
        draft(shop, channel="sms and pushh")


def test_no_products_means_no_products(shop: Workspace) -> None:
    draft(shop)
    finding = draft(shop, edits=["drop_products"])
    assert not any("product " in text(finding, n) for n in range(3))


def test_drafts_that_are_not_there_cannot_be_changed(shop: Workspace) -> None:
    with pytest.raises(Retry, match="Draft first"):
        draft(shop, edits=["shorten"])
    made = run(SPLIT, {}, shop)
    with pytest.raises(Retry, match="Draft first"):
        draft(shop, refine=made.id, edits=["shorten"])


def test_a_voice_holds_until_it_is_changed_or_forgotten(shop: Workspace) -> None:
    draft(shop, tone=["friendly"], banned=["glad"])
    later = draft(shop, segments=["at_risk"])
    assert later.recipe is not None
    assert (later.recipe.args["tone"], later.recipe.args["banned"]) == (["friendly"], ["glad"])
    assert "voice_holds" in {note.code for note in later.notes}
    draft(shop, banned=["while"])
    assert draft(shop, segments=["at_risk"]).recipe.args["banned"] == ["while"]  # type: ignore[union-attr]
    draft(shop, forget_voice=True)
    free = draft(shop, segments=["champions"])
    assert free.recipe is not None
    assert free.recipe.args["banned"] == []


def test_the_last_purchase_is_a_tag_with_a_fallback_and_never_one_persons(shop: Workspace) -> None:
    finding = draft(shop, personalise=["last_product"])
    for number in range(3):
        assert "{{last_product|your last order}}" in text(finding, number)
        assert not finding.drafts[number].problems
    sms = draft(shop, personalise=["last_product"], channel="sms")
    assert "{{last_product" not in text(sms)
    assert "personal_only_by_email" in {note.code for note in sms.notes}


def test_a_draft_can_be_replayed(shop: Workspace) -> None:
    assert replay(draft(shop), TOOL, shop).agrees
    changed = draft(shop, edits=["shorten"])
    draft(shop, tone=["dry"])
    assert replay(changed, TOOL, shop).agrees


def test_it_works_without_products_and_consent(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bare")
    frames = shop_frames()
    bare = {
        Table.CUSTOMERS: frames[Table.CUSTOMERS][["customer_row", "customer_id"]],
        Table.ORDERS: frames[Table.ORDERS],
    }
    shop = wired(workspace_of(folder, publish_shop(folder, bare)), NeedsLines())
    finding = draft(shop)
    assert "no_index" in {note.code for note in finding.notes}
    assert all(not one.problems for one in finding.drafts)
    assert finding.fact("product_1") is None
    with pytest.raises(Insufficient):
        draft(shop, products=["anything"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_recommended_products_are_named_with_who_has_them_already(shop: Workspace, language: str) -> None:
    lists = run(RECOMMEND, {}, shop)
    finding = draft(shop, products=["Recommended"], language=language)
    assert finding.recipe is not None
    assert finding.recipe.parents["recommendations"] == lists.id
    for number, code in enumerate(("champions", "promising", "at_risk")):
        ranked = [f.subject for f in lists.facts if f.name == "rank" and f.subject.within == segment(code)]
        assert ranked[0].name in text(finding, number)
        for position, product in enumerate(ranked[:2], start=1):
            named = finding.fact(f"product_{position}", segment(code))
            share = finding.fact(f"product_{position}_share", segment(code))
            owned = lists.fact("owned", product)
            assert named is not None
            assert share is not None
            assert owned is not None
            assert (named.value, share.value) == (product.name, pytest.approx(owned.value))
    assert not any(one.problems for one in finding.drafts)
    assert "products_recommended" in {note.code for note in finding.notes}
    assert word_finding(finding, language)


def test_without_lists_for_segments_they_are_made(shop: Workspace) -> None:
    run(RECOMMEND, {"level": "everyone"}, shop)
    tools = lambda: (SPLIT, RECOMMEND)  # noqa: E731
    finding = draft(replace(shop, runner=CatalogRunner(tools, shop)), products=["recommended"])
    assert finding.recipe is not None
    assert shop.ledger.get(finding.recipe.parents["recommendations"]).title == "recommended_to_segments"
    assert not any(one.problems for one in finding.drafts)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_recommended_to_each_reader_is_a_tag(shop: Workspace, language: str, count: int) -> None:
    tags = [f"rec_{rank}" for rank in range(1, count + 1)]
    finding = draft(shop, personalise=tags, language=language)
    for number in range(3):
        assert all(f"{{{{{tag}|" in text(finding, number) for tag in tags)
    assert not any(one.problems for one in finding.drafts)
