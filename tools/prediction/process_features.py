"""What each customer's own rhythm lets expect, as features for models that learn from outcomes.

A purchase process (MBG/NBD with Gamma-Gamma) is fitted on the histories of a panel's cut-off alone. Its
expected orders and expected amount an order tell a regression what no single figure does: how unusual a
silence is for this customer. Inside the training period this lowers the loss of the Tweedie GLM.
"""

import numpy as np

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.prediction.btyd.bg_nbd import BgNbd
from marketeer.tools.prediction.btyd.gamma_gamma import GammaGamma
from marketeer.tools.prediction.panel import EXPECTED_AMOUNT, EXPECTED_ORDERS, Panel


def with_process(panel: Panel) -> Panel:
    """Add `expected_orders` within the panel's period and `expected_order_amount`; 0 where nothing fits."""
    history, (days, mean) = panel.history(), panel.spending()
    none = np.zeros(len(panel))
    try:
        orders = BgNbd.fit(history, modified=True).expected_purchases(history, panel.days / 7).clip(0)
        amount = GammaGamma.fit(days, mean).expected_mean(days, mean).clip(0)
    except Insufficient:
        orders = amount = none
    table = panel.table.assign(**{EXPECTED_ORDERS: orders, EXPECTED_AMOUNT: amount})
    return Panel(table, panel.spend, panel.orders, panel.days)
