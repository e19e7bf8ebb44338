"""Tool: group customers by how they buy."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX, CUSTOMER_ROW, Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Retry, WorkspaceError
from marketeer.tools.core.findings import Chart, ChartKind, Fact, FactKind, Finding, Note, Unit
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation import report
from marketeer.tools.segmentation.changes import Asked, Change, continued, moved_since
from marketeer.tools.segmentation.choice import Evidence
from marketeer.tools.segmentation.days import earlier_day
from marketeer.tools.segmentation.making import Made, MethodName, Request, make
from marketeer.tools.segmentation.names import resolve_code
from marketeer.tools.segmentation.naming import UNASSIGNED
from marketeer.tools.segmentation.outcome import HORIZON_DAYS, PERIODS, PERIODS_TO_LEARN, past_periods
from marketeer.tools.segmentation.refresh import continued_run
from marketeer.tools.segmentation.rfm import SchemeName
from marketeer.tools.segmentation.space import Scaling, check_features, usable_features
from marketeer.tools.segmentation.stored import stored
from marketeer.tools.segmentation.summary import in_order_of_value, segment_facts, segments_view
from marketeer.tools.segmentation.table import RFM, customer_table, has_orders, resolve_features
from marketeer.tools.warehouse.snapshots import open_dataset

_BY_PURCHASES = ("rfm", "value_bands", "purchase_processes")
_LEARNING = ("value_bands", "compare")
_NAMED_BY_RULE = ("rfm", "value_bands")


class SegmentArgs(Args):
    """How to segment; everything has a default."""

    method: MethodName = Field(
        default="rfm",
        description="rfm: named segments by recency, frequency, spend. value_bands: equal parts by "
        "expected spend. natural: groups really there, else the most useful slices. compare: "
        "which of all is best. Else: that clustering.",
    )
    scheme: SchemeName = Field(
        default="quintiles",
        description="For rfm: quintiles (Champions … Lost), klaviyo (three steps), eight_groups "
        "(重要价值…一般挽留, cut at the mean) or eight_groups_median.",
    )
    k: int | None = Field(default=None, ge=2, le=20, description="Clusters or bands. Default: chosen.")
    features: tuple[str, ...] = Field(
        default=(),
        description="To cluster on: recency_days, orders, net_revenue (default), tenure_days, items, "
        "products, mean_order_amount, mean_gap_days, return_share, numeric customer columns.",
    )
    scaling: Scaling = Field(
        default="log",
        description="Of amounts, before clustering.",
    )
    as_of: date | None = Field(default=None, description="Last day that counts. Default: the data's end.")
    since: str | None = Field(
        default=None,
        description="Also who moved since this day or period (2025-06-30, 2025-06, last_90_days).",
    )
    moved_from: str | None = Field(default=None, description="Only moves out of this segment.")
    moved_to: str | None = Field(default=None, description="Only moves into this segment.")
    previous: str | None = Field(
        default=None,
        description="Finding id of an earlier run, also on older data: keeps its names, shows who moved. "
        "The same clustering is found by itself.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of every random step.")


def segment_customers(args: SegmentArgs, workspace: Workspace) -> Outcome:
    """Group customers by how they buy, with size, revenue and stability of every group.

    Use for "who are our customers", "segment my customers", "RFM", "find natural groups", "how many groups
    make sense", "who are my VIPs", "who moved from Loyal to At Risk since June". Without arguments it gives
    RFM segments with the usual names (Champions … Lost), to be described, targeted and exported.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    day = _compared_day(args, workspace)
    workspace.ports.progress.report("features", 0, 1)
    request, left_out = _request(args, workspace)
    features = request.customers
    made, change = _changed(make(request), features, day, args, workspace)
    order = in_order_of_value(features, made.codes)
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
            *scores, *tried, *change.facts,
        ),
        method=_kind(args),
        method_params={
            "scheme": args.scheme, "features": _plain(request.features), "scaling": args.scaling,
        },
        views=(segments_view(features, order), *change.views, *tables, *thresholds),
        charts=(Chart(ChartKind.BAR, "segments", "share_of_customers"),),
        quality=report.quality(made),
        verdict=report.verdict(made),
        notes=(*report.quality_notes(made, features), *left_out, *change.notes),
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
        "landmarks": made.landmarks.stored() if made.landmarks else {},
    }
    return Outcome(finding, Segmentation(frame, about))


def _seed(args: SegmentArgs) -> tuple[Fact, ...]:
    fact = Fact("seed", args.seed, Unit.COUNT, kind=FactKind.GIVEN if args.seed else FactKind.ASSUMED)
    return () if args.method in _NAMED_BY_RULE else (fact,)


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


def _compared_day(args: SegmentArgs, workspace: Workspace) -> date | None:
    """Give the earlier day to compare with; a quarter ago where only moves were asked for."""
    if args.since is not None and args.previous is not None:
        raise Retry("Give since or previous, not both.", code="one_comparison")
    if args.since is None and (args.previous or not (args.moved_from or args.moved_to)):
        return None
    last = args.as_of or workspace.dataset.need_as_of()
    if args.since is None:
        return last - timedelta(days=HORIZON_DAYS)
    day = earlier_day(args.since, last)
    if day >= last:
        raise Retry(
            f"{args.since} is not before {last}, the last day that counts; name an earlier day.",
            code="not_earlier",
            last=str(last),
        )
    return day


def _changed(
    made: Made, features: pd.DataFrame, day: date | None, args: SegmentArgs, workspace: Workspace
) -> tuple[Made, Change]:
    def resolve(known: Sequence[str], text: str) -> str:
        return resolve_code(known, text, workspace.ports.vocabulary)

    asked = Asked(args.moved_from, args.moved_to, resolve)
    if day is not None:
        assumed = args.since is None
        return made, moved_since(made, features, day, workspace.dataset, asked, assumed=assumed)
    if args.previous is None:
        return made, Change()
    filed = workspace.ledger.get(args.previous)
    if filed.recipe is None or filed.recipe.tool != TOOL.name:
        raise Retry(
            f"{args.previous} is no segmentation; name the finding of one.", code="not_a_segmentation"
        )
    earlier = Segmentation.load(workspace.payload_folder(filed.id))
    try:
        its = open_dataset(workspace.folder, filed.recipe.snapshot)
    except WorkspaceError:
        its = None
    return continued(made, features, earlier, its, workspace.dataset, asked)


def _with_previous(args: SegmentArgs, workspace: Workspace) -> SegmentArgs:
    """Have a clustering on refreshed data continue the same one on older data, so that names are kept."""
    if args.method in _NAMED_BY_RULE or args.previous or args.since or args.as_of:
        return args
    found = continued_run(workspace, TOOL.name, args.model_dump(mode="json"))
    return args.model_copy(update={"previous": found}) if found else args


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
        Example("cluster them with DBSCAN", args={"method": "dbscan"}),
        Example("compare k-means and the other clusterings", args={"method": "compare"}),
        Example("RFM segments as of 30 September 2025", args={"as_of": "2025-09-30"}),
        Example("who moved between segments since 30 June 2025?", args={"since": "2025-06-30"}),
        Example(
            "who moved from Loyal to At Risk since June 2025?",
            args={"moved_from": "Loyal", "moved_to": "At Risk", "since": "2025-06"},
        ),
        Example(
            "which customers left Loyal since March 2025?", args={"moved_from": "Loyal", "since": "2025-03"}
        ),
        Example(
            "who became Champions in the last 90 days?",
            args={"moved_to": "Champions", "since": "last_90_days"},
        ),
        Example(
            "how many customers slipped from Champions to Hibernating?",
            args={"moved_from": "Champions", "moved_to": "Hibernating"},
        ),
        Example("帮我把客户按RFM分层，每层有多少人、贡献多少收入？", "zh", {"scheme": "eight_groups"}),
        Example("我们的客户可以分成哪几类？", "zh"),
        Example("给客户分群", "zh"),
        Example("谁是我的VIP客户", "zh"),
        Example("用聚类看看客户可以分成几类，每类起个名字。", "zh", {"method": "natural"}),
        Example("把客户聚成5类", "zh", {"method": "kmeans", "k": 5}),
        Example("按重要价值、重要挽留那种八个群体来分", "zh", {"scheme": "eight_groups"}),
        Example("按客户价值分成五档", "zh", {"method": "value_bands", "k": 5}),
        Example("比较几种聚类算法，哪种最适合我的客户？", "zh", {"method": "compare"}),
        Example("用DBSCAN聚类", "zh", {"method": "dbscan"}),
        Example("截至2025年9月30日的客户分层", "zh", {"as_of": "2025-09-30"}),
        Example("2025年6月30日以来人群有什么变动", "zh", {"since": "2025-06-30"}),
        Example(
            "跟2025年3月31日比，哪些客户从忠诚客户掉到了流失风险客户",
            "zh",
            {"since": "2025-03-31", "moved_from": "忠诚客户", "moved_to": "流失风险客户"},
        ),
        Example(
            "从2025年6月30日到现在，谁从忠诚客户变成了流失风险客户？",
            "zh",
            {"since": "2025-06-30", "moved_from": "忠诚客户", "moved_to": "流失风险客户"},
        ),
    ),
    produces=Segmentation,
    keyed=_with_previous,
    version=2,
)
