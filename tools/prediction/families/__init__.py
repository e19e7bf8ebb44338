"""One file per family of models. Each exports `FAMILY`; another family is another file.

A candidate is fitted on a panel and predicts for a panel, so that plain regressions on features and models
of purchase histories are compared in the same way.
"""

import importlib
import pkgutil

from marketeer.tools.prediction.family import Family


def families() -> tuple[Family, ...]:
    """Give every family in this folder, simplest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").FAMILY for name in names]
    return tuple(sorted(found, key=lambda family: (family.complexity, family.code)))
