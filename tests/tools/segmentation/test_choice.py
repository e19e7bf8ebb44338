import pytest

from marketeer.tools.segmentation.choice import Judged, Reason, choose
from marketeer.tools.segmentation.rfm import SCHEMES, RfmMethod
from marketeer.tools.segmentation.stability import Agreement

METHOD = RfmMethod(SCHEMES["quintiles"])


def candidate(
    segments: int, rand: float = 0.95, smallest: float = 0.1, told: float | None = None, error: float = 0.01
) -> Judged:
    return Judged(METHOD, segments, smallest, 0.5, 0.0, Agreement(rand, error), told, told)


def test_among_those_that_pass_the_floors_the_one_that_tells_most_wins() -> None:
    candidates = [candidate(3, told=0.20), candidate(5, told=0.25), candidate(7, told=0.30, rand=0.6)]
    assert choose(candidates, 1000) == (candidates[1], Reason.NEXT_PERIOD)


def test_of_near_equals_the_fewest_segments_win() -> None:
    candidates = [candidate(4, told=0.247), candidate(6, told=0.250), candidate(5, told=0.2455)]
    assert choose(candidates, 1000)[0] is candidates[0]


@pytest.mark.parametrize(
    "failing",
    [
        candidate(5, told=0.9, smallest=0.01),
        candidate(1, told=0.9),
        candidate(5, told=0.9, rand=0.79, error=0.01),
    ],
)
def test_small_single_or_unstable_candidates_do_not_pass(failing: Judged) -> None:
    good = candidate(3, told=0.1)
    assert choose([failing, good], 1000) == (good, Reason.NEXT_PERIOD)


def test_ten_customers_are_the_least_in_a_small_shop() -> None:
    assert not candidate(3, smallest=0.05).passes(100)
    assert candidate(3, smallest=0.1).passes(100)


def test_without_a_past_period_the_most_of_up_to_five_segments_is_taken() -> None:
    candidates = [candidate(k) for k in range(2, 9)]
    assert choose(candidates, 1000) == (candidates[3], Reason.FLOORS)


def test_where_none_passes_the_least_unstable_is_taken_and_said_so() -> None:
    candidates = [candidate(3, rand=0.4), candidate(4, rand=0.6)]
    assert choose(candidates, 1000) == (candidates[1], Reason.LEAST_UNSTABLE)
