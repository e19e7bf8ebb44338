"""Makes a segmentation as it was asked for: by a scheme, in bands, by one family, or by the best of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd
from threadpoolctl import threadpool_limits

from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import Note
from marketeer.tools.core.ports import Progress
from marketeer.tools.segmentation.bands import BANDS, BandMethod, band_code
from marketeer.tools.segmentation.choice import MOST_SEGMENTS, Evidence, Judged, Reason, choose, judge
from marketeer.tools.segmentation.clustering import ClusterMethod, FittedClustering
from marketeer.tools.segmentation.families import NOISE, Family, families
from marketeer.tools.segmentation.identity import Landmarks, landmarks_of
from marketeer.tools.segmentation.naming import UNASSIGNED, name_clusters
from marketeer.tools.segmentation.natural import find_processes
from marketeer.tools.segmentation.processes import READS, ProcessMethod
from marketeer.tools.segmentation.rfm import SCHEMES, FittedScheme, RfmMethod, SchemeName, check_rfm
from marketeer.tools.segmentation.space import Scaling, fit_space, missing_share
from marketeer.tools.segmentation.stability import Fitted, Labels, Method, changed_share, sample_rows
from marketeer.tools.segmentation.stored import Laid
from marketeer.tools.segmentation.structure import Structure, measure_structure
from marketeer.tools.segmentation.summary import Codes

MethodName = Literal[
    "compare", "rfm", "value_bands", "natural", "kmeans", "mini_batch_kmeans", "bisecting_kmeans",
    "agglomerative", "gaussian_mixture", "dbscan", "hdbscan", "purchase_processes",
]  # fmt: skip
Candidates = tuple[tuple[str, Judged], ...]
ONE_THREAD_UP_TO = 200_000
"""Sums over threads come in any order; below this size one thread is fast enough and exact to the bit."""
SLICES: MethodName = "kmeans"
"""The family that cuts slices where there are no natural groups, and sets k for the others compared."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for.

    Attributes:
        method: The family, scheme or `compare`.
        scheme: The RFM scheme.
        k: How many clusters or bands; None has it chosen.
        features: The columns clusters are found on.
        scaling: How amounts are pulled in.
        evidence: The customers, and the past to judge by.
        progress: Hears how far it is.
    """

    method: MethodName
    scheme: SchemeName
    k: int | None
    features: tuple[str, ...]
    scaling: Scaling
    evidence: Evidence
    progress: Progress

    @property
    def customers(self) -> pd.DataFrame:
        """The customers to segment."""
        return self.evidence.features

    @property
    def seed(self) -> int:
        """The seed of every random step."""
        return self.evidence.seed


@dataclass(frozen=True, slots=True)
class Made:
    """A segmentation that was made.

    Attributes:
        laid: The fitted segmentation with the codes of its labels.
        codes: Each customer's segment.
        judged: The figures it was judged by.
        changed: Share of customers in another segment when fitted on 95 % of them.
        candidates: All that were judged, by name, where there was a choice.
        structures: How separate the candidates' groups are, by name, where they were compared.
        structure: How separate its own clusters are.
        missing: Share of feature values that were missing.
        landmarks: Where its groups lie, where it is not by a scheme or in bands.
        certainty: Mean probability of customers' most probable groups, where a mixture gives one.
        notes: What must be said with it.
    """

    laid: Laid
    codes: Codes
    judged: Judged
    changed: float
    candidates: Candidates = ()
    structures: Mapping[str, Structure | None] = field(default_factory=dict)
    structure: Structure | None = None
    missing: float = 0.0
    landmarks: Landmarks | None = None
    certainty: float | None = None
    notes: tuple[Note, ...] = ()

    @property
    def scheme(self) -> FittedScheme | None:
        """The fitted RFM scheme, where it is one."""
        return self.laid.fitted if isinstance(self.laid.fitted, FittedScheme) else None


def make(request: Request) -> Made:
    """Make the segmentation.

    Raises:
        Insufficient: Customers are too few or too alike, history is too short, or there is one dense group.
        Retry: `k` is larger than the data can bear.
    """
    makers: Mapping[str, Callable[[Request], Made]] = {
        "rfm": _rfm, "value_bands": _bands, "purchase_processes": _processes, "natural": _natural,
        "compare": _compare,
    }  # fmt: skip
    with threadpool_limits(1 if len(request.customers) <= ONE_THREAD_UP_TO else None):
        return makers.get(request.method, _clusters)(request)


def _rfm(request: Request) -> Made:
    check_rfm(request.customers)
    return _judged(RfmMethod(SCHEMES[request.scheme]), request)


def _bands(request: Request) -> Made:
    check_rfm(request.customers)
    bands = request.k or BANDS
    if not request.evidence.periods:
        raise Insufficient(
            "Value bands need some months of orders to learn expected spend from; this history is too short. "
            "Use method rfm instead.",
            code="history_too_short",
        )
    request.progress.report("stability", 0, 1)
    judged = _judged_bands(request, bands)
    return _made(judged.method, judged, request)


def _judged_bands(request: Request, bands: int) -> Judged:
    today, *then = [BandMethod(period, bands) for period in request.evidence.periods]
    return judge(today, request.evidence, then)


def _judged(method: Method, request: Request) -> Made:
    request.progress.report("stability", 0, 1)
    return _made(method, judge(method, request.evidence), request)


def _processes(request: Request) -> Made:
    check_rfm(request.customers)
    found = find_processes(request.customers, request.seed)
    made = _judged(ProcessMethod(request.k or max(2, found.fit.processes.groups)), request)
    note = Note("clear_groups" if found.clear and _passes(made, request) else "no_clear_groups")
    return replace(made, certainty=found.fit.certainty, notes=(note, *made.notes))


def _natural(request: Request) -> Made:
    if request.k is None and set(READS) <= set(request.customers.columns):
        request.progress.report("processes", 0, 1)
        found = find_processes(request.customers, request.seed)
        if found.clear:
            made = _judged(ProcessMethod(found.fit.processes.groups), request)
            if _passes(made, request):
                return replace(made, certainty=found.fit.certainty, notes=(Note("clear_groups"), *made.notes))
    return _clusters(replace(request, method=SLICES))


def _passes(made: Made, request: Request) -> bool:
    return made.judged.passes(len(request.customers))


def _clusters(request: Request) -> Made:
    _check_k(request)
    best, candidates, reason = _tried(families()[request.method], request)
    if best.segments < 2:
        raise Insufficient(
            f"{request.method} finds one dense group and no others among these customers, so there is "
            "nothing to tell apart by density. Use kmeans for useful slices, or name other features.",
            code="one_dense_group",
            method=request.method,
        )
    notes = [Note(f"k_{reason.value}")] if len(candidates) > 1 else []
    return _made(best.method, best, request, candidates if len(candidates) > 1 else (), tuple(notes))


def _tried(family: Family, request: Request) -> tuple[Judged, Candidates, Reason]:
    sizes = [0] if family.finds_k else [request.k] if request.k else _sizes(request)
    judged = []
    for done, k in enumerate(sizes):
        request.progress.report("clusters", done, len(sizes))
        judged.append(judge(ClusterMethod(family, k, request.features, request.scaling), request.evidence))
    best, reason = choose(judged, len(request.customers))
    return best, tuple((f"k = {one.segments}", one) for one in judged), reason


def _sizes(request: Request) -> list[int]:
    return list(range(2, min(MOST_SEGMENTS, _distinct(request)) + 1))


def _distinct(request: Request) -> int:
    table = sample_rows(request.customers, request.seed)
    return len(table[list(request.features)].drop_duplicates())


def _check_k(request: Request) -> None:
    if request.k and request.k > (distinct := _distinct(request)):
        raise Retry(
            f"k={request.k}, but there are only {distinct} customers that differ in "
            f"{', '.join(request.features)}. Choose k of at most {distinct}, or more features.",
            code="k_too_large",
            k=request.k,
            most=distinct,
        )


def _compare(request: Request) -> Made:
    _check_k(request)
    chosen, _, _ = _tried(families()[SLICES], request)
    candidates: dict[str, Judged] = {SLICES: chosen}
    others = _others(request, chosen.segments)
    for done, method in enumerate(others):
        request.progress.report("comparison", done, len(others))
        candidates[_plain(method)] = judge(method, request.evidence)
    learnable = len(request.evidence.periods) > len(request.evidence.judging)
    if learnable:
        candidates["value_bands"] = _judged_bands(request, BANDS)
    best, reason = choose([*candidates.values()], len(request.customers))
    structures = {name: _structure(one.method, request) for name, one in candidates.items()}
    notes = [Note(f"best_{reason.value}", {"model": _plain(best.method)})]
    if set(READS) <= set(request.customers) and not learnable:
        notes.append(Note("bands_not_judged"))
    made = _made(best.method, best, request, tuple(candidates.items()), tuple(notes))
    return replace(made, structures=structures)


def _others(request: Request, k: int) -> list[Method]:
    methods: list[Method] = [
        ClusterMethod(family, 0 if family.finds_k else k, request.features, request.scaling)
        for family in families().values()
        if family.name != SLICES
    ]
    if request.evidence.periods:
        groups = find_processes(request.customers, request.seed).fit.processes.groups
        methods += [ProcessMethod(max(2, groups)), RfmMethod(SCHEMES[request.scheme])]
    return methods


def _plain(method: Method) -> str:
    if isinstance(method, ClusterMethod):
        return method.family.name
    if isinstance(method, ProcessMethod):
        return "purchase_processes"
    return "value_bands" if isinstance(method, BandMethod) else method.name


def _structure(method: Method, request: Request) -> Structure | None:
    table = sample_rows(request.customers, request.seed)
    space = fit_space(table, request.features, request.scaling)
    labels = method.fit(table, request.seed).assign(table)
    return measure_structure(space.place(table), labels, seed=request.seed)


def _made(
    method: Method,
    judged: Judged,
    request: Request,
    candidates: Candidates = (),
    notes: tuple[Note, ...] = (),
) -> Made:
    customers = request.customers
    fitted = method.fit(customers, request.seed)
    labels = fitted.assign(customers)
    request.progress.report("stability", 0, 1)
    with threadpool_limits(1):
        changed = changed_share(method, customers, seed=request.seed)
    names, landmarks = _named(method, fitted, labels, request)
    codes = pd.Series(labels).map(names).to_numpy(dtype=object)
    made = Made(Laid(fitted, names), codes, judged, changed, candidates, landmarks=landmarks, notes=notes)
    return _with_structure(made, fitted, method, request) if isinstance(fitted, FittedClustering) else made


def _named(
    method: Method, fitted: Fitted, labels: Labels, request: Request
) -> tuple[dict[int, str], Landmarks | None]:
    if isinstance(method, RfmMethod):
        return dict(enumerate(method.scheme.segments)), None
    if isinstance(method, BandMethod):
        return {label: band_code(label) for label in range(method.bands)}, None
    customers, features = request.customers, request.features
    space = fitted.space if isinstance(fitted, FittedClustering) else fit_space(customers, features)
    places = space.place(customers)
    names = {NOISE: UNASSIGNED, **name_clusters(places, labels, features)}
    return names, landmarks_of(space, places, labels, names)


def _with_structure(made: Made, fitted: FittedClustering, method: Method, request: Request) -> Made:
    table = sample_rows(request.customers, request.seed)
    finds_k = isinstance(method, ClusterMethod) and not method.k
    alike = None if finds_k or not isinstance(method, ClusterMethod) else method.family
    structure = measure_structure(
        fitted.space.place(table), fitted.assign(table), seed=request.seed, family=alike
    )
    missing = missing_share(request.customers, request.features)
    found = Note("clear_clusters" if structure and structure.clear else "no_clear_clusters")
    notes = (*made.notes, found, Note("missing_filled")) if missing else (*made.notes, found)
    return replace(made, structure=structure, missing=missing, notes=notes)
