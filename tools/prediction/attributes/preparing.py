"""Rows to learn from and rows to be predicted, turned into numbers together.

What preparation reads looks at no outcome: medians, spreads, which words occur. It is therefore read from the
rows that are learnt from and from those to be predicted, which are known when the prediction is made. Where
columns move with time (prices, rates of interest) the newest rows lie outside the range of all earlier ones;
measured by the spread of the earlier rows alone they would be many standard deviations away, and a slope
learnt on a sliver of the range would be stretched by as much. Measured by the spread of both, a penalty holds
the slope by what it does where it is used. (Shimodaira 2000, J. Stat. Plan. Inference 90, on why the inputs
to be predicted belong into the fit under such a shift.)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from marketeer.tools.prediction.attributes.columns import encoder
from marketeer.tools.prediction.attributes.table import AttributeTable


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows as numbers.

    Attributes:
        step: The fitted preparation.
        learnt: The rows to learn from.
        asked: The rows to be predicted.
    """

    step: Any
    learnt: AttributeTable
    asked: AttributeTable

    def again(self, table: AttributeTable) -> AttributeTable:
        """Turn other rows into numbers by the same preparation."""
        return _numbers(self.step, table)


def prepare(learnt: AttributeTable, asked: AttributeTable) -> Prepared:
    """Prepare rows to learn from together with rows to be predicted; outcomes are not read."""
    both = pd.concat([learnt.columns, asked.columns], ignore_index=True)
    step = encoder(both).fit(both)
    return Prepared(step, _numbers(step, learnt), _numbers(step, asked))


def _numbers(step: Any, table: AttributeTable) -> AttributeTable:
    values = np.asarray(step.transform(table.columns), dtype=float)
    names = [f"n{number}" for number in range(values.shape[1])]
    return AttributeTable(pd.DataFrame(values, columns=names), table.values, table.customers)
