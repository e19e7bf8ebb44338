"""RFM: customers scored by recency, frequency and monetary value, then named by a published scheme.

A scheme is a table of rules read from top to bottom, the first that fits wins; together they cover every
combination of scores. Sources: the five-step grid follows the widely used recency × frequency map
("Champions … Lost"; Bult & Wansbeek 1995 for the scores), sharpened by M at its ends; the three-step codes
are Klaviyo's published groups; the eight groups are the usual Chinese split (重要价值 … 一般挽留).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketeer.tools.core.errors import Insufficient
from marketeer.tools.segmentation.costs import Cost
from marketeer.tools.segmentation.scores import Ruler, Split, above, as_values, equal_parts
from marketeer.tools.warehouse import features as f

SchemeName = Literal["quintiles", "klaviyo", "eight_groups", "eight_groups_median"]
Scores = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a scheme: a segment for a box of scores, written `R F M` such as `4-5 4-5 1-5`."""

    segment: str
    box: str

    def fits(self, scores: Scores) -> bool:
        """Tell whether scores lie in the box."""
        return all(
            int(side[0]) <= s <= int(side[-1]) for side, s in zip(self.box.split(), scores, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Scheme:
    """A published way to name score combinations.

    Attributes:
        name: Its code.
        bins: How many scores each of R, F and M has.
        rules: The rules in order of precedence.
        split: Where two scores are cut; None cuts into equal parts.
    """

    name: SchemeName
    bins: int
    rules: tuple[Rule, ...]
    split: Split | None = None

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments it can name, in the order of its rules."""
        return tuple(dict.fromkeys(rule.segment for rule in self.rules))

    def segment(self, scores: Scores) -> str:
        """Name a combination of scores."""
        return next(rule.segment for rule in self.rules if rule.fits(scores))

    def cells(self) -> Mapping[Scores, str]:
        """Give every combination of scores with its segment."""
        steps = range(1, self.bins + 1)
        return {(r, m, v): self.segment((r, m, v)) for r, m, v in product(steps, steps, steps)}


def _codes(groups: Mapping[str, str]) -> Iterator[Rule]:
    for segment, codes in groups.items():
        yield from (Rule(segment, " ".join(code)) for code in codes.split())


_QUINTILES = (
    Rule("champions", "5-5 4-5 4-5"),
    Rule("loyal", "3-5 4-5 1-5"),
    Rule("potential_loyalists", "4-5 2-3 1-5"),
    Rule("new_customers", "5-5 1-1 1-5"),
    Rule("promising", "4-4 1-1 1-5"),
    Rule("need_attention", "3-3 3-3 1-5"),
    Rule("about_to_sleep", "3-3 1-2 1-5"),
    Rule("cannot_lose", "1-2 5-5 4-5"),
    Rule("at_risk", "1-2 3-5 1-5"),
    Rule("lost", "1-1 1-2 1-2"),
    Rule("hibernating", "1-2 1-2 1-5"),
)
_KLAVIYO = {
    "champions": "333 332 323",
    "loyal": "321 322 331 232 233",
    "recent_buyers": "312 313 311 222 223",
    "need_attention": "213 221 123 132 133",
    "at_risk": "231 212 122 131 211",
    "inactive_buyers": "111 112 113 121",
}
_EIGHT = {
    "important_value": "222",
    "important_develop": "212",
    "important_keep": "122",
    "important_retain": "112",
    "general_value": "221",
    "general_develop": "211",
    "general_keep": "121",
    "general_retain": "111",
}

SCHEMES: Mapping[SchemeName, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("quintiles", 5, _QUINTILES),
        Scheme("klaviyo", 3, tuple(_codes(_KLAVIYO))),
        Scheme("eight_groups", 2, tuple(_codes(_EIGHT)), "mean"),
        Scheme("eight_groups_median", 2, tuple(_codes(_EIGHT)), "median"),
    )
}

DIMENSIONS = (f.RECENCY, f.ORDERS, f.NET)
"""The feature columns behind R, F and M."""


@dataclass(frozen=True, slots=True)
class FittedScheme:
    """A scheme with the thresholds it found; labels are positions in `scheme.segments`.

    Recency is scored on its negative, since fewer days are better.
    """

    scheme: Scheme
    rulers: tuple[Ruler, Ruler, Ruler]

    def scores(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Give R, F and M of each customer, shape (n, 3)."""
        columns = zip(self.rulers, _oriented(features), strict=True)
        return np.column_stack([ruler.score(values) for ruler, values in columns])

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Give each customer's label."""
        names = self.scheme.segments
        table = np.zeros((self.scheme.bins,) * 3, dtype=np.int64)
        for (r, m, v), segment in self.scheme.cells().items():
            table[r - 1, m - 1, v - 1] = names.index(segment)
        scores = self.scores(features) - 1
        return table[scores[:, 0], scores[:, 1], scores[:, 2]]


@dataclass(frozen=True, slots=True)
class RfmMethod:
    """RFM by one scheme, as a way to segment."""

    scheme: Scheme

    @property
    def name(self) -> str:
        """Its code."""
        return f"rfm_{self.scheme.name}"

    @property
    def cost(self) -> Cost:
        """What a fit costs."""
        return Cost(0.002)

    def fit(self, features: pd.DataFrame, seed: int = 0) -> FittedScheme:
        """Find the thresholds of a shop."""
        rulers = [
            above(values, self.scheme.split)
            if self.scheme.split
            else equal_parts(values, self.scheme.bins, alone=alone)
            for values, alone in zip(_oriented(features), self._alone(features), strict=True)
        ]
        return FittedScheme(self.scheme, (rulers[0], rulers[1], rulers[2]))

    def _alone(self, features: pd.DataFrame) -> tuple[int, int, int]:
        middle = (self.scheme.bins + 1) // 2
        one_time = features[f.ORDERS].max() <= 1
        return middle, 1 if one_time else middle, middle


def _oriented(features: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    return -as_values(features[f.RECENCY]), as_values(features[f.ORDERS]), as_values(features[f.NET])


def check_rfm(features: pd.DataFrame) -> None:
    """Raise `Insufficient` where R, F and M cannot tell anybody from anybody."""
    if len(features) < 2:
        raise Insufficient(
            f"RFM needs at least two customers with orders; the data has {len(features)} by that date. "
            "Load more orders, or choose a later as-of date.",
            code="too_few_customers",
            customers=len(features),
        )
    if all(features[name].nunique() < 2 for name in DIMENSIONS):
        raise Insufficient(
            f"All {len(features)} customers have the same recency, order count and revenue, so RFM cannot "
            "tell them apart. Load a longer history.",
            code="no_variation",
            columns=list(DIMENSIONS),
        )
