"""Puts what people call goods into the words the shop's product names are written in."""

import re

from marketeer.tools.core import columns as c
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import Vocabulary

GOODS = "goods"
_HAN = "[\u4e00-\u9fff]"
_LONGEST_WORD = 6


def shop_words(dataset: Dataset, text: str, vocabulary: Vocabulary) -> str:
    """Put a Chinese text into the English words of a shop whose product names are not Chinese.

    A text with no word the vocabulary knows, and any other text, stays as it is.
    """
    if not re.search(_HAN, text) or _sells_in_chinese(dataset):
        return text
    found: list[str] = []
    at = 0
    while at < len(text):
        code, size = _longest_word(text, at, vocabulary)
        found += [code] if code else []
        at += size
    return " ".join(dict.fromkeys(found)) or text


def _longest_word(text: str, at: int, vocabulary: Vocabulary) -> tuple[str | None, int]:
    for size in range(_LONGEST_WORD, 0, -1):
        code = vocabulary.code(GOODS, text[at : at + size])
        if code:
            return code, size
    return None, 1


def _sells_in_chinese(dataset: Dataset) -> bool:
    if not dataset.has(Table.PRODUCTS, c.PRODUCT_NAME):
        return False
    sql = f"SELECT count(*) AS n FROM products WHERE regexp_matches({c.PRODUCT_NAME}, $han)"
    return bool(dataset.frame(sql, {"han": _HAN})["n"].iloc[0])
