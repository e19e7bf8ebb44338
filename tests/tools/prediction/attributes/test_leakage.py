import numpy as np
import pandas as pd
import pytest

from marketeer.tools.prediction.attributes.leakage import Reason, find_leaks, is_identifier

N = 2000


@pytest.fixture
def outcome() -> np.ndarray:
    return (np.random.default_rng(0).random(N) < 0.2).astype(float)


def _reasons(columns: dict[str, object], outcome: np.ndarray, late: frozenset[str] = frozenset()) -> dict:
    return {one.column: one.reason for one in find_leaks(pd.DataFrame(columns), outcome, late)}


def test_a_declared_column_is_left_out_however_weak_it_is(outcome: np.ndarray) -> None:
    noise = np.random.default_rng(1).normal(size=N)
    assert _reasons({"length": noise}, outcome, frozenset({"length"})) == {
        "length": Reason.KNOWN_AFTER_OUTCOME
    }


def test_duration_of_a_file_of_calls_is_known_by_its_companions(outcome: np.ndarray) -> None:
    random = np.random.default_rng(1)
    calls = {name: random.normal(size=N) for name in ("duration", "pdays", "poutcome")}
    assert _reasons(calls, outcome) == {"duration": Reason.KNOWN_AFTER_OUTCOME}
    assert _reasons({"duration": calls["duration"]}, outcome) == {}


def test_columns_that_say_the_same_as_the_target_are_named(outcome: np.ndarray) -> None:
    found = _reasons(
        {
            "as_word": np.where(outcome == 1, "ja", "nein"),
            "as_number": 7 - 3 * outcome,
            "honest": np.random.default_rng(2).normal(size=N),
        },
        outcome,
    )
    assert found == {"as_word": Reason.COPY_OF_TARGET, "as_number": Reason.COPY_OF_TARGET}


def test_a_near_copy_of_a_yes_no_target_is_named(outcome: np.ndarray) -> None:
    wrong = np.random.default_rng(3).random(N) < 0.01
    assert _reasons({"near": np.where(wrong, 1 - outcome, outcome)}, outcome) == {"near": Reason.NEAR_PERFECT}


def test_a_near_copy_of_a_number_is_named() -> None:
    random = np.random.default_rng(4)
    value = random.normal(100, 30, N)
    found = _reasons({"doubled": 2 * value + 1, "rounded": value + random.normal(0, 2, N)}, value)
    assert found == {"doubled": Reason.COPY_OF_TARGET, "rounded": Reason.NEAR_PERFECT}


def test_a_column_filled_only_for_yes_is_named(outcome: np.ndarray) -> None:
    reason = pd.Series(np.where(outcome == 1, "moved", None), dtype=object)
    amount = pd.Series(np.where(outcome == 1, 12.5, np.nan)).mask(np.random.default_rng(5).random(N) < 0.5)
    found = _reasons({"note": reason, "amount": amount}, outcome)
    assert found["amount"] == Reason.FILLED_FOR_ONE_ANSWER
    assert found["note"] in {Reason.FILLED_FOR_ONE_ANSWER, Reason.COPY_OF_TARGET}


def test_an_honest_strong_predictor_is_kept(outcome: np.ndarray) -> None:
    random = np.random.default_rng(6)
    score = outcome * 2.2 + random.normal(size=N)  # an AUC of about 0.94
    level = np.where(random.random(N) < 0.15, random.integers(0, 2, N), outcome).astype(int).astype(str)
    missing = pd.Series(score).mask((outcome == 0) & (random.random(N) < 0.6))
    assert _reasons({"score": score, "level": level, "mostly_there": missing}, outcome) == {}


def test_an_honest_strong_predictor_of_a_number_is_kept() -> None:
    random = np.random.default_rng(7)
    value = random.normal(size=N)
    assert _reasons({"close": value + random.normal(0, 0.4, N)}, value) == {}


def test_ids_constants_and_empty_columns_are_named(outcome: np.ndarray) -> None:
    found = _reasons(
        {
            "number": np.random.default_rng(8).permutation(N) + 5000,
            "code": [f"K{n:05d}" for n in range(N)],
            "always": "x",
            "never": np.full(N, np.nan),
        },
        outcome,
    )
    assert found == {
        "number": Reason.IDENTIFIER,
        "code": Reason.IDENTIFIER,
        "always": Reason.CONSTANT,
        "never": Reason.EMPTY,
    }


def test_numbers_that_never_repeat_are_not_ids() -> None:
    random = np.random.default_rng(9)
    assert not is_identifier(pd.Series(random.normal(size=500)))
    incomes = pd.Series(random.permutation(np.arange(10_000, 10_000 + 500 * 37, 37)))
    assert not is_identifier(incomes)


def test_a_category_of_many_levels_of_pure_noise_is_kept(outcome: np.ndarray) -> None:
    city = np.random.default_rng(10).integers(0, 300, N).astype(str)
    assert _reasons({"city": city}, outcome) == {}
