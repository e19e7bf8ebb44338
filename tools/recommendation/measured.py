"""What was learnt and measured of a blend, small enough to keep beside the snapshot and find again."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good top-10 lists were on a test period.

    Attributes:
        customers: Customers judged.
        ndcg: Mean NDCG@10.
        recall: Mean share of the truth that was in the list.
        hit_rate: Share of customers with at least one hit.
        coverage: Share of products ever listed.
        by_rank: Share of lists whose product at each rank was bought.
    """

    customers: int
    ndcg: float
    recall: float
    hit_rate: float
    coverage: float
    by_rank: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A blend's weights and how good it was on the period after the one they were learnt on.

    Attributes:
        weights: Part code → weight.
        settings: Setting → its value.
        blend: The blend on the test period.
        parts: Each part alone on the test period.
        baseline: The part that stands for the best-seller list, or for buying the same again.
        period_days: Length of the validation and of the test period.
        gain: Mean paired difference in NDCG to the baseline, in its standard errors.
    """

    weights: Mapping[str, float]
    settings: Mapping[str, int]
    blend: Accuracy
    parts: Mapping[str, Accuracy]
    baseline: str
    period_days: int
    gain: float

    @property
    def beats_baseline(self) -> bool:
        """Whether the blend is better than the baseline by more than two standard errors."""
        return self.gain > 2


MEASURED_JSON: TypeAdapter[Measured | None] = TypeAdapter(Measured | None)
"""Turns what was measured into JSON and back; null where nothing could be measured."""
