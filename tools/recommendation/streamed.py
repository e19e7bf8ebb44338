"""Lists for so many customers that they are written as they are made."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from marketeer.tools.core.payloads import Payload, Recommendations
from marketeer.tools.recommendation.interactions import Rows
from marketeer.tools.recommendation.recommender import Lists

_SCHEMA = pa.schema([("customer_row", pa.int32()), ("rank", pa.int32()), ("product_row", pa.int32())])
_GROUP_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class StreamedLists(Recommendations):
    """Ranked products of many customers; its frame stays empty and its lists are made when it is saved.

    Attributes:
        lists: Lists of some customers at a time, in the order they are written.
        items: `product_row` of each product column.
    """

    lists: Iterable[Lists] = ()
    items: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int32))

    def save(self, folder: Path) -> None:
        """Write the payload, a few thousand customers at a time."""
        Payload.save(self, folder)
        path = folder / "frame.parquet"
        waiting: list[pa.Table] = []
        with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
            for lists in self.lists:
                waiting.append(_table(lists, self.items))
                if sum(len(table) for table in waiting) >= _GROUP_ROWS:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
        path.chmod(0o600)


def _table(lists: Lists, items: Rows) -> pa.Table:
    columns = lists.columns
    there = columns.ravel() >= 0
    ranks = np.tile(np.arange(1, columns.shape[1] + 1, dtype=np.int32), len(columns))
    arrays = [np.repeat(lists.rows, columns.shape[1])[there], ranks[there], items[columns.ravel()[there]]]
    return pa.Table.from_arrays([pa.array(array) for array in arrays], schema=_SCHEMA)
