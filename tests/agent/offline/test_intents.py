import random
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction import DictVectorizer

from marketeer.agent.offline.intents import Intents, Phrase
from marketeer.agent.offline.views import View
from marketeer.tools import catalog
from marketeer.tools.core.copy import Language

PHRASES = [
    Phrase("sell", "which coat should we sell", "en"),
    Phrase("sell", "what sells best in winter", "en"),
    Phrase("count", "how many coats are there", "en"),
    Phrase("count", "number of hats in the house", "en"),
    Phrase("count", "有多少外套", "zh"),
]


def letters(text: str) -> Counter[str]:
    return Counter(text.split())


def test_likeness_is_the_cosine_of_weighted_counts() -> None:
    texts, intents = ["red hat", "red red coat", "blue coat"], ["a", "a", "b"]
    view = View(texts, intents, letters, frozenset())
    weight = {"red": np.log(3 / 1), "hat": np.log(3 / 1), "coat": np.log(3 / 2), "blue": np.log(3 / 1)}
    rows = [{word: (1 + np.log(n)) * weight[word] for word, n in letters(text).items()} for text in texts]
    matrix = DictVectorizer(sparse=False).fit_transform(rows)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    assert view.likeness(view.vector(letters("red hat"))) == pytest.approx(matrix @ matrix[0])


def test_words_nobody_knows_make_a_question_less_like_any() -> None:
    view = View(["red hat", "blue coat"], ["a", "b"], letters, frozenset())
    plain, strange = (
        view.likeness(view.vector(letters(text))).max() for text in ("red hat", "red hat quantum soup")
    )
    assert plain == pytest.approx(1)
    assert strange < 0.8


@pytest.mark.parametrize(
    ("question", "language", "intent"),
    [("how many hats", "en", "count"), ("what shuold we sel", "en", "sell"), ("外套有多少", "zh", "count")],
)
def test_a_question_goes_to_the_intent_its_words_tell(question: str, language: Language, intent: str) -> None:
    assert Intents(PHRASES, language).rank(question)[0].intent == intent


@pytest.mark.parametrize("language", ["en", "zh"])
def test_most_phrases_held_back_are_recognised_by_the_few_that_are_left(language: Language) -> None:
    own = [
        Phrase(tool.name, example.text, language)
        for tool in catalog() for example in tool.examples if example.language == language
    ]  # fmt: skip
    random.Random(1).shuffle(own)
    right = 0
    for fold in range(4):
        intents = Intents([one for n, one in enumerate(own) if n % 4 != fold], language)
        right += sum(intents.rank(one.text)[0].intent == one.intent for one in own[fold::4])
    assert right / len(own) >= 0.5, right / len(own)
