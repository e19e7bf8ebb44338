"""What one fit costs, so that ways to segment can be compared by it without looking at the clock.

The same question must give the same figures on any machine and any day, so seconds are estimated from stated
costs; `benchmarks/segmentation.py` prints them beside measured ones.
"""

from dataclasses import dataclass

PER = 10_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to fit and to assign.

    Attributes:
        fit: Seconds per 10,000 customers that are fitted, on one core.
        assign: Seconds per 10,000 customers that are assigned.
        most: The most customers that are fitted; the others are only assigned. None fits all.
    """

    fit: float
    assign: float = 0.001
    most: int | None = None

    def fitted_on(self, customers: int) -> int:
        """Give how many of so many customers are fitted."""
        return customers if self.most is None else min(self.most, customers)

    def seconds(self, customers: int) -> float:
        """Estimate the seconds of one fit and assignment of so many customers."""
        return (self.fit * self.fitted_on(customers) + self.assign * customers) / PER
