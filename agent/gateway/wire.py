"""The only way out: an HTTP client that checks and writes down every request before it leaves."""

from collections.abc import Callable

import httpx2

from marketeer.agent.gateway.record import EgressRecord
from marketeer.tools.core.errors import ModelError

Leaks = Callable[[str], str]
"""Looks for a person in a text; gives what kind of thing it found, empty when there is nothing."""


class Wire:
    """Opens HTTP clients whose every request is recorded, and stopped when it names a person.

    Args:
        record: Where requests are written down.
        leaks: The last look at a body. It should never find anything: a find is a fault, and nothing leaves.
    """

    def __init__(self, record: EgressRecord, leaks: Leaks) -> None:
        self._record = record
        self._leaks = leaks
        self._clients: list[httpx2.Client] = []
        self.requests = 0
        self.bytes = 0

    def client(self, timeout: float) -> httpx2.Client:
        """Open a client; `timeout` is in seconds, for each step of a request."""
        client = httpx2.Client(
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0)),
            event_hooks={"request": [self._on_request]},
            follow_redirects=False,
        )
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            client.close()

    def _on_request(self, request: httpx2.Request) -> None:
        body = request.read()
        if found := self._leaks(body.decode("utf-8", "replace")):
            raise ModelError(
                f"A request to {request.url.host} would have carried {found} and was stopped. "
                "Nothing left. Ask without naming the person, or use the offline planner.",
                code="leak_stopped",
            )
        self._record.add(str(request.url.copy_with(query=None, userinfo=b"")), body)
        self.requests += 1
        self.bytes += len(body)
