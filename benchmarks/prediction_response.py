"""Who says yes, in order of time: the rule of choice by forward tests, and what it reaches on newest rows.

First three time-ordered problems, each cut at several origins: the whole rule (leaks, preparation, choice of
model and settings, correction of chances) sees only the rows before an origin and is held against those that
follow. Of UCI Bank Marketing this part sees the first four fifths only. Then, with `open`, the newest rows of
it, by several shares kept for the test and several seeds.
The files are looked for in the folder MARKETEER_REAL_DATA names.
Run: `python benchmarks/prediction_response.py [drift|retail|bank|svm|open|shares|seeds …]`.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.prediction.attributes.answering import Answered, answer
from marketeer.tools.prediction.attributes.columns import encoder, read_columns
from marketeer.tools.prediction.attributes.question import Asked, ask_response
from marketeer.tools.prediction.targets import Target
from marketeer.tools.sources.loading import load
from tests.tools.prediction.attributes.drifting import drifting

COLUMNS = ("auc", "average_precision", "brier", "calibration_error")
SEEN = 0.8
"""Share of the bank file, the oldest rows, that choosing a rule may look at."""
ORIGINS = ((0.4, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.64, 0.8))
HEADER = (
    "| learnt up to | tested up to | used | AUC | best of all models | shuffled best | Brier "
    "| without correction | gap, points | without correction | mean chance | came | way | s |"
)


def main() -> None:
    parts: Mapping[str, Callable[[], None]] = {
        "drift": drift,
        "retail": retail,
        "bank": bank,
        "svm": svm,
        "open": opened,
        "shares": shares,
        "seeds": seeds,
    }
    for name in sys.argv[1:] or parts:
        print(f"\n## {name}\n")
        parts[name]()


def drift() -> None:
    print(HEADER)
    for seed in range(3):
        asked, chance = drifting(6000, seed)
        best = roc_auc_score(asked.values[4800:], chance[4800:])
        row(asked, 0.8, 1.0, seed)
        print(f"(the planted chances rank the same rows with {best:.4f})")


def retail() -> None:
    """Who buys again within 91 days of the first order, in order of first orders, from the first order."""
    asked = first_orders(loaded("online_retail.csv.gz"))
    print(f"{len(asked.values):,} customers, {asked.values.mean():.1%} bought again\n\n{HEADER}")
    for start, end in ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0), (0.8, 1.0)):
        row(asked, start, end)


def bank() -> None:
    asked = ask_response(loaded("bank_additional_full.csv.gz"))
    asked = until(asked, round(len(asked.values) * SEEN))
    print(HEADER)
    for start, end in ORIGINS:
        row(asked, start / SEEN, end / SEEN)


def svm() -> None:
    """Set the Nyström map beside the exact machine, learnt from 5,000 of the oldest four fifths."""
    asked = ask_response(loaded("bank_additional_full.csv.gz"))
    rows = round(len(asked.values) * SEEN)
    columns = read_columns(asked.raw.iloc[:rows].drop(columns="duration")).frame
    values = np.asarray(encoder(columns).fit_transform(columns), dtype=float)
    outcome = asked.values[:rows].astype(int)
    mixed = np.random.default_rng(0).permutation(rows)
    early = np.sort(mixed[mixed < 0.75 * rows][:5000])
    splits = ((mixed[:5000], mixed[5000:11000]), (early, np.arange(round(0.75 * rows), rows)))
    gamma = 1 / (values.shape[1] * values.var())
    print(
        f"gamma by scikit-learn's rule: {gamma:.4f}\n\n| machine | shuffled | next quarter |\n|---|---|---|"
    )
    for name, machine in machines(gamma).items():
        scored = (
            roc_auc_score(
                outcome[test], machine.fit(values[train], outcome[train]).decision_function(values[test])
            )
            for train, test in splits
        )
        print(f"| {name} | " + " | ".join(f"{auc:.4f}" for auc in scored) + " |", flush=True)


def machines(gamma: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for weights in (None, "balanced"):
        said = "" if weights is None else ", classes balanced"
        linear = LinearSVC(C=0.1, dual=False, class_weight=weights)
        found[f"exact, hinge{said}"] = SVC(C=1.0, gamma=gamma, class_weight=weights)
        for components in (200, 500):
            nystroem = Nystroem(gamma=gamma, n_components=components, random_state=0)
            found[f"Nyström {components}, squared hinge{said}"] = make_pipeline(nystroem, linear)
        found[f"linear, squared hinge{said}"] = linear
    return found


def opened() -> None:
    show(answer(ask_response(loaded("bank_additional_full.csv.gz"))))


def shares() -> None:
    asked = ask_response(loaded("bank_additional_full.csv.gz"))
    print(HEADER)
    for share in (0.15, 0.2, 0.25, 0.3):
        row(asked, 1 - share, 1.0)


def seeds() -> None:
    asked = ask_response(loaded("bank_additional_full.csv.gz"))
    print(HEADER)
    for seed in (1, 2):
        row(asked, 0.8, 1.0, seed)


def loaded(name: str) -> Dataset:
    folder = os.environ.get("MARKETEER_REAL_DATA", "")
    if not folder:
        sys.exit("Set MARKETEER_REAL_DATA to the folder of the data files.")
    dataset = load([Path(folder) / name], Path(tempfile.mkdtemp())).dataset
    assert dataset is not None
    return dataset


def first_orders(dataset: Dataset) -> Asked:
    last = pd.Timestamp(dataset.need_as_of())
    orders = dataset.frame(
        "SELECT customer_row, ordered_at, net_amount FROM orders "
        "WHERE customer_row IS NOT NULL AND order_kind = 'sale' ORDER BY ordered_at, order_id"
    )
    country = dataset.frame("SELECT customer_row, country FROM customers").set_index("customer_row")[
        "country"
    ]
    first = orders.drop_duplicates("customer_row").set_index("customer_row")
    first = first[first["ordered_at"] < last - pd.Timedelta(days=91)]
    later = orders.join(first["ordered_at"].rename("began"), on="customer_row", how="inner")
    days = (later["ordered_at"].dt.normalize() - later["began"].dt.normalize()).dt.days
    again = later.loc[(days > 0) & (days <= 91), "customer_row"].unique()
    raw = pd.DataFrame(
        {
            "began_at": first["ordered_at"].to_numpy(),
            "amount": first["net_amount"].to_numpy(float),
            "weekday": first["ordered_at"].dt.day_name().to_numpy(),
            "hour": first["ordered_at"].dt.hour.to_numpy(float),
            "country": country.reindex(first.index).to_numpy(),
        }
    )
    values = first.index.isin(again).astype(float)
    return Asked(Target.ANSWER, "again", raw, values, first.index.to_numpy(np.int32), frozenset())


def until(asked: Asked, rows: int) -> Asked:
    return replace(
        asked,
        raw=asked.raw.iloc[:rows].reset_index(drop=True),
        values=asked.values[:rows],
        customers=asked.customers[:rows],
    )


def row(asked: Asked, start: float, end: float, seed: int = 0) -> None:
    """Let the rule see the rows up to `start` and print what it reaches on those up to `end`."""
    rows = round(len(asked.values) * end)
    begun = time.process_time()
    answered = answer(until(asked, rows), seed=seed, test_share=1 - start / end)
    used, raw = answered.measures[answered.used.code], answered.uncorrected
    best = max(answered.measures[one.code]["auc"] for one in answered.comparison.contenders)
    shuffled = max(1 - one.shuffled for one in answered.comparison.contenders)
    outcome = answered.asked.values[-answered.tested :]
    cells = (
        f"{start:.0%}",
        f"{end:.0%}",
        answered.used.code,
        f"{used['auc']:.4f}",
        f"{best:.4f}",
        f"{shuffled:.4f}",
        *(f"{one['brier']:.4f}" for one in (used, raw)),
        *(f"{100 * one['calibration_error']:.2f}" for one in (used, raw)),
        f"{answered.table['predicted'].mean():.1%}",
        f"{outcome.mean():.1%}",
        answered.correction.way.value,
        f"{time.process_time() - begun:.0f}",
    )
    print("| " + " | ".join(cells) + " |", flush=True)


def show(answered: Answered) -> None:
    for one in answered.left_out:
        print(f"left out: {one.column}, {one.reason.value}; alone it has an AUC of {one.alone:.4f}")
    print(
        f"{answered.known:,} customers, {answered.tested:,} newest for the test; used: {answered.used.code}"
    )
    print(f"correction of chances: {answered.correction}\n")
    print(f"{'model':<18}" + "".join(f"{name:>19}" for name in (*COLUMNS, "inside training", "shuffled")))
    for one in answered.comparison.contenders:
        figures = [answered.measures[one.code][name] for name in COLUMNS] + [1 - one.loss, 1 - one.shuffled]
        print(f"{one.code:<18}" + "".join(f"{figure:>19.4f}" for figure in figures))
    print(f"{'(not corrected)':<18}" + "".join(f"{answered.uncorrected[name]:>19.4f}" for name in COLUMNS))
    for title, bins in (("corrected", answered.bins), ("not corrected", answered.bins_uncorrected)):
        print(f"\n{title}: chance, share that came, customers")
        for group in bins:
            print(f"{group.predicted:>8.3f} {group.observed:>8.3f} {group.customers:>8,}")


if __name__ == "__main__":
    main()
