"""How well segments hold, what they tell, and what they cost, beside plain scikit-learn in the same run.

Tables: every way to segment one shop; the number of k-means clusters; the same question twice and on a 95 %
resample; planted groups against the best assignment possible; a million customers. The shop is UCI Online
Retail where MARKETEER_REAL_DATA names a folder that has it, else the demo shop.

Run: `python benchmarks/segmentation.py [shop] [planted] [scale] [tool] [customers]`; the first three where no
word is given. `tool` asks the tool itself about a simulated shop of so many customers (400,000 unless told).
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Silent
from marketeer.tools.core.running import replay, run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segment_customers import TOOL
from marketeer.tools.segmentation.choice import Evidence, Judged, judge
from marketeer.tools.segmentation.clustering import ClusterMethod
from marketeer.tools.segmentation.families import families
from marketeer.tools.segmentation.making import MethodName, Request, make
from marketeer.tools.segmentation.outcome import PERIODS_TO_LEARN, past_periods
from marketeer.tools.segmentation.stability import Method, changed_share
from marketeer.tools.segmentation.table import RFM
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.features import customer_features

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on its path, the repository is not
from tests.shops import publish_shop, workspace_of  # noqa: E402
from tests.tools.segmentation.planted import OVERLAPPING, Group, Planted, plant  # noqa: E402

T = TypeVar("T")
MILLION = 1_000_000
MANY = 400_000
REPEATS = 2
HEAVY = (
    Group(0.5, 1 / 200, 1 / 400, 3.5, 0.6),
    Group(0.3, 1 / 50, 1 / 700, 3.8, 0.6),
    Group(0.2, 1 / 20, 1 / 900, 4.6, 0.6),
)


def main(words: set[str], customers: int | None) -> None:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if words & {"shop", "scale"}:
            dataset = shop(Path(folder))
            evidence = evidence_of(dataset)
            print(f"\n{dataset.name}: {len(evidence.features):,} customers to {dataset.as_of}\n")
        if "shop" in words:
            compared(evidence)
            numbers_of_clusters(evidence)
            asked_again(workspace_of(Path(folder), dataset))
        if "planted" in words:
            planted(Path(folder))
        if "scale" in words:
            scale(evidence.features, customers or MILLION)
        if "tool" in words:
            through_the_tool(Path(folder), customers or MANY)
    print(f"the whole run: {time.perf_counter() - start:.0f} s")


def evidence_of(dataset: Dataset) -> Evidence:
    periods = past_periods(dataset, dataset.need_as_of(), PERIODS_TO_LEARN)
    return Evidence(customer_features(dataset), periods)


def shop(folder: Path) -> Dataset:
    real = os.environ.get("MARKETEER_REAL_DATA", "")
    if not real:
        return load_demo(folder)
    loaded = load([Path(real) / "online_retail.csv.gz"], folder).dataset
    assert loaded is not None
    return loaded


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def request(method: MethodName, evidence: Evidence, k: int | None = None) -> Request:
    return Request(method, "quintiles", k, RFM, "log", evidence, Silent())


def row(name: str, one: Judged, changed: float) -> str:
    told = " ".join("     -" if eta is None else f"{eta:6.3f}" for eta in (one.deciding, one.explained))
    return (
        f"{name:<20}{one.segments:>4}{one.smallest:>9.1%}{one.largest:>9.1%}{one.noise:>8.1%}"
        f"{one.agreement.mean:>7.2f} ± {2 * one.agreement.error:.2f}{changed:>8.1%}  {told}"
    )


HEAD = (
    f"{'':<20}{'k':>4}{'smallest':>9}{'largest':>9}{'noise':>8}{'ARI':>7}{'± 2 se':>7}{'changed':>8}"
    "   η²(-2)  η²(-1)"
)


def compared(evidence: Evidence) -> None:
    print("Every way to segment the shop. ARI: bootstrap. changed: on a 95 % resample. η²: share of the next")
    print("period's log-spend variance told, at the older cut-off (decides) and the newer (reported).\n")
    seconds, made = timed(lambda: make(request("compare", evidence)))
    print(HEAD, " silhouette     DB      CH  seconds")
    for name, one in made.candidates:
        structure = made.structures[name]
        line = row(name, one, changed(one.method, evidence.features))
        shape = (
            f"{structure.silhouette:>10.2f}{structure.davies_bouldin:>8.2f}{structure.calinski_harabasz:>8.0f}"
            if structure
            else " " * 26
        )
        with threadpool_limits(1):
            fit, _ = timed(lambda one=one: one.method.fit(evidence.features, 0).assign(evidence.features))  # type: ignore[misc]
        print(f"{line} {shape}{fit:>9.2f}")
    print(f"\nall of it in {seconds:.1f} s; chosen: {made.judged.method.name}\n")


def changed(method: Method, features: pd.DataFrame) -> float:
    with threadpool_limits(1):
        return changed_share(method, features)


def numbers_of_clusters(evidence: Evidence) -> None:
    print("k-means by the number of clusters\n")
    print(HEAD)
    for k in range(2, 11):
        method = ClusterMethod(families()["kmeans"], k, RFM)
        with threadpool_limits(1):
            one = judge(method, evidence)
        print(row(method.name, one, changed(method, evidence.features)))
    for method_name in ("kmeans", "natural"):
        name: MethodName = method_name  # type: ignore[assignment]  # both are names of methods
        seconds, made = timed(lambda name=name: make(request(name, evidence)))  # type: ignore[misc]
        told = f"η² {made.judged.explained:.3f}" if made.judged.explained is not None else ""
        print(
            f"\n{method_name}: chosen {made.judged.method.name} in {seconds:.1f} s, {told}, "
            f"ARI {made.judged.agreement.mean:.2f}, changed {made.changed:.1%}"
        )


def asked_again(workspace: Workspace) -> None:
    print("\n\nThe tool asked twice, and again when 5 % of the customers had never been there\n")
    print(f"{'':<20}{'stability':>10}{'changed':>9}{'verdict':>9}   asked twice")
    for name in ("rfm", "value_bands", "kmeans", "natural", "compare"):
        finding = run(TOOL, {"method": name}, workspace)
        again = "the same" if replay(finding, TOOL, workspace).agrees else "ANOTHER ANSWER"
        stability, changed = (finding.fact(fact) for fact in ("stability", "changed_on_resample"))
        assert stability is not None
        assert changed is not None
        print(f"{name:<20}{stability.value:>10.2f}{changed.value:>8.1f}%{finding.verdict:>9}   {again}")


def planted(folder: Path) -> None:
    print("\n\nPlanted groups of overlapping purchase processes: ARI with the truth, by `natural`\n")
    print(f"{'':<26}{'groups':>8}{'found':>7}{'best possible':>15}{'recovered':>11}{'share':>8}")
    for name, groups in (("four groups", OVERLAPPING), ("three, heavily overlapping", HEAVY)):
        for seed in range(3):
            one = plant(groups, 2_000, seed)
            found, recovered = natural(one, folder / f"{len(groups)}-{seed}")
            possible = adjusted_rand_score(one.truth, one.best)
            print(
                f"{name:<26}{len(groups):>8}{found:>7}{possible:>15.3f}{recovered:>11.3f}"
                f"{recovered / possible:>8.1%}"
            )


def natural(one: Planted, folder: Path) -> tuple[int, float]:
    dataset = publish_shop(folder, {Table.CUSTOMERS: customers_of(one), Table.ORDERS: one.orders})
    made = make(request("natural", evidence_of(dataset)))
    return made.judged.segments, adjusted_rand_score(one.truth, made.codes.astype(str))


def scale(features: pd.DataFrame, customers: int) -> None:
    print(
        f"\n\n{customers:,} customers (the shop's, drawn again with jitter), recency, orders, net revenue\n"
    )
    many = jittered(features, customers)
    places = StandardScaler().fit_transform(np.log1p(many[list(RFM)].clip(lower=0).to_numpy()))
    plain = fastest(lambda: KMeans(5, n_init=3, random_state=0).fit(places))
    ours = fastest(lambda: ClusterMethod(families()["kmeans"], 5, RFM).fit(many).assign(many))
    print(
        f"one k-means fit, k = 5: plain {plain:.2f} s, ours with scaling and assignment {ours:.2f} s, "
        f"ratio {ours / plain:.2f}"
    )
    ten = sum(seconds for seconds, _ in ten_fits(places))
    evidence = Evidence(many)
    auto, made = timed(lambda: make(request("kmeans", evidence)))
    print(
        f"k chosen (k = 2 … 10): ten plain fits {ten:.1f} s, ours {auto:.1f} s, ratio {auto / ten:.2f}, "
        f"chosen {made.judged.method.name}"
    )
    for name in (
        "mini_batch_kmeans",
        "bisecting_kmeans",
        "agglomerative",
        "gaussian_mixture",
        "dbscan",
        "hdbscan",
    ):
        family = families()[name]
        method = ClusterMethod(family, 0 if family.finds_k else 5, RFM)
        seconds, labels = timed(lambda method=method: method.fit(many).assign(many))  # type: ignore[misc]
        sampled = (
            f"fitted on {family.cost.fitted_on(customers):,}, stated {family.cost.seconds(customers):.2f} s"
        )
        noise = (labels < 0).mean()
        print(f"{name:<20}{seconds:>7.2f} s, {labels.max() + 1} clusters, noise {noise:.1%}, {sampled}")
    print(f"peak memory of this process {peak():,.0f} MB")


def jittered(features: pd.DataFrame, customers: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    drawn = features.iloc[random.integers(0, len(features), customers)].reset_index(drop=True)
    noise = random.lognormal(0, 0.1, (customers, len(RFM)))
    drawn[list(RFM)] = drawn[list(RFM)].to_numpy(dtype=float) * noise
    return drawn


def fastest(work: Callable[[], object]) -> float:
    return min(timed(work)[0] for _ in range(REPEATS))


def ten_fits(places: np.ndarray) -> Iterator[tuple[float, object]]:  # type: ignore[type-arg]
    for k in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11):
        yield timed(lambda k=k: KMeans(k, n_init=3, random_state=0).fit(places))  # type: ignore[misc]


def through_the_tool(folder: Path, customers: int) -> None:
    print(f"\n\nThe tool on a simulated shop of {customers:,} customers, loading and features included\n")
    shop = plant(OVERLAPPING, customers, 0)
    dataset = publish_shop(folder, {Table.CUSTOMERS: customers_of(shop), Table.ORDERS: shop.orders})
    print(f"{len(shop.orders):,} orders; memory so far {peak():,.0f} MB\n")
    del shop
    workspace = workspace_of(folder, dataset)
    for name in ("rfm", "kmeans", "dbscan", "hdbscan", "natural", "compare"):
        seconds, finding = timed(lambda name=name: run(TOOL, {"method": name}, workspace))  # type: ignore[misc]
        fitted, judged = (finding.fact(fact) for fact in ("fitted_on", "judged_on"))
        print(
            f"{name:<10}{seconds:>7.1f} s, {finding.fact('segments').value} segments, {finding.verdict}, "
            f"fitted on {fitted.value if fitted else customers:,}, judged on {judged.value:,}, "
            f"peak memory {peak():,.0f} MB"
        )


def customers_of(shop: Planted) -> pd.DataFrame:
    rows = np.arange(shop.truth.size)
    return pd.DataFrame({"customer_row": rows, "customer_id": rows.astype(str)})


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    given = sys.argv[1:]
    named = {word for word in given if not word.isdecimal()}
    main(named or {"shop", "planted", "scale"}, next((int(word) for word in given if word.isdecimal()), None))
