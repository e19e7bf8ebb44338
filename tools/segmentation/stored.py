"""A fitted segmentation as JSON beside its payload, so that it can be laid on other customers and dates.

Schemes, bands, purchase processes and clusters with centres can be stored; density clusters and Gaussian
mixtures are too large or too particular, and are not.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from marketeer.tools.segmentation.bands import FittedBands, ValueModel
from marketeer.tools.segmentation.clustering import FittedClustering
from marketeer.tools.segmentation.families.nearest import Centres
from marketeer.tools.segmentation.processes import Processes
from marketeer.tools.segmentation.rfm import SCHEMES, FittedScheme, SchemeName
from marketeer.tools.segmentation.scores import Ruler
from marketeer.tools.segmentation.space import Space
from marketeer.tools.segmentation.stability import Fitted
from marketeer.tools.segmentation.summary import Codes


@dataclass(frozen=True, slots=True)
class Laid:
    """A fitted segmentation with the codes of its labels.

    Attributes:
        fitted: Says which label a customer has.
        names: Label → segment code.
    """

    fitted: Fitted
    names: Mapping[int, str]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns it reads."""
        fitted = self.fitted
        return fitted.space.names if isinstance(fitted, FittedClustering) else ()

    def codes(self, features: pd.DataFrame) -> Codes:
        """Give each customer's segment."""
        return pd.Series(self.fitted.assign(features)).map(self.names).to_numpy(dtype=object)


def stored(laid: Laid) -> dict[str, Any]:
    """Describe a fitted segmentation in JSON values; empty where it cannot be."""
    fitted = laid.fitted
    names = {"names": {str(label): code for label, code in laid.names.items()}}
    if isinstance(fitted, FittedScheme):
        return {
            "kind": "scheme",
            **names,
            "scheme": fitted.scheme.name,
            "rulers": [*map(asdict, fitted.rulers)],
        }
    if isinstance(fitted, FittedBands):
        return {
            "kind": "bands",
            **names,
            **_model(fitted.model),
            "ruler": asdict(fitted.ruler),
            "bands": fitted.bands,
        }
    if isinstance(fitted, Processes):
        return {"kind": "processes", **names, **{k: v.tolist() for k, v in asdict(fitted).items()}}
    if isinstance(fitted, FittedClustering) and isinstance(fitted.partition, Centres):
        centres = fitted.partition.centres.tolist()
        return {"kind": "centres", **names, "space": asdict(fitted.space), "centres": centres}
    return {}


def restored(rule: Mapping[str, Any]) -> Laid | None:
    """Build a fitted segmentation from its description; None where there is none."""
    if not rule:
        return None
    names = {int(label): str(code) for label, code in rule["names"].items()}
    return Laid(_READERS[rule["kind"]](rule), names)


def _model(model: ValueModel) -> dict[str, Any]:
    return {"space": asdict(model.space), "weights": list(model.weights), "intercept": model.intercept}


def _ruler(raw: Mapping[str, Any]) -> Ruler:
    return Ruler(tuple(raw["bounds"]), tuple(raw["levels"]))


def _scheme(rule: Mapping[str, Any]) -> Fitted:
    name: SchemeName = rule["scheme"]
    recency, frequency, monetary = map(_ruler, rule["rulers"])
    return FittedScheme(SCHEMES[name], (recency, frequency, monetary))


def _bands(rule: Mapping[str, Any]) -> Fitted:
    model = ValueModel(Space.restored(rule["space"]), tuple(rule["weights"]), rule["intercept"])
    return FittedBands(model, _ruler(rule["ruler"]), rule["bands"])


def _centres(rule: Mapping[str, Any]) -> Fitted:
    return FittedClustering(
        Space.restored(rule["space"]), Centres(np.asarray(rule["centres"], dtype=np.float64))
    )


def _processes(rule: Mapping[str, Any]) -> Fitted:
    parameters = (field.name for field in fields(Processes))
    return Processes(*(np.asarray(rule[name], dtype=np.float64) for name in parameters))


_READERS = {"scheme": _scheme, "bands": _bands, "centres": _centres, "processes": _processes}
