"""Who moved between segments since an earlier day, by the same rule on both days.

The thresholds or centres of today are laid on the earlier day, so that a move is a customer's, not the
ruler's. Purchases only add up: over time customers can lose recency, but never orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from marketeer.tools.core.columns import CUSTOMER_ROW
from marketeer.tools.core.findings import Fact, Note, Subject, SubjectKind, Unit, View, segment
from marketeer.tools.segmentation.summary import Codes

MOST_MOVES = 10
FLOWS = ("customers_before", "arrived", "left", "joined", "customers")


@dataclass(frozen=True, slots=True)
class Move:
    """The moves that are asked for, by segment then and segment now; None stands for any."""

    before: str | None = None
    now: str | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be answered: nothing where all moves are asked for."""
        ends = {"before": self.before, "now": self.now}
        named = {end: code for end, code in ends.items() if code}
        return (Note(f"asked_{'_'.join(named)}", named),) if named else ()

    def among(self, moves: pd.DataFrame) -> pd.DataFrame:
        """Give the counted moves that are asked for."""
        wanted = pd.Series(data=True, index=moves.index)
        for end, code in (("before", self.before), ("now", self.now)):
            wanted &= (moves[end] == code) if code else True
        return moves[wanted]


@dataclass(frozen=True, slots=True)
class Migration:
    """Segments of the same customers on two days.

    Attributes:
        moves: Customers by `before` and `now`; those who were no customers before are not in it.
        joined: Customers who came since, by segment now.
    """

    moves: pd.DataFrame
    joined: "pd.Series[int]"


def migrate(then: pd.DataFrame, codes_then: Codes, now: pd.DataFrame, codes_now: Codes) -> Migration:
    """Count moves between two days.

    Args:
        then: Customers on the earlier day, with `customer_row`.
        codes_then: Their segments.
        now: Customers now.
        codes_now: Their segments.
    """
    before = pd.DataFrame({CUSTOMER_ROW: then[CUSTOMER_ROW].to_numpy(), "before": codes_then})
    after = pd.DataFrame({CUSTOMER_ROW: now[CUSTOMER_ROW].to_numpy(), "now": codes_now})
    both = before.merge(after, on=CUSTOMER_ROW, how="right")
    known = both["before"].notna()
    moves = both[known].groupby(["before", "now"]).size().reset_index(name="customers")
    return Migration(moves, both[~known].groupby("now").size())


def migration_facts(
    migration: Migration, order: tuple[str, ...], asked: Move, *, drifted: bool = False
) -> tuple[list[Fact], tuple[View, ...]]:
    """Give who moved: per segment before, arrived, left and joined; and the largest of the moves asked for.

    Args:
        migration: The counts.
        order: The segments as they are shown.
        asked: The moves asked for.
        drifted: Whether segments have a fact `drift` to show beside.
    """
    moves = migration.moves
    moved = moves[moves["before"] != moves["now"]]
    shown = (*order, *sorted(set(moves["before"]) - set(order)))
    total = int(moves["customers"].sum())
    facts = [Fact("customers_before", total, Unit.CUSTOMERS)]
    if total:
        share = 100 * float(moved["customers"].sum()) / total
        facts.append(Fact("moved_share", share, Unit.PERCENT))
    for code in dict.fromkeys((*shown, *filter(None, (asked.before, asked.now)))):
        facts += _flows(code, moves, moved, int(migration.joined.get(code, 0)))
    among = asked.among(moved).sort_values(["customers", "before", "now"], ascending=[False, True, True])
    largest = among[:MOST_MOVES]
    told = [
        (str(before), str(now), int(count))
        for before, now, count in zip(largest["before"], largest["now"], largest["customers"], strict=True)
    ]
    if asked.before and asked.now and not told:
        told = [(asked.before, asked.now, 0)]
    rows = [Subject(SubjectKind.SEGMENT, now, segment(before)) for before, now, _ in told]
    facts += [Fact("moved", told[n][2], Unit.CUSTOMERS, row) for n, row in enumerate(rows)]
    columns = (*FLOWS, "drift") if drifted else FLOWS
    flows = View("flows", tuple(map(segment, shown)), columns)
    return facts, (flows, View("moves", tuple(rows), ("moved",))) if rows else (flows,)


def _flows(code: str, moves: pd.DataFrame, moved: pd.DataFrame, joined: int) -> Iterator[Fact]:
    counts = {
        "customers_before": moves.loc[moves["before"] == code, "customers"].sum(),
        "arrived": moved.loc[moved["now"] == code, "customers"].sum(),
        "left": moved.loc[moved["before"] == code, "customers"].sum(),
        "joined": joined,
    }
    for name, count in counts.items():
        yield Fact(name, int(count), Unit.CUSTOMERS, segment(code))
