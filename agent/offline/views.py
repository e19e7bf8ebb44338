"""Ways to look at phrases as vectors, so that a question can be compared with all of them at once."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Features = Callable[[str], Counter[str]]
Numbers = NDArray[np.float64]
_UNKNOWN_WEIGHT = 0.8
_COMMON_WEIGHT = 0.15


class View:
    """Texts as vectors of unit length over their features, each weighted by how few intents use it.

    What no text knows counts in the length of a question's vector, so that a question about something else
    altogether is like none.

    Args:
        texts: The texts.
        intents: What each asks for.
        features: Counts the features of a text, which may name people's own segments.
        common: Words that tell little.
    """

    def __init__(
        self, texts: Sequence[str], intents: Sequence[str], features: Features, common: frozenset[str]
    ) -> None:
        self._common = common
        counts = [features(text) for text in texts]
        self._weights = _weights(counts, intents)
        self._unknown = _UNKNOWN_WEIGHT * max(self._weights.values(), default=1.0)
        self._weighed = {feature: self._weight(feature) for feature in self._weights}
        self._places = {feature: place for place, feature in enumerate(self._weights)}
        self.vectors = self._stacked([self._row(count) for count in counts])
        self._known = _used(self.vectors, intents)

    def vector(self, counts: Counter[str]) -> sparse.csr_matrix:
        """Give the known part, one row, of a text's vector of unit length."""
        return self._stacked([self._row(counts)])

    def _row(self, counts: Counter[str]) -> dict[int, float]:
        weights = {
            feature: (1 + math.log(n)) * (self._weighed.get(feature) or self._weight(feature))
            for feature, n in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        known = (feature for feature in weights if feature in self._places)
        return {self._places[feature]: weights[feature] / length for feature in known}

    def _stacked(self, rows: Sequence[Mapping[int, float]]) -> sparse.csr_matrix:
        places = [place for row in rows for place in sorted(row)]
        values = [row[place] for row in rows for place in sorted(row)]
        ends = np.cumsum([0, *map(len, rows)])
        return sparse.csr_matrix((values, places, ends), shape=(len(rows), len(self._places)))

    def likeness(self, vector: sparse.csr_matrix) -> Numbers:
        """Give the cosine of a vector and each text."""
        return np.asarray((self.vectors @ vector.T).todense(), dtype=np.float64).ravel()

    def known(self, vector: sparse.csr_matrix) -> Numbers:
        """Give, for each intent in order, how much of a vector its texts know between them (0 to 1)."""
        return np.asarray((self._known @ vector.multiply(vector).T).todense(), dtype=np.float64).ravel()

    def _weight(self, feature: str) -> float:
        weight = self._weights.get(feature, self._unknown) * _size_weight(feature)
        return weight * _COMMON_WEIGHT if self._common.issuperset(feature.split()) else weight


def _used(vectors: sparse.csr_matrix, intents: Sequence[str]) -> sparse.csr_matrix:
    """Mark which features the texts of each intent have: shape (intents in order, features)."""
    order = {intent: place for place, intent in enumerate(sorted(set(intents)))}
    rows = [order[intent] for intent in intents]
    shape = (len(order), len(intents))
    belongs = sparse.csr_matrix((np.ones(len(rows)), (rows, range(len(rows)))), shape=shape)
    used: sparse.csr_matrix = ((belongs @ vectors) > 0).astype(np.float64)
    return used


def _weights(counts: Sequence[Counter[str]], intents: Sequence[str]) -> dict[str, float]:
    users: dict[str, set[str]] = defaultdict(set)
    for count, intent in zip(counts, intents, strict=True):
        for feature in count:
            users[feature].add(intent)
    total = len(set(intents))
    return {feature: math.log((1 + total) / len(used)) for feature, used in users.items()}


def _size_weight(feature: str) -> float:
    if feature.isascii():
        return 0.8 if " " in feature else 1.0
    return {1: 0.5, 2: 1.0, 3: 0.8}.get(len(feature), 0.6)
