"""Runs an iterator in a thread of its own, so that whoever reads it hears Ctrl-C at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_background(start: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Give the items of an iterator that runs in another thread; its error is raised here.

    When the reader goes away, the thread is left to end by itself.

    Args:
        start: Makes the iterator; called in that thread, in a copy of this context.
    """
    items: SimpleQueue[tuple[T] | None] = SimpleQueue()
    outcome: Future[None] = Future()

    def work() -> None:
        try:
            for item in start():
                items.put((item,))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are read
            outcome.set_exception(error)
        else:
            outcome.set_result(None)
        finally:
            items.put(None)

    Thread(target=copy_context().run, args=(work,)).start()
    while (item := items.get()) is not None:
        yield item[0]
    outcome.result()
