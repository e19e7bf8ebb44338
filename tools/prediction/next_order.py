"""When a customer will order next, as a range: from expected purchases, not from a single average gap.

With E(t) expected purchases within t, the chance of at least one is taken as 1 − exp(−E(t)); the range runs
from where it passes 10 % to where it passes 90 %, the median from where it passes 50 %.
"""

import numpy as np
import pandas as pd

from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.panel import Panel

FARTHEST_DAYS = 730
_STEP = 2


def next_order_days(panel: Panel) -> pd.DataFrame:
    """Estimate the days until the next order of every customer who ordered on at least two days.

    Args:
        panel: Customers as of now.

    Returns:
        `customer_row`, `median`, `low`, `high` in days from the cut-off (80 % range); NaN beyond two years.
        Customers with one order day are left out: nothing personal is known of their rhythm.
    """
    repeat = panel.take(np.flatnonzero(panel.table["order_days"].to_numpy(float) > 1))
    model = BgNbd.fit(panel.history(), modified=True)
    days = np.arange(_STEP, FARTHEST_DAYS + 1, _STEP, dtype=float)
    history = repeat.history()
    chance = np.column_stack([1 - np.exp(-model.expected_purchases(history, day / 7)) for day in days])
    table = pd.DataFrame({"customer_row": repeat.customers})
    for name, level in (("median", 0.5), ("low", 0.1), ("high", 0.9)):
        table[name] = _first_passing(chance, days, level)
    return table


def _first_passing(chance: Floats, days: Floats, level: float) -> Floats:
    passed = chance >= level
    first: Floats = np.where(passed.any(axis=1), days[passed.argmax(axis=1)], np.nan)
    return first
