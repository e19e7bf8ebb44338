"""Tool: group customers by how they buy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.core.columns import CUSTOMER_ROW, Table
from marketeer.tools.core.contract import Args, Example, Outcome, Tool
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Chart, ChartKind, Fact, Finding, Note, View
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation import report
from marketeer.tools.segmentation.bands import BANDS, BandMethod, band_code, learn_value
from marketeer.tools.segmentation.choice import MOST_SEGMENTS, Evidence, Judged, Reason, choose, judge
from marketeer.tools.segmentation.clustering import ClusterMethod, FittedClustering
from marketeer.tools.segmentation.families import families
from marketeer.tools.segmentation.naming import name_clusters
from marketeer.tools.segmentation.outcome import Period, past_periods
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod, SchemeName, check_rfm
from marketeer.tools.segmentation.space import Scaling, check_features, missing_share, usable_features
from marketeer.tools.segmentation.stability import Method
from marketeer.tools.segmentation.structure import Structure, measure_structure
from marketeer.tools.segmentation.summary import Codes, in_order_of_value, segment_facts, segments_view
from marketeer.tools.segmentation.table import RFM, customer_table, has_orders, resolve_features

MethodName = Literal["rfm", "kmeans", "value_bands"]


class SegmentArgs(Args):
    """How to segment; everything has a default."""

    method: MethodName = Field(
        default="rfm",
        description="rfm: named segments from recency, frequency, spend. kmeans: clusters found in the data. "
        "value_bands: equal parts by expected spend.",
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
    seed: int = Field(default=0, ge=0, description="Seed of every random step.")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a run is about to do: the customers, the past to judge by, and the arguments."""

    args: SegmentArgs
    workspace: Workspace
    names: tuple[str, ...]
    features: pd.DataFrame
    periods: tuple[Period, ...]

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.features, self.periods, self.args.seed)

    def report(self, stage: str, done: float, total: float | None = None) -> None:
        self.workspace.ports.progress.report(stage, done, total)


@dataclass(frozen=True, slots=True)
class _Made:
    """A segmentation that was made, before it is reported."""

    method: Method
    codes: Codes
    judged: Judged
    facts: list[Fact] = field(default_factory=list)
    views: tuple[View, ...] = ()
    notes: tuple[Note, ...] = ()
    structure: Structure | None = None
    missing: float = 0.0
    about: Mapping[str, Any] = field(default_factory=dict)


def segment_customers(args: SegmentArgs, workspace: Workspace) -> Outcome:
    """Group customers by how they buy, with size, revenue and stability of every group.

    Use for "who are our customers", "segment my customers", "RFM", "find natural groups", "how many groups
    make sense", "who are my VIPs". Without arguments it gives RFM segments with the usual names (Champions …
    Lost). The segments can then be described, targeted, drafted for and exported.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    workspace.ports.progress.report("features", 0, 1)
    plan = _plan(args, workspace)
    made = _MAKERS.get(args.method, _clusters)(plan)
    order = in_order_of_value(plan.features, made.codes)
    as_of = _as_of(args, workspace)
    facts = [
        *report.shop_facts(dataset, plan.features, len(order), as_of),
        *report.quality_facts(made.judged, plan.periods[0].horizon_days if plan.periods else None),
        *report.structure_facts(made.structure),
        *segment_facts(plan.features, made.codes, order),
        *made.facts,
    ]
    finding = Finding(
        title=f"segments_{_kind(args)}",
        facts=tuple(facts),
        method=_kind(args),
        method_params={
            "scheme": args.scheme,
            "features": ", ".join(plan.names),
            "seed": str(args.seed),
        },
        views=(segments_view(plan.features, order), *made.views),
        charts=(Chart(ChartKind.BAR, "segments", "share_of_customers"),),
        quality=report.quality(len(plan.features), made.judged, made.missing, made.structure),
        verdict=report.verdict(made.judged),
        notes=(*made.notes, *report.quality_notes(made.judged, plan.features)),
        currency=dataset.currency,
    )
    frame = pd.DataFrame(
        {CUSTOMER_ROW: plan.features[CUSTOMER_ROW].to_numpy(np.int32), "segment": made.codes.astype(str)}
    )
    about = {"segments": list(order), "method": made.method.name, "as_of": str(as_of or ""), **made.about}
    return Outcome(finding, Segmentation(frame, about))


def _kind(args: SegmentArgs) -> str:
    return f"rfm_{args.scheme}" if args.method == "rfm" else args.method


def _as_of(args: SegmentArgs, workspace: Workspace) -> date | None:
    return args.as_of or workspace.dataset.as_of


def _plan(args: SegmentArgs, workspace: Workspace) -> _Plan:
    dataset = workspace.dataset
    clusters = args.method not in _MAKERS
    names = resolve_features(dataset, args.features if clusters else (), workspace.ports.vocabulary)
    features = customer_table(dataset, names, args.as_of)
    if clusters and args.features:
        check_features(features, names)
    elif clusters:
        names = usable_features(features, names)
    past = has_orders(dataset) and not set(names) & set(dataset.attributes)
    periods = past_periods(dataset, args.as_of or dataset.need_as_of()) if past else ()
    return _Plan(args, workspace, names, features, periods)


def _rfm(plan: _Plan) -> _Made:
    check_rfm(plan.features)
    method = RfmMethod(SCHEMES[plan.args.scheme])
    fitted = method.fit(plan.features, plan.args.seed)
    codes = np.asarray(method.scheme.segments, dtype=object)[fitted.assign(plan.features)]
    plan.report("stability", 0, 1)
    facts, view = report.threshold_facts(fitted)
    rulers = [{"bounds": ruler.bounds, "levels": ruler.levels} for ruler in fitted.rulers]
    about = {"scheme": method.scheme.name, "rulers": rulers}
    return _Made(method, codes, judge(method, plan.evidence), facts, (view,), about=about)


def _bands(plan: _Plan) -> _Made:
    check_rfm(plan.features)
    if not plan.periods:
        raise Insufficient(
            "Value bands need some months of orders to learn expected spend from; this history is too short. "
            "Use method rfm instead.",
            code="history_too_short",
        )
    method = BandMethod(learn_value(plan.periods[-1]), plan.args.k or BANDS)
    labels = method.fit(plan.features, plan.args.seed).assign(plan.features)
    codes = np.asarray([band_code(label) for label in range(method.bands)], dtype=object)[labels]
    return _Made(method, codes, judge(method, plan.evidence))


def _clusters(plan: _Plan) -> _Made:
    args = plan.args
    names = plan.names
    missing = missing_share(plan.features, names)
    _check_k(plan.features, names, args.k)
    family = families()[args.method]
    sizes = [args.k] if args.k else _sizes(plan.features, names)
    methods = [ClusterMethod(family, k, names, args.scaling) for k in sizes]
    judged = []
    for done, method in enumerate(methods):
        plan.report("clusters", done, len(methods))
        judged.append(judge(method, plan.evidence))
    best, reason = choose(judged, len(plan.features))
    method = next(method for method in methods if method is best.method)
    fitted = method.fit(plan.features, args.seed)
    places, labels = fitted.space.place(plan.features), fitted.assign(plan.features)
    named = name_clusters(places, labels, names)
    codes = pd.Series(labels).map(named).to_numpy(dtype=object)
    structure = measure_structure(places, labels, seed=args.seed, family=family)
    facts, view = report.candidate_facts([(f"k = {one.segments}", one) for one in judged])
    return _Made(
        method, codes, best, facts, (view,) if len(judged) > 1 else (),
        notes=tuple(_cluster_notes(plan, reason, structure, missing)),
        structure=structure, missing=missing, about=_about(fitted, places, codes),
    )  # fmt: skip


def _sizes(features: pd.DataFrame, names: tuple[str, ...]) -> list[int]:
    distinct = len(features[list(names)].drop_duplicates())
    return list(range(2, min(MOST_SEGMENTS, distinct) + 1))


def _check_k(features: pd.DataFrame, names: tuple[str, ...], k: int | None) -> None:
    distinct = len(features[list(names)].drop_duplicates())
    if k and k > distinct:
        raise Retry(
            f"k={k}, but there are only {distinct} customers that differ in {', '.join(names)}. "
            f"Choose k of at most {distinct}, or more features.",
            code="k_too_large",
            k=k,
            most=distinct,
        )


def _cluster_notes(
    plan: _Plan, reason: Reason, structure: Structure | None, missing: float
) -> Iterator[Note]:
    if plan.args.k is None:
        yield Note(f"k_{reason.value}")
    yield Note("clear_clusters" if structure and structure.clear else "no_clear_clusters")
    if missing:
        yield Note("missing_filled")
    for name in RFM if not plan.args.features else ():
        if name not in plan.names:
            yield Note("feature_left_out", {"feature": name})


def _about(fitted: FittedClustering, places: np.ndarray[Any, Any], codes: Codes) -> dict[str, Any]:
    space = fitted.space
    centres = pd.DataFrame(places).groupby(codes).mean()
    return {
        "features": list(space.names),
        "scaling": space.scaling,
        "centre": space.centre,
        "spread": space.spread,
        "fill": space.fill,
        "powers": space.powers,
        "centres": {
            str(code): row.tolist() for code, row in zip(centres.index, centres.to_numpy(), strict=True)
        },
    }


_MAKERS = {"rfm": _rfm, "value_bands": _bands}

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
            args={"method": "kmeans"},
        ),
        Example("cluster my customers into 5 groups", args={"method": "kmeans", "k": 5}),
        Example("split customers into value bands", args={"method": "value_bands"}),
        Example("帮我把客户按RFM分层，每层有多少人、贡献多少收入？", "zh", {"scheme": "eight_groups"}),
        Example("我们的客户可以分成哪几类？", "zh"),
        Example("给客户分群", "zh"),
        Example("谁是我的VIP客户", "zh"),
        Example("用聚类看看客户可以分成几类，每类起个名字。", "zh", {"method": "kmeans"}),
        Example("把客户聚成5类", "zh", {"method": "kmeans", "k": 5}),
        Example("按重要价值、重要挽留那种八个群体来分", "zh", {"scheme": "eight_groups"}),
        Example("按客户价值分成五档", "zh", {"method": "value_bands", "k": 5}),
    ),
    produces=Segmentation,
)
