from pathlib import Path

import pandas as pd
import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.ports import PlainVocabulary
from marketeer.tools.warehouse.goods import shop_words
from tests.shops import publish_shop

WORDS = PlainVocabulary({"goods": {"茶": "tea", "茶壶": "teapot", "圣诞": "christmas"}})


def selling(folder: Path, *names: str) -> Dataset:
    rows = range(len(names))
    products = pd.DataFrame(
        {"product_row": rows, "product_id": [f"P{n}" for n in rows], "product_name": names}
    )
    return publish_shop(folder, {Table.PRODUCTS: products})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("圣诞茶壶", "christmas teapot"),
        ("喜欢喝茶的人", "tea"),
        ("茶和茶", "tea"),
        ("手机", "手机"),
        ("teapot", "teapot"),
        ("", ""),
    ],
)
def test_the_longest_known_words_are_taken(tmp_path: Path, text: str, expected: str) -> None:
    assert shop_words(selling(tmp_path, "red teapot"), text, WORDS) == expected


def test_a_shop_that_sells_in_chinese_is_asked_in_chinese(tmp_path: Path) -> None:
    assert shop_words(selling(tmp_path, "red teapot", "蓝色茶壶"), "茶壶", WORDS) == "茶壶"


def test_the_shipped_words_cover_common_goods(tmp_path: Path) -> None:
    shop = selling(tmp_path, "red teapot")
    asked = {
        "圣诞装饰": "christmas decoration",
        "咖啡豆": "coffee beans",
        "园艺工具": "garden tools",
        "蜡烛": "candle",
    }
    assert {text: shop_words(shop, text, PromptVocabulary()) for text in asked} == asked
