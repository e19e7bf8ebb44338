from pathlib import Path

import numpy as np
import pytest

from marketeer.tools.sources.loading import load
from marketeer.vectorstore import open_index

QUERIES = {
    "christmas decorations": "christmas|xmas|advent|santa|snowflake|reindeer",
    "cake": "cake",
    "lunch boxes": "lunch ?box",
    "party bunting and balloons": "bunting|balloon|party|garland",
}


@pytest.mark.real
def test_those_found_are_mostly_among_the_top_spenders_of_a_category(real_data: Path, tmp_path: Path) -> None:
    dataset = load([real_data / "online_retail.csv.gz"], tmp_path).dataset
    spend = dataset.frame(
        "SELECT customer_row, lower(product_name) AS name, sum(line_amount)::DOUBLE AS spend "
        "FROM order_lines JOIN products USING (product_row) "
        "WHERE line_kind = 'sale' AND customer_row IS NOT NULL GROUP BY ALL"
    )
    total = spend.groupby("customer_row")["spend"].sum()
    index = open_index(dataset, None, "lexical")
    precision = []
    for query, words in QUERIES.items():
        own = (
            spend[spend["name"].str.contains(f"(?:{words})", na=False)].groupby("customer_row")["spend"].sum()
        )
        best = (own / total).sort_values(ascending=False).head(len(total) // 20).index
        precision.append(np.mean([hit.row in best for hit in index.search(query, None, 10)]))
    assert np.mean(precision) >= 0.8
