"""Tool: group customers by how they buy."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, CUSTOMER_ROW, Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Retry, WorkspaceError
from marketeer.tools.core.findings import Chart, ChartKind, Fact, FactKind, Finding, Note, Unit, View, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation import report
from marketeer.tools.segmentation.choice import Evidence
from marketeer.tools.segmentation.identity import continue_names
from marketeer.tools.segmentation.making import Made, MethodName, Request, make
from marketeer.tools.segmentation.migration import migrate, migration_facts
from marketeer.tools.segmentation.naming import UNASSIGNED
from marketeer.tools.segmentation.outcome import PERIODS, PERIODS_TO_LEARN, past_periods
from marketeer.tools.segmentation.refresh import carried
from marketeer.tools.segmentation.rfm import SchemeName
from marketeer.tools.segmentation.space import Scaling, check_features, usable_features
from marketeer.tools.segmentation.stored import Laid, stored
from marketeer.tools.segmentation.summary import in_order_of_value, segment_facts, segments_view
from marketeer.tools.segmentation.table import RFM, customer_table, has_orders, resolve_features
from marketeer.tools.warehouse.snapshots import open_dataset

_BY_PURCHASES = ("rfm", "value_bands", "purchase_processes")
_LEARNING = ("value_bands", "compare")


class SegmentArgs(Args):
    """How to segment; everything has a default."""

    method: MethodName = Field(
        default="rfm",
        description="rfm: named segments from recency, frequency, spend. value_bands: equal parts by "
        "expected spend. natural: groups that are really there, else the most useful slices. kmeans and the "
        "other clusterings: that one. compare: tries them all and says which is best.",
    )
    scheme: SchemeName = Field(
        default="quintiles",
        description="For rfm: quintiles (Champions … Lost), klaviyo (three steps), eight_groups (Chinese "
        "重要价值…一般挽留, cut at the mean) or eight_groups_median.",
    )
    k: int | None = Field(
        default=None, ge=2, le=20, description="How many clusters or bands; leave out to have it chosen."
    )
    features: tuple[str, ...] = Field(
        default=(),
        description="Columns to cluster on: recency_days, orders, net_revenue (the default), tenure_days, "
        "items, products, mean_order_amount, mean_gap_days, return_share, or numeric customer columns.",
    )
    scaling: Scaling = Field(
        default="log",
        description="How amounts are made comparable before clustering: log, yeo_johnson or raw.",
    )
    as_of: date | None = Field(
        default=None, description="The last day that counts; the data's end by default."
    )
    compared_with: date | None = Field(
        default=None, description="An earlier day: also shows who moved between segments since then."
    )
    previous: str | None = Field(
        default=None,
        description="Finding id of an earlier run, also on older data: keeps its names, shows who moved.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of every random step.")


@dataclass(frozen=True, slots=True)
class _Change:
    """What changed since an earlier day or run."""

    facts: tuple[Fact, ...] = ()
    views: tuple[View, ...] = ()
    notes: tuple[Note, ...] = ()


def segment_customers(args: SegmentArgs, workspace: Workspace) -> Outcome:
    """Group customers by how they buy, with size, revenue and stability of every group.

    Use for "who are our customers", "segment my customers", "RFM", "find natural groups", "how many groups
    make sense", "who are my VIPs", "who moved from Loyal to At Risk since June". Without arguments it gives
    RFM segments with the usual names (Champions … Lost), to be described, targeted and exported.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    _check_comparison(args, workspace)
    workspace.ports.progress.report("features", 0, 1)
    request, left_out = _request(args, workspace)
    made, change = _continued(make(request), request.customers, args, workspace)
    features = request.customers
    order = in_order_of_value(features, made.codes)
    moved = _moved(made, features, order, args, workspace)
    tried, tables = report.candidate_facts(made)
    scores, thresholds = report.threshold_facts(made)
    periods = request.evidence.periods
    as_of = args.as_of or dataset.as_of
    finding = Finding(
        title=f"segments_{_kind(args)}",
        facts=(
            *report.shop_facts(dataset, features, len({*order} - {UNASSIGNED}), as_of),
            *report.quality_facts(made, periods[0].horizon_days if periods else None),
            *report.structure_facts(made.structure),
            *_seed(args),
            *segment_facts(features, made.codes, order),
            *scores, *tried, *change.facts, *moved.facts,
        ),
        method=_kind(args),
        method_params={
            "scheme": args.scheme, "features": _plain(request.features), "scaling": args.scaling,
        },
        views=(segments_view(features, order), *change.views, *moved.views, *tables, *thresholds),
        charts=(Chart(ChartKind.BAR, "segments", "share_of_customers"),),
        quality=report.quality(made),
        verdict=report.verdict(made),
        notes=(*report.quality_notes(made, features), *left_out, *change.notes, *moved.notes),
        currency=dataset.currency,
    )  # fmt: skip
    frame = pd.DataFrame(
        {CUSTOMER_ROW: features[CUSTOMER_ROW].to_numpy(np.int32), "segment": made.codes.astype(str)}
    )
    about = {
        "segments": list(order),
        "method": made.judged.method.name,
        "scheme": args.scheme if made.scheme else "",
        "features": list(request.features),
        "as_of": str(as_of or ""),
        "rule": stored(made.laid),
    }
    return Outcome(finding, Segmentation(frame, about))


def _seed(args: SegmentArgs) -> tuple[Fact, ...]:
    fact = Fact("seed", args.seed, Unit.COUNT, kind=FactKind.GIVEN if args.seed else FactKind.ASSUMED)
    return () if args.method in ("rfm", "value_bands") else (fact,)


def _plain(features: tuple[str, ...]) -> str:
    return ", ".join(name.removeprefix(ATTRIBUTE_PREFIX) for name in features)


def _kind(args: SegmentArgs) -> str:
    return f"rfm_{args.scheme}" if args.method == "rfm" else args.method


def _request(args: SegmentArgs, workspace: Workspace) -> tuple[Request, list[Note]]:
    dataset = workspace.dataset
    clusters = args.method not in _BY_PURCHASES
    names = resolve_features(dataset, args.features if clusters else (), workspace.ports.vocabulary)
    features = customer_table(dataset, names, args.as_of)
    usable = names
    if clusters and args.features:
        check_features(features, names)
    elif clusters:
        usable = usable_features(features, names)
    past = has_orders(dataset) and not set(usable) & set(dataset.attributes)
    count = PERIODS_TO_LEARN if args.method in _LEARNING else PERIODS
    periods = past_periods(dataset, args.as_of or dataset.need_as_of(), count) if past else ()
    request = Request(
        args.method, args.scheme, args.k, usable, args.scaling,
        Evidence(features, periods, args.seed), workspace.ports.progress,
    )  # fmt: skip
    return request, [
        Note("feature_left_out", {"feature": name}) for name in RFM if name in set(names) - {*usable}
    ]


def _check_comparison(args: SegmentArgs, workspace: Workspace) -> None:
    if args.compared_with is None:
        return
    if args.previous is not None:
        raise Retry("Give compared_with or previous, not both.", code="one_comparison")
    last = args.as_of or workspace.dataset.need_as_of()
    if args.compared_with >= last:
        raise Retry(
            f"{args.compared_with} is not before {last}, the last day that counts; name an earlier day.",
            code="not_earlier",
            last=str(last),
        )


def _moved(
    made: Made, features: pd.DataFrame, order: tuple[str, ...], args: SegmentArgs, workspace: Workspace
) -> _Change:
    if args.compared_with is None:
        return _Change()
    then = customer_table(workspace.dataset, made.laid.features, args.compared_with)
    if then.empty:
        raise Retry(f"Nobody had ordered by {args.compared_with}; name a later day.", code="nobody_yet")
    facts, views = migration_facts(migrate(then, made.laid.codes(then), features, made.codes), order)
    day = Fact("compared_with", args.compared_with, Unit.DATE)
    return _Change((day, *facts), views, (Note("fixed_thresholds"),))


def _continued(
    made: Made, features: pd.DataFrame, args: SegmentArgs, workspace: Workspace
) -> tuple[Made, _Change]:
    if args.previous is None:
        return made, _Change()
    filed = workspace.ledger.get(args.previous)
    if filed.recipe is None or filed.recipe.tool != TOOL.name:
        raise Retry(
            f"{args.previous} is no segmentation; name the finding of one.", code="not_a_segmentation"
        )
    earlier = Segmentation.load(workspace.payload_folder(filed.id))
    labels = made.laid.fitted.assign(features)
    match = continue_names(earlier.about.get("rule", {}), features, labels, made.laid.names)
    facts: list[Fact] = []
    notes = [Note("named_anew")] if match is None and made.scheme is None else []
    if match is not None:
        laid = Laid(made.laid.fitted, match.names)
        made = replace(made, laid=laid, codes=laid.codes(features))
        facts = [
            Fact("drift", far, Unit.RATIO, segment(code), decimals=2) for code, far in match.drift.items()
        ]
        notes += [Note("segment_ended", {"segment": code}) for code in match.ended]
        notes += [Note("segment_begun", {"segment": code}) for code in match.begun]
    try:
        its = open_dataset(workspace.folder, filed.recipe.snapshot)
    except WorkspaceError:
        return made, _Change(tuple(facts), (), (*notes, Note("earlier_data_gone")))
    then = carried(earlier, its, workspace.dataset)
    flows, views = migration_facts(
        migrate(then, then["segment"].to_numpy(dtype=object), features, made.codes),
        in_order_of_value(features, made.codes),
    )
    return made, _Change((*facts, *flows), views, tuple(notes))


TOOL = Tool(
    segment_customers,
    SegmentArgs,
    examples=(
        Example("segment my customers"),
        Example("Segment my customers by RFM and tell me how many are in each group."),
        Example("who are our customers?"),
        Example("what customer groups do we have and what are they worth"),
        Example("who are my VIPs"),
        Example("RFM segments Klaviyo style", args={"scheme": "klaviyo"}),
        Example(
            "Find natural customer groups in my data, not RFM. How many groups make sense?",
            args={"method": "natural"},
        ),
        Example("cluster my customers into 5 groups", args={"method": "kmeans", "k": 5}),
        Example("split customers into value bands", args={"method": "value_bands"}),
        Example("which clustering algorithm works best on my customers?", args={"method": "compare"}),
        Example("find dense groups and outliers with HDBSCAN", args={"method": "hdbscan"}),
        Example("who moved between segments since 30 June 2025?", args={"compared_with": "2025-06-30"}),
        Example("帮我把客户按RFM分层，每层有多少人、贡献多少收入？", "zh", {"scheme": "eight_groups"}),
        Example("我们的客户可以分成哪几类？", "zh"),
        Example("给客户分群", "zh"),
        Example("谁是我的VIP客户", "zh"),
        Example("用聚类看看客户可以分成几类，每类起个名字。", "zh", {"method": "natural"}),
        Example("把客户聚成5类", "zh", {"method": "kmeans", "k": 5}),
        Example("按重要价值、重要挽留那种八个群体来分", "zh", {"scheme": "eight_groups"}),
        Example("按客户价值分成五档", "zh", {"method": "value_bands", "k": 5}),
        Example("比较几种聚类算法，哪种最适合我的客户？", "zh", {"method": "compare"}),
    ),
    produces=Segmentation,
    version=2,
)
