"""Input formats, one file each. A module in this folder that exports `SOURCE` is one.

Sources know what a shop's export looks like; how it is read, cleaned and stored is `tools/warehouse`.
"""

import importlib
import pkgutil
from collections.abc import Sequence

from marketeer.tools.sources.source import Source


def sources() -> Sequence[Source]:
    """Give every input format in this folder, by name."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("demo")
    )
    return tuple(module.SOURCE for module in modules if hasattr(module, "SOURCE"))
