"""A chat endpoint on this machine: speaks `/v1/chat/completions`, plays a script, fails in every known way.

Streams cut tool arguments into pieces, as servers do. Nothing here reaches the network.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the endpoint does with one request."""

    deltas: tuple[dict[str, Any], ...] = ()
    finish: str | None = "stop"
    status: int = 200
    error: dict[str, Any] | None = None
    raw: str | None = None
    kind: str = "text/html"
    choices: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    usage: bool = True


def say(text: str, **changes: Any) -> Reply:
    """Answer with a text, a few characters at a time."""
    size = 7
    pieces = [text[at : at + size] for at in range(0, len(text), size)] or [""]
    return Reply(deltas=tuple({"content": piece} for piece in pieces), **changes)


def ask(*calls: tuple[str, dict[str, Any] | str], repeat_names: bool = False, **changes: Any) -> Reply:
    """Ask for tools, the arguments of each cut in three; a string is sent as it is, JSON or not."""
    deltas: list[dict[str, Any]] = []
    for index, (name, args) in enumerate(calls):
        text = args if isinstance(args, str) else json.dumps(args, ensure_ascii=False)
        cut = max(1, len(text) // 3)
        pieces = [text[:cut], text[cut : 2 * cut], text[2 * cut :]]
        for position, piece in enumerate(pieces):
            first = position == 0
            function = {"arguments": piece} | ({"name": name} if first or repeat_names else {})
            call = {"index": index, "function": function}
            call |= {"id": f"call_{name}_{index}", "type": "function"} if first else {}
            deltas.append({"tool_calls": [call]})
    return Reply(deltas=tuple(deltas), **({"finish": "tool_calls"} | changes))


def fail(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """Refuse as OpenAI-compatible servers do."""
    return Reply(status=status, error={"message": message, "code": code, "type": "error"}, headers=headers)


def embed(body: dict[str, Any]) -> Reply:
    """Embed each text as its letter counts."""
    rows = [
        [float(text.lower().count(letter)) + 0.1 for letter in "abcdefghilmnoprstu"] for text in body["input"]
    ]
    data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
    answer = {"object": "list", "model": body["model"], "data": data, "usage": {}}
    return Reply(raw=json.dumps(answer), kind="application/json")


def html() -> Reply:
    """Answer as a web site does when the address is not that of an endpoint."""
    return Reply(raw="<!doctype html><html><body>Welcome</body></html>")


Script = Reply | Callable[[dict[str, Any]], Reply]


class Loopback:
    """The running endpoint.

    Attributes:
        url: Its address, for `base_url`.
        requests: The body of every request so far.
        keys: The key each request carried.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._script: list[Script] = []
        self._lock = threading.Lock()

    def play(self, *replies: Script) -> None:
        """Set the replies to come; the last one is repeated."""
        self._script = list(replies)

    def answer(self, body: dict[str, Any], key: str) -> Reply:
        """Note a request and give its reply."""
        with self._lock:
            self.requests.append(body)
            self.keys.append(key)
            script = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return script(body) if callable(script) else script

    @property
    def sent_text(self) -> str:
        """Everything that ever arrived, as one text."""
        return "\n".join(json.dumps(request, ensure_ascii=False) for request in self.requests)


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Run an endpoint on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.endpoint = Loopback(f"http://127.0.0.1:{server.server_address[1]}/v1")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.endpoint  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        endpoint: Loopback = self.server.endpoint  # type: ignore[attr-defined]
        reply = endpoint.answer(asked, self.headers.get("Authorization", "").removeprefix("Bearer "))
        if reply.raw is not None:
            self._send(reply.raw.encode(), reply.kind, 200, reply.headers)
        elif reply.error is not None:
            self._send(
                json.dumps({"error": reply.error}).encode(), "application/json", reply.status, reply.headers
            )
        elif asked.get("stream"):
            self._stream(reply)
        else:
            self._send(json.dumps(_whole(reply)).encode(), "application/json", 200, reply.headers)

    def _send(self, body: bytes, kind: str, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in _events(reply):
            self.wfile.write(f"data: {event}\n\n".encode())
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on the terminal."""


def _events(reply: Reply) -> Iterator[str]:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "loopback"}
    if not reply.choices:
        yield json.dumps({**head, "choices": []})
        yield "[DONE]"
        return
    for delta in ({"role": "assistant", "content": ""}, *reply.deltas):
        yield json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    if reply.finish is None:
        return  # a clean close in the middle
    yield json.dumps({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]})
    if reply.usage:
        yield json.dumps({**head, "choices": [], "usage": _USAGE})
    yield "[DONE]"


_USAGE = {"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70}


def _whole(reply: Reply) -> dict[str, Any]:
    head = {"id": "c1", "object": "chat.completion", "created": 0, "model": "loopback", "usage": _USAGE}
    if not reply.choices:
        return {**head, "choices": []}
    text = "".join(delta.get("content", "") for delta in reply.deltas)
    message = {"role": "assistant", "content": text, "tool_calls": _calls(reply.deltas) or None}
    return {**head, "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}]}


def _calls(deltas: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    calls: dict[int, dict[str, Any]] = {}
    for piece in (piece for delta in deltas for piece in delta.get("tool_calls", ())):
        call = calls.setdefault(
            piece["index"], {"function": {"name": "", "arguments": ""}, "type": "function"}
        )
        call["id"] = call.get("id") or piece.get("id")
        call["function"]["name"] = call["function"]["name"] or piece["function"].get("name", "")
        call["function"]["arguments"] += piece["function"]["arguments"]
    return list(calls.values())
