"""Shows people their customers by the ids they know; everywhere else a customer is a position in a table."""

import re
from functools import cached_property

from marketeer.prompts.words import languages, word_tables
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.warehouse.names import customer_ids


class AtHome:
    """Turns `customer #17` into the customer's own id, in text that is drawn for the person here.

    Args:
        dataset: The data the positions belong to.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._ids: dict[int, str] = {}

    def __call__(self, text: str) -> str:
        """Name the customers of a text."""
        rows = {int(match["row"]) for match in self._pattern.finditer(text)}
        self._ids |= customer_ids(self._dataset, rows - self._ids.keys())
        return self._pattern.sub(self._named, text)

    def names(self, text: str) -> dict[str, str]:
        """Give the customers of a text: key such as `row 17` → id."""
        self(text)
        rows = sorted({int(match["row"]) for match in self._pattern.finditer(text)} & self._ids.keys())
        return {f"row {row}": self._ids[row] for row in rows}

    def _named(self, match: re.Match[str]) -> str:
        row = int(match["row"])
        return match["before"] + self._ids[row] if row in self._ids else match[0]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        said = {word_tables(language)["pattern"]["customer"] for language in languages()}
        words = "|".join(re.escape(one.partition("#")[0]) for one in sorted(said))
        return re.compile(rf"(?P<before>{words})#(?P<row>\d+)(?!\d)")
