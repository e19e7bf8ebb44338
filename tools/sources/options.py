"""How to load, as the person said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marketeer.tools.core.columns import Assignment
from marketeer.tools.warehouse.dates import DateOrder


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load.

    Attributes:
        name: What to call the shop; empty takes the first file's name.
        currency: ISO code of all money; empty takes the format's, or a currency column's.
        mapping: Overrides: `table.column` → raw header, as in `--map order_lines.quantity=Stück`.
        keep: Codes of cleaning rules to turn off, as in `--keep exact_duplicate`.
        assignment: How past campaigns' arms were chosen, declared by the person.
        date_order: `dmy` or `mdy`, where a file's dates read both ways.
        timezone: The shop's time zone, such as `Europe/Berlin`; `as-written` keeps times as files print them;
            empty takes the offset most rows carry.
        dry_run: Report only; write nothing.
    """

    name: str = ""
    currency: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    assignment: Assignment = Assignment.UNKNOWN
    date_order: DateOrder | None = None
    timezone: str = ""
    dry_run: bool = False
