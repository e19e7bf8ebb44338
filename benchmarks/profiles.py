"""How well and how fast customers are found, each against the plain library in the same run.

Quality: precision@10 is the share of the ten retrieved customers that are among the top 5 % by their true
spending share in a category. Run: `python benchmarks/profiles.py [rows] [sentences]`; MARKETEER_REAL_DATA
names the folder with `online_retail.csv.gz`, without it the demo shop is used. `rows` is the size of the
generated collection (20,000); `sentences` adds the embedding of one sentence per customer, which takes
minutes with MiniLM.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.sources.loading import load
from marketeer.vectorstore import open_index
from marketeer.vectorstore.chroma import ChromaStore
from marketeer.vectorstore.composition import compose, product_texts, spend_weights
from marketeer.vectorstore.embedders import Context, Embedder, Vectors, choose, unit_rows, ways
from marketeer.vectorstore.profiles import Profile
from marketeer.vectorstore.ranking import nearest

TOP = 10
SHARE = 0.05
WORDS = {
    "christmas decorations": r"christmas|xmas|advent|santa|snowflake|reindeer",
    "baking and cake supplies": r"cake|baking|bake|cupcake|muffin|cookie",
    "garden and plants": r"garden|plant|flower ?pot|watering|seed",
    "kids toys and games": r"toy|game|doll|puzzle|children|kids|skittles|playhouse|jigsaw",
    "candles and candle holders": r"candle|t-light|votive",
    "jewellery necklaces bracelets": r"necklace|bracelet|earring|jewel|brooch|\bring\b",
    "stationery notebooks and pens": r"notebook|pencil|\bpen\b|stationery|notepad|journal|eraser|writing",
    "bags and shopping totes": r"\bbag\b|bags|tote|shopper",
    "kitchen mugs and tea cups": r"mug|tea ?cup|teacup|teapot|coffee|saucer",
    "party bunting and balloons": r"bunting|balloon|party|garland",
    "clocks for the wall": r"clock",
    "umbrellas and parasols": r"umbrella|parasol",
    "lunch boxes": r"lunch ?box",
    "picture frames": r"frame",
    "hot water bottles": r"hot water bottle|warmer",
    "cushions": r"cushion",
    "storage jars and tins": r"storage|\bjar|\btin\b|tins",
    "wrapping paper and ribbons": r"wrap|ribbon|gift tape",
    "easter gifts": r"easter|\begg|bunny|rabbit|chick\b",
    "metal signs": r"sign\b",
    "sewing kits": r"sewing|needle",
    "bathroom and soap": r"bath|soap|towel",
    "fridge magnets": r"magnet",
    "door knobs and hooks": r"knob|hook|hanger",
    "greeting cards": r"card\b|cards",
    "bird ornaments": r"bird|\bowl|duck",
    "heart shaped decorations": r"heart",
    "jam making": r"\bjam\b|jelly mould",
    "travel and passport covers": r"passport|travel|luggage",
    "lanterns and lights": r"lantern|light\b|lamp|lights",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to look for, and each customer's true spending share in it."""

    query: str
    share: NDArray[np.float64]

    def precision(self, rows: NDArray[np.intp]) -> float:
        best = np.argsort(-self.share, kind="stable")[: int(SHARE * self.share.size)]
        return float(np.isin(rows, best).mean())


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what:<58}{time.perf_counter() - start:>10.2f} s")


def median_ms(call: Callable[[], object], times: int = 50) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)) * 1000


def shop(folder: Path) -> Dataset:
    real = Path(os.environ.get("MARKETEER_REAL_DATA", "")) / "online_retail.csv.gz"
    return load([real], folder).dataset if real.is_file() else load_demo(folder)


def tasks(dataset: Dataset) -> list[Task]:
    """Build the queries: the shop's own categories where it has some, else the word lists above."""
    products = dataset.frame("SELECT * FROM products ORDER BY product_row")
    spend = dataset.frame(
        "SELECT customer_row, product_row, sum(line_amount)::DOUBLE AS spend FROM order_lines "
        "WHERE line_kind = 'sale' AND customer_row IS NOT NULL GROUP BY ALL"
    )
    total = spend.groupby("customer_row")["spend"].sum()
    names = products["product_name"].fillna("").str.lower()
    inside = (
        {str(name): products["category"].eq(name) for name in products["category"].dropna().unique()}
        if "category" in products
        else {query: names.str.contains(f"(?:{words})") for query, words in WORDS.items()}
    )
    found = []
    for query, mask in inside.items():
        own = spend[spend["product_row"].isin(products.loc[mask, "product_row"])]
        share = (own.groupby("customer_row")["spend"].sum() / total).reindex(range(dataset.rows["customers"]))
        found.append(Task(query, share.fillna(0).to_numpy()))
    return found


def report(label: str, vectors: Vectors, wanted: list[Task], embed: Callable[[list[str]], Vectors]) -> None:
    precision, share = [], []
    for task in wanted:
        rows, _ = nearest(vectors, embed([task.query])[0], None, TOP)
        precision.append(task.precision(rows))
        share.append(task.share[rows].mean())
    print(f"{label:<58}{np.mean(precision):>8.3f}{np.mean(share):>8.3f}")


def plain_tfidf(dataset: Dataset, wanted: list[Task]) -> None:
    """Rank by TF-IDF of everything a customer bought, written in a row: the plain library."""
    texts = pd.Series(product_texts(dataset))
    bought = dataset.frame(
        "SELECT DISTINCT customer_row, product_row FROM order_lines "
        "WHERE line_kind = 'sale' AND customer_row IS NOT NULL ORDER BY ALL"
    )
    documents = bought["product_row"].map(texts).groupby(bought["customer_row"]).agg(" ".join)
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    matrix = vectoriser.fit_transform(documents)
    precision, share = [], []
    for task in wanted:
        scores = (matrix @ vectoriser.transform([task.query]).T).toarray().ravel()
        rows = documents.index.to_numpy()[np.argsort(-scores, kind="stable")[:TOP]]
        precision.append(task.precision(rows))
        share.append(task.share[rows].mean())
    label = "scikit-learn TF-IDF of all purchases per customer"
    print(f"{label:<58}{np.mean(precision):>8.3f}{np.mean(share):>8.3f}")


def sentences(dataset: Dataset) -> list[str]:
    frame = dataset.frame(
        "WITH spend AS (SELECT customer_row, product_name, sum(line_amount) AS spend FROM order_lines "
        "JOIN products USING (product_row) WHERE line_kind = 'sale' AND customer_row IS NOT NULL "
        "GROUP BY ALL) "
        "SELECT customer_row, list(product_name ORDER BY spend DESC, product_name)[:8] AS top FROM spend "
        "GROUP BY ALL ORDER BY customer_row"
    )
    told = dict(zip(frame["customer_row"], frame["top"], strict=True))
    rows = range(dataset.rows["customers"])
    return [f"Customer who mostly buys: {', '.join(told.get(row, []))}".lower() for row in rows]


def usable(dataset: Dataset) -> list[Embedder]:
    context = Context(lambda: list(dict.fromkeys(product_texts(dataset))))
    return [choose(way.name, context) for way in ways() if way.preference and way.usable(context)]


def quality(dataset: Dataset) -> None:
    wanted = tasks(dataset)
    print(f"\n{dataset.name}: {dataset.rows['customers']:,} customers, {len(wanted)} queries")
    print(f"{'customer vector':<58}{'p@10':>8}{'share':>8}")
    plain_tfidf(dataset, wanted)
    weights, texts = spend_weights(dataset), product_texts(dataset)
    spent = weights.copy()
    spent.data = np.ones_like(spent.data)
    for embedder in usable(dataset):
        products = embedder.embed(texts)
        report(
            f"{embedder.name}: composed, log spend x rarity",
            compose(weights, products),
            wanted,
            embedder.embed,
        )
        report(f"{embedder.name}: composed, unweighted", compose(spent, products), wanted, embedder.embed)
        if "sentences" in sys.argv:
            with timed(f"{embedder.name}: one sentence per customer, embedded in"):
                told = embedder.embed(sentences(dataset))
            report(f"{embedder.name}: one sentence per customer", told, wanted, embedder.embed)


def latency(dataset: Dataset, folder: Path) -> None:
    print(f"\n{dataset.name}: seconds from nothing, and milliseconds per question when warm")
    for embedder in usable(dataset):
        shutil.rmtree(folder / "chroma", ignore_errors=True)
        index = open_index(dataset, folder, embedder.name)
        with timed(f"{embedder.name}: first question, everything built"):
            index.search("gift", None, TOP)
        with timed(f"{embedder.name}: everybody else written to Chroma"):
            index.prepare()
        with timed(f"{embedder.name}: all profiles compared, none written"):
            index.prepare()
        again = open_index(dataset, folder, embedder.name)
        with timed(f"{embedder.name}: first question of another process"):
            again.search("gift", None, TOP)
        for what, rows in (("everybody", None), ("a tenth", np.arange(0, 4000, 10, dtype=np.int32))):
            taken = median_ms(partial(again.search, "gift", rows, TOP), 20)
            print(f"{f'{embedder.name}: question over {what}':<58}{taken:>10.2f} ms")


def scale(rows: int, folder: Path) -> None:
    """Compare exact ranking with Chroma's on generated clusters, with and without a filter."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(500, 192))
    of = random.integers(0, 500, rows)
    vectors = unit_rows(centres[of] + 0.7 * random.normal(size=(rows, 192)))
    profiles = [
        Profile(row, f"Customer of cluster {of[row]}.", {"segment": int(of[row] % 8)}) for row in range(rows)
    ]
    store = ChromaStore(folder, "scale", rows, "texts")
    print(f"\ngenerated: {rows:,} customers, 192 dimensions")
    start = time.perf_counter()
    for at in range(0, rows, 2_000):
        store.remember(profiles[at : at + 2_000], vectors[at : at + 2_000])
    print(f"{'rows per second written to Chroma':<58}{rows / (time.perf_counter() - start):>10.0f}")
    queries = unit_rows(vectors[random.integers(0, rows, 100)] + 0.02 * random.normal(size=(100, 192)))
    segment = np.flatnonzero(of % 8 == 0).astype(np.int32)
    with store._opened() as collection:
        compare(
            "everybody",
            vectors,
            queries,
            None,
            lambda q: collection.query(query_embeddings=[q], n_results=TOP),
        )
        where = {"segment": 0}
        compare(
            "one segment of eight", vectors, queries, segment,
            lambda q: collection.query(query_embeddings=[q], n_results=TOP, where=where),
        )  # fmt: skip
    exact = median_ms(lambda: nearest(vectors, queries[0], None, TOP))
    kept = median_ms(lambda: store.approximate(queries[0], TOP, rows), 10)
    print(f"{'exact, as used up to 100,000 and under any filter':<58}{exact:>10.2f} ms")
    print(f"{'Chroma, opened and closed, as used above that':<58}{kept:>10.2f} ms")


def compare(
    what: str,
    vectors: Vectors,
    queries: Vectors,
    rows: NDArray[np.int32] | None,
    asked: Callable[[Vectors], dict[str, list[list[str]]]],
) -> None:
    recall = [
        np.isin([int(name) for name in asked(query)["ids"][0]], nearest(vectors, query, rows, TOP)[0]).mean()
        for query in queries
    ]
    chroma = median_ms(lambda: asked(queries[0]))
    exact = median_ms(lambda: nearest(vectors, queries[0], rows, TOP))
    label = f"{what}: exact ms / Chroma ms / recall@10 of Chroma"
    print(f"{label:<58}{exact:>8.2f}{chroma:>8.2f}{np.mean(recall):>8.3f}")


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if re.fullmatch(r"\d+", word)]
    folder = Path(tempfile.mkdtemp(prefix="profiles-"))
    try:
        dataset = shop(folder)
        quality(dataset)
        latency(dataset, folder)
        scale(numbers[0] if numbers else 20_000, folder / "scale")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
