"""Tool: say who is in a segment and what sets it apart."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core import columns as c
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.findings import (
    Fact,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.core.findings import segment as about_segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.segmentation.summary import segment_facts, segments_view
from marketeer.tools.segmentation.table import PURCHASE_FEATURES, customer_table, has_orders
from marketeer.tools.segmentation.tastes import bought, lean_facts, leans, living, reachable
from marketeer.tools.segmentation.traits import SMALL_EFFECT, trait_facts, traits
from marketeer.tools.warehouse import features as f

_CONSENTS = {c.EMAIL_CONSENT: "reachable_email", c.SMS_CONSENT: "reachable_sms"}
_COMPARED = frozenset(PURCHASE_FEATURES) - {f.GROSS}
_ONE = 5
_BRIEF = 2


class DescribeArgs(Args):
    """Which segment to describe."""

    segment: str | None = Field(default=None, description="Name or code. Default: all, briefly.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")


def describe_segment(args: DescribeArgs, workspace: Workspace) -> Finding:
    """Say what sets a segment apart: size, value, habits, favourite categories and products, reach.

    Use for "who are the Loyal customers", "what do At Risk customers buy", "how do the segments differ",
    "what makes this group special". Differences are in standard deviations against all others.
    """
    segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
    chosen = _chosen(args, segmentation, workspace)
    dataset = workspace.dataset
    as_of = date.fromisoformat(segmentation.about["as_of"]) if segmentation.about.get("as_of") else None
    table = _table(segmentation, dataset, as_of)
    depth = _ONE if args.segment and len(chosen) == 1 else _BRIEF
    facts = [
        *segment_facts(table, table["segment"].to_numpy(dtype=object), segmentation.segments),
        *_reach(dataset, segmentation, chosen),
        *_apart(table, dataset, segmentation, chosen, depth),
        *_leanings(dataset, segmentation, chosen, as_of, depth),
    ]
    facts = [fact for fact in facts if (fact.subject.within or fact.subject).name in chosen]
    return Finding(
        title="segment_described" if depth == _ONE else "segments_described",
        facts=tuple(facts),
        method="against_the_rest",
        method_params={"segmentation": str(segmentation.about["method"])},
        views=(segments_view(table, chosen), *_views(facts)),
        quality=Quality(n=len(table)),
        verdict=Verdict.OK,
        notes=tuple(_notes(segmentation, facts)),
        currency=dataset.currency,
    )


def _chosen(args: DescribeArgs, segmentation: Segmentation, workspace: Workspace) -> tuple[str, ...]:
    vocabulary = workspace.ports.vocabulary
    if not args.segment or vocabulary.code("segment", args.segment) == "all_customers":
        return segmentation.segments
    return (resolve_segment(segmentation, args.segment, vocabulary),)


def _table(segmentation: Segmentation, dataset: Dataset, as_of: date | None) -> pd.DataFrame:
    own = [name for name in segmentation.about.get("features", ()) if name in dataset.attributes]
    features = customer_table(dataset, own, as_of)
    return features.merge(segmentation.frame, on=c.CUSTOMER_ROW)


def _apart(
    table: pd.DataFrame, dataset: Dataset, segmentation: Segmentation, chosen: tuple[str, ...], depth: int
) -> Iterator[Fact]:
    names = [n for n in table.columns if n in _COMPARED or n in dataset.attributes]
    for code in chosen:
        inside = np.asarray(table["segment"] == code, dtype=np.bool_)
        found = [trait for trait in traits(table, inside, names) if abs(trait.effect) >= SMALL_EFFECT]
        yield from trait_facts(found[:depth], about_segment(code))


def _leanings(
    dataset: Dataset, segmentation: Segmentation, chosen: tuple[str, ...], as_of: date | None, depth: int
) -> Iterator[Fact]:
    sources = [(living(dataset, segmentation), SubjectKind.GROUP)] if depth == _ONE else []
    if has_orders(dataset) and as_of:
        sources.append((bought(dataset, segmentation, c.CATEGORY, as_of), SubjectKind.CATEGORY))
        if depth == _ONE:
            sources.append((bought(dataset, segmentation, c.PRODUCT_NAME, as_of), SubjectKind.PRODUCT))
    for code in chosen:
        for counts, kind in sources:
            found = leans(counts, segmentation, code, limit=3 if depth == _ONE else 1)
            yield from lean_facts(found, kind, about_segment(code))


def _reach(dataset: Dataset, segmentation: Segmentation, chosen: tuple[str, ...]) -> Iterator[Fact]:
    for column, name in _CONSENTS.items():
        if dataset.has(Table.CUSTOMERS, column):
            counts = reachable(dataset, segmentation, column)
            for code in chosen:
                yield Fact(name, int(counts[code]), Unit.CUSTOMERS, about_segment(code))


def _views(facts: list[Fact]) -> Iterator[View]:
    columns = {
        SubjectKind.FEATURE: ("traits", ("typical_here", "typical_elsewhere", "effect")),
        SubjectKind.CATEGORY: (
            "categories",
            ("customers", "share_here", "share_elsewhere", "times_as_likely"),
        ),
        SubjectKind.PRODUCT: ("products", ("customers", "share_here", "share_elsewhere", "times_as_likely")),
        SubjectKind.GROUP: ("countries", ("customers", "share_here", "share_elsewhere", "times_as_likely")),
    }
    for kind, (code, names) in columns.items():
        rows: dict[Subject, None] = dict.fromkeys(fact.subject for fact in facts if fact.subject.kind is kind)
        if rows:
            yield View(code, tuple(rows), names)


def _notes(segmentation: Segmentation, facts: list[Fact]) -> Iterator[Note]:
    if len(segmentation.segments) == 1:
        yield Note("nothing_to_compare_with")
    elif not any(fact.subject.kind is SubjectKind.FEATURE for fact in facts):
        yield Note("nothing_stands_out")


TOOL = Tool(
    describe_segment,
    DescribeArgs,
    examples=(
        Example("describe the segments"),
        Example("how do my segments differ?"),
        Example("who are the At Risk customers", args={"segment": "At Risk"}),
        Example("tell me about Champions", args={"segment": "Champions"}),
        Example("what do loyal customers buy", args={"segment": "loyal"}),
        Example("what makes hibernating customers different from the rest?", args={"segment": "hibernating"}),
        Example("what sets the new customers apart", args={"segment": "new customers"}),
        Example("这些人群有什么区别？", "zh"),
        Example("介绍一下各个客户群", "zh"),
        Example("流失风险客户是些什么人？", "zh", {"segment": "流失风险客户"}),
        Example("描述一下冠军客户", "zh", {"segment": "冠军客户"}),
        Example("忠诚客户喜欢买什么？", "zh", {"segment": "忠诚客户"}),
        Example("重要挽留客户有什么特点？", "zh", {"segment": "重要挽留客户"}),
        Example("新客和其他客户有什么不同", "zh", {"segment": "新客"}),
    ),
)
