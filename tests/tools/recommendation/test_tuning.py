import numpy as np
import pandas as pd
import pytest

from marketeer.tools.recommendation.ascent import ascend, learn_weights, settle
from marketeer.tools.recommendation.blend import NEIGHBOURS, Task, build, parts_for
from marketeer.tools.recommendation.ground import Ground
from marketeer.tools.recommendation.interactions import Interactions, from_frame
from marketeer.tools.recommendation.judging import earlier, judged, split
from marketeer.tools.recommendation.linear import MOST_ITEMS
from marketeer.tools.recommendation.recommender import learn_model
from marketeer.tools.recommendation.tuning import tune


def _purchases(customers: int, products: int, groups: int, lines: int) -> Interactions:
    """Customers of a group buy from their own share of the catalogue; popularity falls with the rank."""
    random = np.random.default_rng(7)
    customer = random.integers(0, customers, lines)
    rank = np.minimum(random.geometric(0.05, lines) - 1, products // groups - 1)
    frame = {
        "customer_row": customer,
        "product_row": rank * groups + customer % groups,
        "age_days": random.integers(1, 200, lines),
    }
    return from_frame(pd.DataFrame(frame).drop_duplicates())


def test_what_is_learnt_does_not_know_the_test_period() -> None:
    whole = Ground(_purchases(400, 200, 5, 12_000))
    validation = judged(split(earlier(whole, 31), 31), Task.DISCOVERY, 2000)
    assert validation is not None
    codes = parts_for(Task.DISCOVERY, whole)
    learnt = learn_weights([validation], codes)
    other = whole.interactions
    shuffled = other.item.copy()
    recent = other.age <= 31
    shuffled[recent] = np.random.default_rng(1).permutation(shuffled[recent])
    frame = {"customer_row": other.user, "product_row": shuffled, "age_days": other.age}
    disturbed = Ground(from_frame(pd.DataFrame(frame).drop_duplicates()))
    again = judged(split(earlier(disturbed, 31), 31), Task.DISCOVERY, 2000)
    assert again is not None
    assert learn_weights([again], codes) == learnt


def test_neighbourhood_sizes_are_among_those_tried_and_taste_beats_popularity() -> None:
    measured = tune(Ground(_purchases(400, 200, 5, 12_000)), Task.DISCOVERY)
    assert measured is not None
    tried = {name: values for settings in NEIGHBOURS.values() for name, values in settings.items()}
    assert set(measured.settings) == set(tried)
    assert all(measured.settings[name] in values for name, values in tried.items())
    assert measured.beats_baseline


def test_neighbourhoods_and_walks_take_over_from_the_linear_model_in_a_large_catalogue() -> None:
    frame = _purchases(300, 100, 5, 6_000)
    wide = MOST_ITEMS + 200
    random = np.random.default_rng(3)
    rare = pd.DataFrame(
        {
            "customer_row": random.integers(0, 300, wide * 3),
            "product_row": np.repeat(np.arange(100, 100 + wide), 3),
            "age_days": random.integers(70, 200, wide * 3),
        }
    ).drop_duplicates()
    usual = pd.DataFrame(
        {"customer_row": frame.user, "product_row": frame.items[frame.item], "age_days": frame.age}
    )
    whole = Ground(from_frame(pd.concat([usual, rare])))
    assert whole.interactions.shape[1] > MOST_ITEMS
    parts = parts_for(Task.DISCOVERY, whole)
    assert {"items", "walk"} <= set(parts)
    assert "ease" not in parts
    measured = tune(whole, Task.DISCOVERY)
    assert measured is not None
    assert measured.beats_baseline
    model = learn_model(whole, Task.DISCOVERY, measured)
    assert set(model.weights) <= {"items", "walk"}
    assert all(weights.nnz <= 200 * weights.shape[0] for weights in model.weights.values())


@pytest.mark.parametrize("task", list(Task))
def test_customers_are_not_compared_with_each_other_where_there_are_too_many(task: Task) -> None:
    few = Ground(_purchases(400, 200, 5, 3_000))
    many = Ground(_purchases(70_000, 200, 5, 300_000))
    assert "customers" in parts_for(task, few)
    assert "customers" not in parts_for(task, many)


def test_a_part_is_blended_only_where_it_adds_more_than_the_least_gain() -> None:
    whole = Ground(_purchases(400, 200, 5, 12_000))
    validation = judged(split(earlier(whole, 31), 31), Task.DISCOVERY, 2000)
    assert validation is not None
    parts, settings = settle([validation], parts_for(Task.DISCOVERY, whole))
    alone = {
        code: validation.measure(build([code], validation.split.ground, settings)[code]).accuracy.ndcg
        for code in parts
    }
    assert ascend(parts, [validation], 1.0) == {max(alone, key=lambda code: alone[code]): 1.0}
    assert len(ascend(parts, [validation], 0.0)) >= len(ascend(parts, [validation], 0.01))
