"""What changed since an earlier day or run: who moved, which groups go on, how far they drifted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Fact, FactKind, Note, Unit, View, segment
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.segmentation.identity import Continued, Landmarks, continue_names
from marketeer.tools.segmentation.making import Made
from marketeer.tools.segmentation.migration import Migration, Move, migrate, migration_facts
from marketeer.tools.segmentation.refresh import carried
from marketeer.tools.segmentation.stored import Laid
from marketeer.tools.segmentation.summary import in_order_of_value
from marketeer.tools.segmentation.table import customer_table

FAR = 0.5
"""Standard deviations per feature beyond which a group has drifted far: a medium effect (Cohen 1988)."""

Resolve = Callable[[Sequence[str], str], str]
"""Finds the segment that a person means among known ones."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is said of a change."""

    facts: tuple[Fact, ...] = ()
    views: tuple[View, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The moves that are asked for: from a segment, to a segment, from one to the other, or all.

    Attributes:
        left: The segment then, as it was written.
        reached: The segment now, as it was written.
        resolve: Finds their codes.
    """

    left: str | None
    reached: str | None
    resolve: Resolve

    def move(self, known: Sequence[str]) -> Move:
        """Give the codes of what is asked for."""
        ends = (text and self.resolve(known, text) for text in (self.left, self.reached))
        return Move(*ends)


def moved_since(
    made: Made, features: pd.DataFrame, day: date, dataset: Dataset, asked: Asked, *, assumed: bool
) -> Change:
    """Lay the rule of today on an earlier day and say who moved since.

    Args:
        made: The segmentation of today.
        features: Its customers.
        day: The earlier day.
        dataset: The snapshot.
        asked: The moves asked for.
        assumed: Whether nobody said which day.

    Raises:
        Retry: Nobody had ordered by then.
    """
    then = customer_table(dataset, made.laid.features, day)
    if then.empty:
        raise Retry(f"Nobody had ordered by {day}; name a later day.", code="nobody_yet")
    counted = migrate(then, made.laid.codes(then), features, made.codes)
    change = _told(counted, made, features, asked)
    kind = FactKind.ASSUMED if assumed else FactKind.GIVEN
    day_fact = Fact("compared_with", day, Unit.DATE, kind=kind)
    return Change((day_fact, *change.facts), change.views, (*change.notes, Note("fixed_thresholds")))


def continued(
    made: Made, features: pd.DataFrame, earlier: Segmentation, its: Dataset | None, now: Dataset, asked: Asked
) -> tuple[Made, Change]:
    """Give groups the names of those of an earlier run that they continue, and say who moved.

    Args:
        made: The segmentation now.
        features: Its customers.
        earlier: The earlier run.
        its: The snapshot of that run, where it is still there.
        now: The snapshot now.
        asked: The moves asked for.
    """
    match = _match(made, features, earlier)
    notes = [Note("named_anew")] if match is None and made.landmarks is not None else []
    facts: list[Fact] = []
    if match is not None:
        laid = Laid(made.laid.fitted, match.names)
        made = replace(made, laid=laid, codes=laid.codes(features), landmarks=match.landmarks)
        facts, notes = _drift_facts(match), _continued_notes(match)
    if its is None:
        return made, Change(tuple(facts), (), (*notes, Note("earlier_data_gone")))
    then = carried(earlier, its, now)
    counted = migrate(then, then["segment"].to_numpy(dtype=object), features, made.codes)
    change = _told(counted, made, features, asked, drifted=bool(facts))
    return made, Change((*facts, *change.facts), change.views, (*notes, *change.notes))


def _match(made: Made, features: pd.DataFrame, earlier: Segmentation) -> Continued | None:
    before = Landmarks.restored(earlier.about.get("landmarks", {}))
    if before is None or made.landmarks is None:
        return None
    return continue_names(before, features, made.laid.fitted.assign(features), made.laid.names)


def _drift_facts(match: Continued) -> list[Fact]:
    facts = [Fact("drift", far, Unit.RATIO, segment(code), decimals=2) for code, far in match.drift.items()]
    if match.drift:
        facts.append(Fact("largest_drift", max(match.drift.values()), Unit.RATIO, decimals=2))
    return facts


def _continued_notes(match: Continued) -> list[Note]:
    notes = [Note("continued")] if match.drift else []
    notes += [Note("drifted", {"segment": code}) for code, far in match.drift.items() if far > FAR]
    notes += [Note("segment_ended", {"segment": code}) for code in match.ended]
    return notes + [Note("segment_begun", {"segment": code}) for code in match.begun]


def _told(
    counted: Migration, made: Made, features: pd.DataFrame, asked: Asked, *, drifted: bool = False
) -> Change:
    order = in_order_of_value(features, made.codes)
    named = made.scheme.scheme.segments if made.scheme else ()
    move = asked.move(tuple(dict.fromkeys((*order, *counted.moves["before"], *named))))
    facts, views = migration_facts(counted, order, move, drifted=drifted)
    return Change(tuple(facts), views, move.notes)
