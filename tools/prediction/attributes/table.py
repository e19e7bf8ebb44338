"""Rows of readable customer columns with an outcome, as candidates of every family learn from them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.targets import Target


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """One row per customer.

    Attributes:
        columns: Readable columns, leaks left out.
        values: The outcome per row: 0 or 1, or a number; NaN where it is not known.
        customers: The customer row of each.
    """

    columns: pd.DataFrame
    values: Floats
    customers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.columns)

    def features(self) -> pd.DataFrame:
        """Give the model columns."""
        return self.columns

    def outcome(self, target: Target) -> Floats:
        """Give the outcome per row."""
        return self.values

    def take(self, rows: NDArray[np.intp]) -> "AttributeTable":
        """Give some rows, in that order."""
        return AttributeTable(
            self.columns.iloc[rows].reset_index(drop=True), self.values[rows], self.customers[rows]
        )

    def mixed(self, column: str, order: NDArray[np.intp]) -> "AttributeTable":
        """Give the table with the values of one column in another order."""
        changed = self.columns.assign(**{column: self.columns[column].to_numpy()[order]})
        return AttributeTable(changed, self.values, self.customers)
