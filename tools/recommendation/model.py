"""What was learnt for a snapshot, kept beside it, so that the next question does not wait for it again."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from marketeer.tools.recommendation.interactions import Scores
from marketeer.tools.recommendation.linear import Weights
from marketeer.tools.recommendation.measured import MEASURED_JSON, Measured

_MEASURED, _LEAST = "measured.json", "least.npy"
_DENSE, _SPARSE = ".weights.npy", ".weights.npz"


@dataclass(frozen=True, slots=True)
class Model:
    """Item-to-item weights, with what was measured of the blend they belong to. Names no customer.

    Attributes:
        measured: Weights, settings and accuracy; None where too little could be measured.
        weights: Part code → products × products.
        least: The score each product must reach to be listed, −∞ for most.
    """

    measured: Measured | None
    weights: Mapping[str, Weights]
    least: Scores

    def save(self, folder: Path) -> None:
        """Write into a folder, beside first and then renamed in."""
        beside = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True, mode=0o700)
        (beside / _MEASURED).write_bytes(MEASURED_JSON.dump_json(self.measured))
        np.save(beside / _LEAST, self.least)
        for code, weights in self.weights.items():
            if sp.issparse(weights):
                sp.save_npz(beside / f"{code}{_SPARSE}", weights, compressed=False)
            else:
                np.save(beside / f"{code}{_DENSE}", weights)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)


def sweep_models(kept: Path, newest: Path) -> None:
    """Remove the models of the same task that belong to other snapshots, days or rules."""
    task = "-".join(newest.name.split("-")[:2])
    for path in kept.glob(f"{task}-*"):
        if path.is_dir() and path != newest:
            shutil.rmtree(path, ignore_errors=True)


def load_model(folder: Path) -> Model | None:
    """Read a model back; None where there is none. Dense weights stay on disk until they are used."""
    if not folder.exists():
        return None
    weights: dict[str, Weights] = {}
    for path in sorted(folder.glob(f"*{_DENSE}")):
        weights[path.name.removesuffix(_DENSE)] = np.asarray(np.load(path, mmap_mode="r"))
    for path in sorted(folder.glob(f"*{_SPARSE}")):
        weights[path.name.removesuffix(_SPARSE)] = sp.csr_matrix(sp.load_npz(path))
    measured = MEASURED_JSON.validate_json((folder / _MEASURED).read_bytes())
    return Model(measured, weights, np.load(folder / _LEAST))
