"""The shop's products by the names people write."""

from collections.abc import Sequence

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, unknown_name
from marketeer.tools.core.ports import Vocabulary


def all_names(dataset: Dataset) -> tuple[str, ...]:
    """Give the names of all products, empty where the data has none."""
    if not dataset.has(Table.PRODUCTS, col.PRODUCT_NAME):
        return ()
    frame = dataset.frame(
        "SELECT product_name FROM products WHERE product_name IS NOT NULL ORDER BY product_row"
    )
    return tuple(frame[col.PRODUCT_NAME])


def find_products(dataset: Dataset, names: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Resolve product names or ids as the person wrote them to the catalogue's names.

    Raises:
        Retry: A product is not in the catalogue; the nearest ones are named.
        Insufficient: Names were given, and the data has no products.
    """
    if not names:
        return ()
    known = all_names(dataset)
    if not known:
        raise Insufficient("The loaded data has no product names.", code="missing_table", table="products")
    folded = {_folded(name): name for name in reversed(known)}
    ids = dataset.frame("SELECT product_id, product_name FROM products WHERE product_name IS NOT NULL")
    folded |= {_folded(key): name for key, name in ids.itertuples(index=False)}
    found = []
    for name in names:
        wanted = folded.get(_folded(vocabulary.code("product", name) or name))
        if wanted is None:
            raise unknown_name("product", name, known)
        found.append(wanted)
    return tuple(dict.fromkeys(found))


def _folded(name: str) -> str:
    return " ".join(str(name).casefold().replace("-", " ").replace("_", " ").split())
