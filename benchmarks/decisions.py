"""How good the decisions are where the truth is planted: regret against an oracle, coverage, false winners.

Each generated shop ran one randomised campaign over its segments; a rule then decides which segments get the
next one. Regret is the profit an oracle who knows the true effects would have made more, per 1,000 contacts
of the whole shop. Run: `python benchmarks/decisions.py [shops [first seed]]`; rules were settled on
seeds from 20000 on, figures are quoted from those from 0 on.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.ranking import ERROR_RATE, SENT, GroupArms, Ranking, rank_groups
from marketeer.tools.targeting.significance import p_not_above_zero, sidak_p

Vector = NDArray[np.float64]
PATTERNS = ("follows response", "opposes response", "flat", "none", "negative for some", "at break-even")


@dataclass(frozen=True, slots=True)
class Shop:
    """One generated shop: per segment customers, true rates without and with the offer, and its money."""

    pattern: str
    customers: NDArray[np.int64]
    base: Vector
    treated: Vector
    money: tuple[Economics, ...]
    control_share: float

    @property
    def profit(self) -> Vector:
        """True profit per contact in each segment."""
        pairs = zip(self.money, self.base, self.treated, strict=True)
        return np.array([money.profit_per_contact(b, t) for money, b, t in pairs])

    def earned(self, chosen: NDArray[np.bool_]) -> float:
        """Profit per 1,000 customers of the shop when the chosen segments get the offer."""
        return float(1000 * (self.profit * self.customers * chosen).sum() / self.customers.sum())


def make_shop(pattern: str, random: np.random.Generator, customers: int | None = None) -> Shop:
    """Draw a shop with an effect pattern."""
    segments = int(random.integers(4, 12))
    total = customers or int(random.choice([3_000, 10_000, 30_000, 100_000, 300_000]))
    sizes = np.maximum((random.dirichlet(np.full(segments, 2.0)) * total).astype(int), 50)
    base = np.sort(np.exp(random.uniform(np.log(0.005), np.log(random.choice([0.08, 0.3])), segments)))
    order = random.uniform(30, 120) * np.exp(random.normal(0, 0.25, segments))
    margin, discount = random.uniform(0.35, 0.65), random.choice([0.05, 0.1, 0.15])
    cost = float(random.choice([0.0, 0.02, 0.08]))
    money = tuple(Economics(float(v * margin), float(v * discount), cost) for v in order)
    treated = np.clip(base + _lift(pattern, base, money, random), 0.0005, 0.95)
    return Shop(pattern, sizes, base, treated, money, float(random.choice([0.1, 0.2, 0.5])))


def _lift(pattern: str, base: Vector, money: Sequence[Economics], random: np.random.Generator) -> Vector:
    rank = np.arange(base.size) / (base.size - 1)
    size = random.uniform(0.005, 0.05)
    if pattern == "follows response":
        return base * random.uniform(0.2, 0.9)
    if pattern == "opposes response":
        return size * (1 - rank) * random.uniform(0.8, 1.2, base.size)
    if pattern == "flat":
        return np.full(base.size, size)
    if pattern == "negative for some":
        return size * random.choice([-0.5, 1.0], base.size)
    if pattern == "at break-even":
        return np.array([m.break_even_lift(b) or 0.0 for m, b in zip(money, base, strict=True)])
    return np.zeros(base.size)


def run_campaign(shop: Shop, random: np.random.Generator) -> list[GroupArms]:
    """Draw the campaign's results."""
    arms = []
    for at, people in enumerate(shop.customers):
        control = int(random.binomial(people, shop.control_share))
        c = Proportion(int(random.binomial(control, shop.base[at])), control)
        t = Proportion(int(random.binomial(people - control, shop.treated[at])), int(people) - control)
        arms.append(GroupArms(str(at), t, c, shop.money[at], int(people)))
    return arms


def marketeer(ranking: Ranking, arms: Sequence[GroupArms]) -> NDArray[np.bool_]:
    chosen = {one.arms.group for one in ranking.standings if one.decision in SENT}
    return np.array([arm.group in chosen for arm in arms])


def by_response(_: Ranking, arms: Sequence[GroupArms]) -> NDArray[np.bool_]:
    return _upper_half(np.array([arm.treated.rate for arm in arms]), arms)


def by_value(_: Ranking, arms: Sequence[GroupArms]) -> NDArray[np.bool_]:
    return _upper_half(np.array([arm.control.rate * arm.money.margin for arm in arms]), arms)


def _upper_half(score: Vector, arms: Sequence[GroupArms]) -> NDArray[np.bool_]:
    order = np.argsort(-np.nan_to_num(score))
    people = np.array([arm.tested for arm in arms])[order]
    chosen = np.zeros(len(arms), dtype=bool)
    chosen[order] = np.cumsum(people) - people < people.sum() / 2
    return chosen


RULES: dict[str, Callable[[Ranking, Sequence[GroupArms]], NDArray[np.bool_]]] = {
    "marketeer": marketeer,
    "by response": by_response,
    "by value": by_value,
    "everybody": lambda _, arms: np.ones(len(arms), dtype=bool),
    "nobody": lambda _, arms: np.zeros(len(arms), dtype=bool),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one shop.

    Attributes:
        regret: Per rule, what the oracle earned more.
        oracle: What the oracle earned.
        lifts: Per judged segment, whether the interval of its measured lift holds the truth.
        profits: The same for the interval of its expected profit.
        false_winner: Whether a segment was recommended that does not pay.
        false_effect: Whether a segment that is not moved was said to be.
    """

    regret: dict[str, float]
    oracle: float
    lifts: list[bool]
    profits: list[bool]
    false_winner: bool
    false_effect: bool


def try_shop(shop: Shop, random: np.random.Generator, seed: int) -> Trial:
    """Run a campaign, let every rule decide, and compare with the oracle."""
    arms = run_campaign(shop, random)
    ranking = rank_groups(arms, seed)
    truth = shop.profit
    best = shop.earned(truth > 0)
    regret = {name: best - shop.earned(rule(ranking, arms)) for name, rule in RULES.items()}
    judged = [(one, int(one.arms.group)) for one in ranking.standings]
    lift = shop.treated - shop.base
    moved = sidak_p([p_not_above_zero(one.arms.treated, one.arms.control, (1, 1)) for one, _ in judged])
    return Trial(
        regret=regret,
        oracle=best,
        lifts=[one.lift.low <= lift[at] <= one.lift.high for one, at in judged],
        profits=[one.profit.low <= truth[at] <= one.profit.high for one, at in judged],
        false_winner=ranking.winner is not None and truth[int(ranking.winner.arms.group)] <= 1e-9,
        false_effect=any(p <= ERROR_RATE and lift[at] <= 0 for p, (_, at) in zip(moved, judged, strict=True)),
    )


def trials(pattern: str, shops: int, customers: int | None = None, first: int = 0) -> Iterator[Trial]:
    """Try many shops of one pattern, seeded by their numbers from `first` on."""
    for seed in range(first, first + shops):
        random = np.random.default_rng([seed, PATTERNS.index(pattern)])
        yield try_shop(make_shop(pattern, random, customers), random, seed)


def _share(flags: Sequence[float]) -> str:
    error = np.std(flags) / math.sqrt(len(flags))
    return f"{100 * np.mean(flags):.1f} ± {100 * error:.1f}"


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print()


def main(shops: int, first: int = 0) -> None:
    each = shops // len(PATTERNS)
    done = {pattern: list(trials(pattern, each, first=first)) for pattern in PATTERNS}
    print(f"Regret, money per 1,000 customers (± standard error), {each} shops per pattern")
    rows = [["pattern", *RULES, "marketeer - best other, paired"]]
    for pattern, tried in done.items():
        regret = {name: np.array([trial.regret[name] for trial in tried]) for name in RULES}
        other = min((name for name in RULES if name != "marketeer"), key=lambda name: regret[name].mean())
        gap = regret["marketeer"] - regret[other]
        cells = [f"{r.mean():.1f} ± {r.std() / math.sqrt(each):.1f}" for r in regret.values()]
        paired = f"{gap.mean():.1f} ± {gap.std() / math.sqrt(each):.1f} ({other})"
        rows.append([pattern, *cells, paired])
    _table(rows)
    print("Coverage of 90 % intervals and false claims (nominal 5 %), percent ± standard error")
    rows = [
        ["pattern", "measured lift", "expected profit", "winner that does not pay", "effect where none is"]
    ]
    everything = [trial for tried in done.values() for trial in tried]
    for pattern, tried in (*done.items(), ("all", everything)):
        rows.append(
            [
                pattern,
                _share([np.mean(trial.lifts) for trial in tried if trial.lifts]),
                _share([np.mean(trial.profits) for trial in tried if trial.profits]),
                _share([trial.false_winner for trial in tried]),
                _share([trial.false_effect for trial in tried]),
            ]
        )
    _table(rows)
    print("Share of the oracle's profit with 50,000 customers, percent")
    rows = [["pattern", "share", "shops"]]
    for pattern in ("follows response", "opposes response", "flat", "negative for some"):
        tried = [trial for trial in trials(pattern, each, 50_000, first) if trial.oracle > 0]
        got = sum(trial.oracle - trial.regret["marketeer"] for trial in tried)
        rows.append([pattern, f"{100 * got / sum(trial.oracle for trial in tried):.1f}", str(len(tried))])
    _table(rows)


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:] or ["1000"]))
