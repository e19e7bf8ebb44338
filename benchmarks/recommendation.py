# ruff: noqa: E501 -- tables and SQL read better unbroken
"""How good and how fast recommendations are, beside `implicit`, plain cosine neighbours and the best-sellers.

Run: python benchmarks/recommendation.py [--task basket] [--only "ALS|Marketeer"] [--scale] [--customers 1000000] [--lines 20000000]

The shop is UCI Online Retail where MARKETEER_REAL_DATA names a folder that has it, else the demo shop. The last 31 days
are the test; settings and weights of the blend are learnt on the 31 days before and fixed before the test is opened.
Every method gets the same purchases before the test, and the same customers and products to rank. Seconds are medians
of five rounds in which all methods take turns, with two threads for all; CPU is the time of all processors. `--scale`
makes a large shop instead, has the tool rank for all its customers in a process of its own, and prints its peak memory.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommend_products import TOOL
from marketeer.tools.recommendation.ascent import Learnt, learn_weights
from marketeer.tools.recommendation.assortment import read_assortment
from marketeer.tools.recommendation.blend import Task, build, parts_for
from marketeer.tools.recommendation.blocks import in_order, spans
from marketeer.tools.recommendation.content import text_vectors
from marketeer.tools.recommendation.evaluation import Judgement, Scorer, masked, top_products
from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Interactions, Rows, from_frame, read_interactions
from marketeer.tools.recommendation.judging import judged, split
from marketeer.tools.recommendation.levels import Choice, for_customer
from marketeer.tools.recommendation.linear import ItemWeights, ease_weights
from marketeer.tools.recommendation.neighbours import UserNeighbours, cosine_neighbours
from marketeer.tools.recommendation.recommender import fit
from marketeer.tools.recommendation.simple import Own, Recent
from marketeer.tools.recommendation.tuning import blend_of, validations
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.manifest import Manifest
from marketeer.tools.warehouse.snapshots import open_dataset, publish, staging

DAYS, K, ROUNDS, THREADS = 31, 10, 5, 2
EVERYBODY = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Given:
    """What every method starts from.

    Attributes:
        interactions: Purchases before the test.
        vectors: Product texts, or None.
        excluded: What may not be recommended; None in the basket task.
    """

    interactions: Interactions
    vectors: sp.csr_matrix | None
    excluded: sp.csr_matrix | None

    @property
    def ground(self) -> Ground:
        """A fresh ground: nothing another method has made is found in it."""
        return Ground(self.interactions, self.vectors)


Fitted = Callable[[], np.ndarray]
"""Gives the top-10 columns of all customers."""
Method = Callable[[Given], Fitted]


def lists_of(scorer: Scorer, given: Given) -> np.ndarray:
    customers, products = given.interactions.shape
    rows = np.arange(customers, dtype=np.int32)

    def ranked(span: tuple[int, int]) -> np.ndarray:
        block = rows[span[0] : span[1]]
        return top_products(masked(scorer.scores(block), block, given.excluded), K)

    return np.vstack(list(in_order(ranked, spans(customers, products))))


def ours(make: Callable[[Given], Scorer]) -> Method:
    def fitted(given: Given) -> Fitted:
        scorer = make(given)
        return lambda: lists_of(scorer, given)

    return fitted


def implicits(make: Callable[[], Any]) -> Method:
    def fitted(given: Given) -> Fitted:
        owned = given.interactions.owned()
        with threadpool_limits(1, user_api="blas"):
            model = make()
            model.fit(owned, show_progress=False)
        customers, exclude = np.arange(owned.shape[0]), given.excluded is not None

        def recommend() -> np.ndarray:
            with threadpool_limits(1, user_api="blas"):
                return model.recommend(customers, owned, N=K, filter_already_liked_items=exclude)[0]

        return recommend

    return fitted


def peers() -> dict[str, Method]:
    try:
        from implicit.als import AlternatingLeastSquares
        from implicit.bpr import BayesianPersonalizedRanking
        from implicit.nearest_neighbours import CosineRecommender
    except ImportError:
        print('implicit is not installed: pip install "marketeer[bench]"')
        return {}

    def als(alpha: float) -> Callable[[], Any]:
        return lambda: AlternatingLeastSquares(
            factors=64, iterations=15, alpha=alpha, random_state=0, num_threads=THREADS
        )

    return {
        "implicit ALS 64, alpha 1": implicits(als(1)),
        "implicit ALS 64, alpha 10": implicits(als(10)),
        "implicit BPR 64": implicits(
            lambda: BayesianPersonalizedRanking(factors=64, random_state=0, num_threads=THREADS)
        ),
        "implicit item k-NN, cosine, 100": implicits(lambda: CosineRecommender(K=100, num_threads=THREADS)),
    }


def plain_items(given: Given) -> Scorer:
    owned = given.interactions.owned()
    return ItemWeights(cosine_neighbours(owned.T.tocsr(), 100).T.tocsr(), owned)


def plain_ease(given: Given) -> Scorer:
    owned = given.interactions.owned()
    return ItemWeights(ease_weights(gram(owned), 500.0), owned)


def everything(task: Task, learnt: Learnt) -> dict[str, Method]:
    def ours_items(given: Given) -> Scorer:
        return build(["items"], given.ground, learnt.settings)["items"]

    def ours_blend(given: Given) -> Scorer:
        parts = build(tuple(learnt.weights), given.ground, learnt.settings)
        return blend_of(parts, learnt.weights, given.excluded)

    own = {"own decayed frequency, 90 days": ours(lambda given: Own(given.interactions.decayed(90)))}
    return {
        "best-sellers, all time": ours(lambda given: Recent(given.interactions, np.inf)),
        "best-sellers, 28 days": ours(lambda given: Recent(given.interactions, 28)),
        **(own if task is Task.BASKET else {}),
        "item k-NN, cosine, 100": ours(plain_items),
        "user k-NN, cosine, 100": ours(lambda given: UserNeighbours(given.interactions.owned(), 100)),
        "EASE, lambda 500": ours(plain_ease),
        **peers(),
        "Marketeer item k-NN": ours(ours_items),
        "Marketeer blend": ours(ours_blend),
    }


class Listed:
    """Scores that put a customer's listed products first, for judging lists that others made."""

    def __init__(self, lists: np.ndarray, products: int) -> None:
        self._lists, self._products = lists, products

    def scores(self, rows: Rows) -> np.ndarray:
        scores = np.full((rows.size, self._products), -1.0, dtype=np.float32)
        falling = np.broadcast_to(np.arange(K, 0, -1, dtype=np.float32), (rows.size, K))
        np.put_along_axis(scores, self._lists[rows], falling, axis=1)
        return scores


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def compared(name: str, whole: Ground, task: Task, only: str) -> None:
    validation = validations(whole, task, DAYS)
    seconds, learnt = timed(lambda: learn_weights(validation, parts_for(task, whole)))
    test = judged(split(whole, DAYS), task, EVERYBODY)
    assert test is not None
    customers, products = test.split.ground.interactions.shape
    print(f"\n{name}, {task.value}: {customers:,} customers × {products:,} products before the test,")
    print(
        f"{test.rows.size:,} customers judged; learnt in {seconds:.1f} s: {dict(learnt.weights)}, neighbours {dict(learnt.settings)}\n"
    )
    given = Given(test.split.ground.interactions, test.split.ground.vectors, test.excluded)
    chosen = {name: method for name, method in everything(task, learnt).items() if re.search(only, name)}
    table(chosen, given, lambda lists: test.measure(Listed(lists, products)))


@dataclass(frozen=True)
class Took:
    """Seconds of one round: fitting and ranking by the clock, and both in time of all processors."""

    fit: float
    rank: float
    processors: float


def table(methods: Mapping[str, Method], given: Given, judge: Callable[[np.ndarray], Judgement]) -> None:
    took: dict[str, list[Took]] = {name: [] for name in methods}
    judgements: dict[str, Judgement] = {}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            start = time.process_time()
            fit_seconds, recommend = timed(lambda method=method: method(given))  # type: ignore[misc]
            rank_seconds, lists = timed(recommend)
            took[name].append(Took(fit_seconds, rank_seconds, time.process_time() - start))
            if name not in judgements:
                judgements[name] = judge(lists)
    print(
        f"{'':<34}{'NDCG@10':>8}{'± se':>7}{'R@10':>8}{'hit@10':>8}{'cov@10':>8}{'fit s':>8}{'top-10 s':>10}{'both s':>8}{'CPU s':>8}"
    )
    for name, one in judgements.items():
        a, error = one.accuracy, one.per_customer.std(ddof=1) / np.sqrt(one.per_customer.size)
        fits, ranks = (np.array([getattr(round_, part) for round_ in took[name]]) for part in ("fit", "rank"))
        cpu = np.median([round_.processors for round_ in took[name]])
        print(
            f"{name:<34}{a.ndcg:>8.4f}{error:>7.4f}{a.recall:>8.4f}{a.hit_rate:>8.4f}{a.coverage:>8.4f}"
            f"{np.median(fits):>8.2f}{np.median(ranks):>10.2f}{np.median(fits + ranks):>8.2f}{cpu:>8.2f}"
        )


def one_customer(dataset: Dataset, folder: Path, task: Task) -> None:
    first, _ = timed(lambda: fit(dataset, task, folder / "models"))
    again, recommender = timed(lambda: fit(dataset, task, folder / "models"))
    choice = Choice(K, recommender.assortment.allowed())
    rows = np.random.default_rng(0).integers(0, recommender.interactions.users.size, 200)
    ms = [1000 * timed(lambda row=row: for_customer(recommender, int(row), choice))[0] for row in rows]  # type: ignore[misc]
    print(
        f"{task.value:<10} median {np.median(ms):.1f} ms, 95 % under {np.quantile(ms, 0.95):.1f} ms; "
        f"fitted, tuned and measured in {first:.1f} s, found again in {again:.2f} s"
    )


REFERENCE = """
WITH lines AS (
    SELECT CustomerID, upper(StockCode) AS code, Description, strptime(InvoiceDate, '%m/%d/%Y %H:%M')::DATE AS day
    FROM read_csv($file, all_varchar = true)
    WHERE CustomerID <> '' AND regexp_matches(StockCode, '^[0-9]{5}') AND NOT starts_with(InvoiceNo, 'C')
      AND Quantity::INT > 0 AND UnitPrice::DOUBLE > 0
), named AS (SELECT code, mode(Description) AS name FROM lines GROUP BY code)
SELECT DISTINCT dense_rank() OVER (ORDER BY CustomerID) - 1 AS customer_row, dense_rank() OVER (ORDER BY code) - 1 AS product_row,
       date_diff('day', day, DATE '2011-12-10') AS age_days, name
FROM lines JOIN named USING (code) ORDER BY customer_row, product_row, age_days
"""


def reference(file: Path) -> Ground:
    """Give the purchases of the plain cleaning: known customer, five-digit code, no cancellation, price above 0."""
    frame = duckdb.execute(REFERENCE, {"file": str(file)}).df()
    names = frame.drop_duplicates("product_row").sort_values("product_row")["name"]
    return Ground(from_frame(frame), text_vectors(names.tolist()))


def loaded(dataset: Dataset) -> Ground:
    interactions = read_interactions(dataset)
    assortment = read_assortment(dataset, interactions.items, dataset.need_as_of())
    return Ground(interactions, text_vectors(assortment.products["text"].tolist()))


LINES = """
COPY (
    SELECT (customer * 400 + age)::VARCHAR AS order_id, i::INTEGER AS line_number, customer::INTEGER AS customer_row,
           product::INTEGER AS product_row, TIMESTAMP '2025-12-31 12:00' - to_days(age::INTEGER) AS ordered_at,
           'sale' AS line_kind, 1::INTEGER AS quantity, (5 + product % 40)::DECIMAL(18,4) AS unit_price,
           (5 + product % 40)::DECIMAL(18,4) AS line_amount
    FROM (
        SELECT i, customer, (hash(i, 5) % 365)::BIGINT AS age,
               CASE WHEN hash(i, 3) % 10 < 6 THEN least(rank // 40 * 40 + hash(customer, 4) % 40, {products} - 1) ELSE rank END AS product
        FROM (
            SELECT i, (hash(i, 1) % {customers})::BIGINT AS customer,
                   (floor(pow({products}, (hash(i, 2) % 1000003) / 1000003.0)) - 1)::BIGINT AS rank
            FROM range({lines}) AS t(i)
        )
    )
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
"""Popularity falls as 1/rank; three of five lines are from the customer's own fortieth of the catalogue."""


def large_shop(folder: Path, customers: int, products: int, lines: int) -> None:
    with staging(folder) as staged, duckdb.connect(config={"threads": THREADS}) as connection:
        path = staged / "order_lines.parquet"
        connection.execute(LINES.format(customers=customers, products=products, lines=lines, path=path))
        connection.execute(
            f"COPY (SELECT i::INTEGER AS product_row, 'P' || i AS product_id, 'product ' || i AS product_name, 'kind ' || i % 40 AS category, "
            f"TRUE AS available FROM range({products}) AS t(i)) TO '{staged / 'products.parquet'}' (FORMAT parquet)"
        )
        connection.execute(
            f"COPY (SELECT i::INTEGER AS customer_row, 'C' || i AS customer_id FROM range({customers}) AS t(i)) "
            f"TO '{staged / 'customers.parquet'}' (FORMAT parquet)"
        )
        publish(
            folder, staged, Manifest("large-shop", "large shop", currency="EUR", as_of=date(2025, 12, 31))
        )


def rank_large_shop(folder: Path) -> None:
    workspace = Workspace(folder, open_dataset(folder), Ledger(folder / "ledger.sqlite"))
    seconds, finding = timed(lambda: run(TOOL, {"level": "everyone", "limit": K}, workspace))
    for fact in finding.facts:
        print(f"  {fact.subject.name or fact.subject.kind.value:<12}{fact.name:<28}{fact.value}")
    written = workspace.payload_folder(finding.id) / "frame.parquet"
    rows = duckdb.execute(f"SELECT count(*) FROM read_parquet('{written}')").fetchone()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"read, tuned, measured, fitted, ranked for all and written in {seconds:.0f} s, {rows[0] if rows else 0:,} rows; peak memory {peak:.2f} GiB"
    )


def scale(customers: int, products: int, lines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(f"{customers:,} customers × {products:,} products × {lines:,} order lines, generated")
        large_shop(Path(folder), customers, products, lines)
        subprocess.run([sys.executable, __file__, "--rank", folder], check=True)


def shops(folder: Path) -> Iterator[tuple[str, Ground, Dataset | None]]:
    real = os.environ.get("MARKETEER_REAL_DATA", "")
    if not real:
        demo = load_demo(folder)
        yield "demo shop", loaded(demo), demo
        return
    file = Path(real) / "online_retail.csv.gz"
    yield "Online Retail, reference cleaning", reference(file), None
    dataset = load([file], folder).dataset
    assert dataset is not None
    yield "Online Retail, as loaded", loaded(dataset), dataset


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="a pattern the names of the methods must have")
    parser.add_argument("--task", choices=[task.value for task in Task], help="one task instead of both")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--rank", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=5_000)
    parser.add_argument("--lines", type=int, default=20_000_000)
    args = parser.parse_args()
    warnings.filterwarnings("ignore", module="implicit")  # it turns its own matrices into another form
    if args.rank:
        rank_large_shop(args.rank)
    elif args.scale:
        scale(args.customers, args.products, args.lines)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), [Task(args.task)] if args.task else list(Task), args.only)


def compare(folder: Path, tasks: list[Task], only: str) -> None:
    for name, ground, dataset in shops(folder):
        for task in tasks:
            compared(name, ground, task, only)
        if dataset is not None:
            print("\n\nOne customer's ten products, with reasons, out of 200 customers\n")
            for task in tasks:
                one_customer(dataset, folder, task)


if __name__ == "__main__":
    main()
