# ruff: noqa: E501 -- tables read better unbroken
"""How recommendations came to be made as they are: choices of design, compared on months before the test month.

Run: python benchmarks/recommendation_choices.py [--reference] [--task discovery]

The last 31 days of UCI Online Retail (MARKETEER_REAL_DATA names its folder; else of the demo shop) are cut off before
anything else happens and are never looked at. Each of the three months before them then plays the part of a test:
everything is learnt on months before that one, and judged on it.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from recommendation import DAYS, EVERYBODY, loaded, reference
from threadpoolctl import threadpool_limits

from marketeer.tools.recommendation.ascent import Learnt, ascend, settle
from marketeer.tools.recommendation.blend import PENALTY, Blend, Task, build, parts_for, usual_settings
from marketeer.tools.recommendation.evaluation import Judgement
from marketeer.tools.recommendation.exposure import MOST_LISTS, Capped, least_scores
from marketeer.tools.recommendation.gram import gram
from marketeer.tools.recommendation.ground import TASTE_DAYS, Ground
from marketeer.tools.recommendation.judging import Judged, earlier, judged, split
from marketeer.tools.recommendation.linear import ItemWeights, ease_weights
from marketeer.tools.recommendation.tuning import validations
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.sources.loading import load

MONTHS = (1, 2, 3)
PERIODS, GAINS = (1, 2, 3), (0.0, 0.0005, 0.001, 0.002, 0.004)
SHRINKAGES, NEAREST = (0, 5, 10, 20, 50, 100), (20, 50, 100, 200)
BOUNDS = (0.05, MOST_LISTS, 0.15, 0.2, 0.3, 0.5, 1.0)
HALVES, PENALTIES = (45.0, TASTE_DAYS, 180.0, np.inf), (50.0, PENALTY, 500.0)


def before_the_test(whole: Ground) -> Ground:
    """Cut the test month off for good."""
    return earlier(whole, DAYS)


def month(past: Ground, back: int, task: Task) -> Judged:
    """Give the month so many before the test month, with what came before it to learn from."""
    found = judged(split(earlier(past, DAYS * (back - 1)), DAYS), task, EVERYBODY)
    assert found is not None
    return found


def judge(test: Judged, learnt: Learnt, most: float = MOST_LISTS) -> Judgement:
    parts = build(tuple(learnt.weights), test.split.ground, learnt.settings)
    blend = Blend(parts, learnt.weights)
    if test.excluded is None or most >= 1:
        return test.measure(blend)
    return test.measure(Capped(blend, least_scores(blend, test.excluded, most)))


def line(name: str, values: Sequence[float], more: str = "") -> None:
    print(f"{name:<38}" + "".join(f"{value:>9.4f}" for value in values) + f"{np.mean(values):>9.4f}  {more}")


def head(title: str) -> None:
    months = "".join(f"{f'month −{back}':>9}" for back in MONTHS)
    print(f"\n{title}\n{'':<38}{months}{'mean':>9}")


def blends(past: Ground, task: Task) -> None:
    """Compare how many months are learnt on, and how much a weight must gain to be changed."""
    codes, tests = parts_for(task, past), {back: month(past, back, task) for back in MONTHS}
    head(f"{task.value}: the blend, NDCG@10 (parts)")
    for periods in PERIODS:
        found: dict[float, list[float]] = {gain: [] for gain in GAINS}
        sizes: dict[float, list[int]] = {gain: [] for gain in GAINS}
        for back in MONTHS:
            known = validations(earlier(past, DAYS * (back - 1)), task, DAYS, periods)
            parts, settings = settle(known, codes)
            for gain in GAINS:
                learnt = Learnt(ascend(parts, known, gain), settings)
                found[gain].append(judge(tests[back], learnt).accuracy.ndcg)
                sizes[gain].append(len(learnt.weights))
        for gain in GAINS:
            line(f"learnt on {periods}, least gain {gain}", found[gain], str(sizes[gain]))


def neighbourhoods(past: Ground, task: Task) -> None:
    """Show what the program learns of item neighbourhoods from each month, alone."""
    tests = [month(past, back, task) for back in MONTHS]
    head(f"{task.value}: item neighbours alone, NDCG@10 of 100 by shrinkage")
    for shrinkage in SHRINKAGES:
        settings = {**usual_settings(), "shrinkage": shrinkage}
        line(f"shrinkage {shrinkage}", [_alone(test, "items", settings) for test in tests])


def _alone(test: Judged, code: str, settings: dict[str, int]) -> float:
    return test.measure(build([code], test.split.ground, settings)[code]).accuracy.ndcg


def linear_models(past: Ground, task: Task) -> None:
    """Compare the decay of tastes and the penalty of the linear model, neither of which is learnt."""
    tests = [month(past, back, task) for back in MONTHS]
    head(f"{task.value}: EASE alone, NDCG@10 by decay of taste (days) and penalty")
    for days in HALVES:
        tastes = [test.split.ground.interactions.latest(days) for test in tests]
        grams = [gram(taste) for taste in tastes]
        for penalty in PENALTIES:
            scorers = [ItemWeights(ease_weights(g, penalty), t) for g, t in zip(grams, tastes, strict=True)]
            scores = [test.measure(one).accuracy.ndcg for test, one in zip(tests, scorers, strict=True)]
            line(f"{days:g} days, penalty {penalty:g}", scores)


def exposures(past: Ground) -> None:
    """Compare bounds on the share of lists one product may stand in."""
    head("discovery: bound on a product's share of lists, NDCG@10 (coverage; se of loss to no bound)")
    found: dict[float, list[Judgement]] = {most: [] for most in BOUNDS}
    for back in MONTHS:
        test = month(past, back, Task.DISCOVERY)
        known = validations(earlier(past, DAYS * (back - 1)), Task.DISCOVERY, DAYS)
        parts, settings = settle(known, parts_for(Task.DISCOVERY, past))
        learnt = Learnt(ascend(parts, known), settings)
        for most in BOUNDS:
            found[most].append(judge(test, learnt, most))
    for most, judgements in found.items():
        coverage = " ".join(f"{one.accuracy.coverage:.3f}" for one in judgements)
        gains = " ".join(
            f"{one.gain_over(free):+.1f}" for one, free in zip(judgements, found[1.0], strict=True)
        )
        line(f"at most {most:.0%}", [one.accuracy.ndcg for one in judgements], f"({coverage}; {gains})")


def ground(folder: Path, *, plain: bool) -> Ground:
    real = os.environ.get("MARKETEER_REAL_DATA", "")
    if not real:
        return loaded(load_demo(folder))
    file = Path(real) / "online_retail.csv.gz"
    if plain:
        return reference(file)
    dataset = load([file], folder).dataset
    assert dataset is not None
    return loaded(dataset)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--reference", action="store_true", help="the plain cleaning instead of what is loaded"
    )
    parser.add_argument("--task", choices=[task.value for task in Task])
    args = parser.parse_args()
    threadpool_limits(1, user_api="blas")
    with tempfile.TemporaryDirectory() as folder:
        past = before_the_test(ground(Path(folder), plain=args.reference))
    for task in [Task(args.task)] if args.task else list(Task):
        neighbourhoods(past, task)
        blends(past, task)
    if args.task != Task.BASKET:
        linear_models(past, Task.DISCOVERY)
        exposures(past)


if __name__ == "__main__":
    main()
