"""Who says yes, on UCI Bank Marketing: every model on the newest fifth, in training and on shuffled rows.

The file is looked for in the folder MARKETEER_REAL_DATA names.
Run: `python benchmarks/prediction_response.py`.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from marketeer.tools.prediction.attributes.answering import Answered, answer
from marketeer.tools.prediction.attributes.question import ask_response
from marketeer.tools.sources.loading import load

COLUMNS = ("auc", "average_precision", "brier", "calibration_error")


def main() -> None:
    folder = os.environ.get("MARKETEER_REAL_DATA", "")
    if not folder:
        sys.exit("Set MARKETEER_REAL_DATA to the folder of the data files.")
    dataset = load([Path(folder) / "bank_additional_full.csv.gz"], Path(tempfile.mkdtemp())).dataset
    assert dataset is not None
    start = time.perf_counter()
    answered = answer(ask_response(dataset))
    show(answered)
    print(f"\n{time.perf_counter() - start:.0f} s on {os.cpu_count()} cores.")


def show(answered: Answered) -> None:
    for one in answered.left_out:
        print(f"left out: {one.column}, {one.reason.value}; alone it has an AUC of {one.alone:.4f}")
    print(
        f"{answered.known:,} customers, {answered.tested:,} newest for the test; used: {answered.used.code}\n"
    )
    print(f"{'model':<18}" + "".join(f"{name:>19}" for name in (*COLUMNS, "inside training", "shuffled")))
    for one in answered.comparison.contenders:
        figures = [answered.measures[one.code][name] for name in COLUMNS] + [1 - one.loss, 1 - one.shuffled]
        print(f"{one.code:<18}" + "".join(f"{figure:>19.4f}" for figure in figures))
    print("\nchance, share that came, customers")
    for group in answered.bins:
        print(f"{group.predicted:>8.3f} {group.observed:>8.3f} {group.customers:>8,}")


if __name__ == "__main__":
    main()
