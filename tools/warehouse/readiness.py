"""What the loaded data is good enough for: full, degraded or refused, with the reason, per capability.

Below some hundred buyers, which is what vendors ask for (100 to 500 with and as many without the outcome), no
model of single customers is made; and a season seen once cannot be told from a trend.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from marketeer.tools.core.columns import Assignment, Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.profile import DataProfile

FEW = 200
ENOUGH = 500
SHORT_DAYS = 180
YEAR_DAYS = 365
TWO_YEARS_DAYS = 730
ARM_FLOOR = 30
TEST_FLOOR = 2_000
CATALOGUE_FLOOR = 20


class Capability(StrEnum):
    """What Marketeer can do with data."""

    SEGMENTS = auto()
    VALUE = auto()
    LAPSE = auto()
    RECOMMENDATIONS = auto()
    UPLIFT = auto()
    TESTS = auto()
    AUDIENCES = auto()


class Status(StrEnum):
    """How far a capability will carry."""

    FULL = auto()
    DEGRADED = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Readiness:
    """One capability's status and the code of the reason for it."""

    status: Status
    reason: str


_FULL = Readiness(Status.FULL, "all_there")


def judge(dataset: Dataset, profile: DataProfile) -> Mapping[Capability, Readiness]:
    """Judge every capability."""
    return {capability: test(dataset, profile) for capability, test in _TESTS.items()}


def _degraded(reason: str) -> Readiness:
    return Readiness(Status.DEGRADED, reason)


def _refused(reason: str) -> Readiness:
    return Readiness(Status.REFUSED, reason)


def _buyers(profile: DataProfile) -> int:
    return int(profile.orders.get("buyers") or 0)


def _segments(dataset: Dataset, profile: DataProfile) -> Readiness:
    if not _buyers(profile):
        return _degraded("attributes_only") if dataset.attributes else _refused("no_orders")
    if _buyers(profile) < FEW:
        return _degraded("few_customers")
    return _degraded("short_history") if profile.days < SHORT_DAYS else _FULL


def _forecast(profile: DataProfile) -> Readiness:
    if not _buyers(profile):
        return _refused("no_orders")
    if _buyers(profile) < FEW:
        return _refused("few_customers")
    if profile.days < SHORT_DAYS:
        return _refused("short_history")
    if _buyers(profile) < ENOUGH:
        return _degraded("few_customers")
    return _degraded("season_seen_once") if profile.days < TWO_YEARS_DAYS else _FULL


def _value(dataset: Dataset, profile: DataProfile) -> Readiness:
    return _forecast(profile)


def _lapse(dataset: Dataset, profile: DataProfile) -> Readiness:
    ready = _forecast(profile)
    if ready.status is not Status.REFUSED and int(profile.orders["repeat_buyers"]) < FEW // 2:
        return _refused("few_repeat_buyers")
    return ready


def _recommendations(dataset: Dataset, profile: DataProfile) -> Readiness:
    if not profile.lines:
        return _refused("no_order_lines")
    if int(profile.lines["sold_products"]) < 2:
        return _refused("one_product")
    if int(profile.lines["multi_buyers"]) < FEW // 2:
        return _degraded("few_multi_buyers")
    if int(profile.lines["sold_products"]) < CATALOGUE_FLOOR:
        return _degraded("few_products")
    return _FULL if "products.product_name" in profile.filled else _degraded("no_product_names")


def _uplift(dataset: Dataset, profile: DataProfile) -> Readiness:
    if not profile.campaigns:
        return _refused("no_campaign")
    large = [c for c in profile.campaigns if min(c["control"], c["treated"]) >= ARM_FLOOR]
    if not large:
        return _degraded("no_control")
    if any(c["assignment"] == Assignment.RANDOMISED for c in large):
        return _FULL
    unknown = any(c["assignment"] == Assignment.UNKNOWN for c in large)
    return _degraded("assignment_unknown" if unknown else "not_randomised")


def _tests(dataset: Dataset, profile: DataProfile) -> Readiness:
    if not profile.customers:
        return _refused("no_customers")
    if not _buyers(profile):
        return _degraded("no_base_rate")
    return _degraded("small_tests") if profile.customers < TEST_FLOOR else _FULL


def _audiences(dataset: Dataset, profile: DataProfile) -> Readiness:
    if not profile.customers:
        return _refused("no_customers")
    if not profile.consents:
        return _degraded("no_consent")
    granted = sum(counts.get("granted", 0) for counts in profile.consents.values())
    return _FULL if granted else _degraded("nobody_consented")


_TESTS: Mapping[Capability, Callable[[Dataset, DataProfile], Readiness]] = {
    Capability.SEGMENTS: _segments,
    Capability.VALUE: _value,
    Capability.LAPSE: _lapse,
    Capability.RECOMMENDATIONS: _recommendations,
    Capability.UPLIFT: _uplift,
    Capability.TESTS: _tests,
    Capability.AUDIENCES: _audiences,
}
NEEDS: Mapping[Capability, tuple[Table, ...]] = {
    Capability.SEGMENTS: (Table.ORDERS,),
    Capability.VALUE: (Table.ORDERS,),
    Capability.LAPSE: (Table.ORDERS,),
    Capability.RECOMMENDATIONS: (Table.ORDER_LINES, Table.PRODUCTS),
    Capability.UPLIFT: (Table.CAMPAIGNS, Table.SENDS),
    Capability.TESTS: (Table.CUSTOMERS,),
    Capability.AUDIENCES: (Table.CUSTOMERS,),
}
"""Capability → the tables it rests on."""
