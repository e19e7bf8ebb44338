"""Who, instead of what: customers alike, like a segment's members, or who would want a product."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from marketeer.tools.recommendation.blocks import Span, in_order, spans
from marketeer.tools.recommendation.interactions import Rows, Scores
from marketeer.tools.recommendation.levels import LIST, REASONS, reasons
from marketeer.tools.recommendation.neighbours import row_norms, unit_rows
from marketeer.tools.recommendation.recommender import Recommender


def alike(recommender: Recommender, row: int, k: int) -> pd.DataFrame:
    """Find the customers whose purchases are most like one customer's.

    Returns:
        `row` (matrix row), `similarity` (cosine, rare products weighing more), `shared` (products both
        bought), most alike first.
    """
    units = _telling(recommender.owned)
    similarity = np.asarray((units @ units[[row]].T).todense()).ravel()
    shared = np.asarray((recommender.owned @ recommender.owned[[row]].T).todense()).ravel()
    similarity[row] = 0.0
    order = _first(similarity, k)
    return pd.DataFrame({"row": order, "similarity": similarity[order], "shared": shared[order].astype(int)})


def like_members(recommender: Recommender, members: Rows, k: int) -> pd.DataFrame:
    """Find the customers outside a segment whose purchases are most like those of its members.

    Returns:
        `row`, `similarity` (cosine with the mean of the members' unit vectors), `because` (columns of own
        purchases that the members buy most), most alike first.
    """
    units = _telling(recommender.owned)
    centre = np.asarray(units[members].mean(axis=0), dtype=np.float32).ravel()
    centre /= max(float(np.linalg.norm(centre)), 1e-12)
    similarity = units @ centre
    similarity[members] = 0.0
    order = _first(similarity, k)
    because = [_weightiest(recommender.owned, int(row), centre) for row in order]
    return _people(order, because).assign(similarity=similarity[order])


def _telling(owned: sp.csr_matrix) -> sp.csr_matrix:
    """Weigh products by log(customers / buyers), so that what everybody buys says little; unit rows."""
    buyers = np.bincount(owned.indices, minlength=owned.shape[1])
    weight = np.log(owned.shape[0] / np.maximum(buyers, 1)).astype(np.float32)
    return unit_rows(sp.csr_matrix(owned @ sp.diags_array(weight)))


def takers(recommender: Recommender, column: int, k: int, allowed: NDArray[np.bool_]) -> pd.DataFrame:
    """Find the customers in whose own list a product stands highest, among those who may be offered it.

    Returns:
        `row`, `place` (1 is the very first of the customer's list), `because`, best first; and in
        `attrs["listed"]` how many customers have it among their ten best.
    """
    rows = np.arange(recommender.interactions.users.size, dtype=np.int32)

    def placed(span: Span) -> tuple[NDArray[np.float64], Scores]:
        scores = recommender.scores(rows[span[0] : span[1]], allowed)
        own = scores[:, column]
        ahead = (scores > own[:, None]).sum(axis=1) + 1.0
        return np.where(np.isfinite(own), ahead, np.inf), own

    places, scores = zip(*in_order(placed, spans(rows.size, allowed.size)), strict=True)
    place, score = np.concatenate(places), np.concatenate(scores)
    order = np.lexsort((rows, -score, place))[:k]
    order = order[np.isfinite(place[order])]
    because = [next(reasons(recommender, int(row), np.array([column]))) for row in order]
    table = _people(order, because).assign(place=place[order].astype(int))
    table.attrs["listed"] = int((place <= LIST).sum())
    return table


def readers(recommender: Recommender, likeness: Scores, k: int) -> pd.DataFrame:
    """Find the customers whose purchases read most like a product nobody has bought yet.

    Args:
        recommender: The fitted recommender.
        likeness: Cosine of every product's text with that of the new one, in column order.
        k: How many customers.

    Returns:
        `row`, `similarity` (mean likeness of the purchases, weighted by taste), `because`, most alike first.
    """
    taste = recommender.ground.taste
    similarity = np.asarray((taste @ likeness) / np.maximum(row_norms(taste), 1), dtype=np.float32)
    order = _first(similarity, k)
    because = [_weightiest(recommender.owned, int(row), likeness) for row in order]
    return _people(order, because).assign(similarity=similarity[order])


def _first(similarity: Scores, k: int) -> NDArray[np.intp]:
    order = np.lexsort((np.arange(similarity.size), -similarity))[:k]
    return order[similarity[order] > 0]


def _weightiest(owned: sp.csr_matrix, row: int, weights: Scores) -> tuple[int, ...]:
    own = owned.indices[owned.indptr[row] : owned.indptr[row + 1]]
    order = np.lexsort((own, -weights[own]))[:REASONS]
    return tuple(int(own[at]) for at in order if weights[own[at]] > 0)


def _people(order: NDArray[np.intp], because: list[tuple[int, ...]]) -> pd.DataFrame:
    return pd.DataFrame({"row": order, "because": pd.Series(because, dtype=object)})
