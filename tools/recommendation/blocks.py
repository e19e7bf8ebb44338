"""Work over many rows, block by block on every core, so that memory stays flat and order is kept."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

A = TypeVar("A")
B = TypeVar("B")

_CELLS = 1_500_000
"""Scores are made in blocks of about this many cells, 6 MB, of which a few are alive per core."""
_FEWEST_ROWS, _MOST_ROWS = 64, 1024
_MOST_WORKERS = 8

Span = tuple[int, int]


def spans(rows: int, columns: int) -> list[Span]:
    """Cut rows of so many columns into consecutive blocks (start, stop) of a bounded number of cells."""
    step = int(np.clip(_CELLS // max(columns, 1), _FEWEST_ROWS, _MOST_ROWS))
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]


def in_order(work: Callable[[A], B], inputs: Sequence[A]) -> Iterator[B]:
    """Do the work on all inputs, on every core, and give the results in the inputs' order.

    Only a few results wait at any time. NumPy and SciPy let go of the interpreter while they compute.
    """
    if len(inputs) == 1:
        yield work(inputs[0])
        return
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for one in inputs:
            waiting.append(pool.submit(work, one))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
