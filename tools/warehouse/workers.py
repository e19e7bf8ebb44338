"""Work that could fill the memory or never end, done in a process of its own.

A worker is a module that calls `serve` when run. It reads one job from standard input and writes one answer
to standard output, both JSON. Only the standard library is imported here, so that a worker starts fast.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

_SEEN = (
    "APPDATA", "DYLD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH",
    "PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE",
)  # fmt: skip
"""All a worker sees of the environment: what Python needs to start. Keys and tokens stay here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may take.

    Attributes:
        memory: Bytes of address space.
        processor: Seconds of processor time, over all its threads.
        wall: Seconds until it is ended, whatever it does.
    """

    memory: int
    processor: int
    wall: float


def run_worker(module: str, job: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
    """Have a worker do one job.

    The worker neither hears Ctrl-C nor finds modules in the current folder. When this process is interrupted
    while it waits, the worker is ended.

    Args:
        module: The worker's module; run as `python -m`.
        job: What to do, as JSON values.
        limits: What it may take. Where there is no `resource` module only `wall` holds.

    Returns:
        Its answer. For one that ended without an answer, `error`: `time`, `memory`, or else `died`, with the
        last line it wrote to standard error as `reason`.
    """
    try:
        worker = subprocess.run(
            [sys.executable, "-P", "-m", module],
            input=json.dumps({"limits": asdict(limits), "job": job}),
            env={name: os.environ[name] for name in _SEEN if name in os.environ},
            capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=limits.wall,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": "time"}
    if worker.returncode or not worker.stdout:
        return _ended(worker.returncode, worker.stderr)
    answer: dict[str, Any] = json.loads(worker.stdout)
    return answer


def _ended(code: int, said: str) -> dict[str, str]:
    last = (said.strip().splitlines() or [""])[-1][:200]
    if sys.platform != "win32" and code == -signal.SIGXCPU:
        return {"error": "time"}
    return {"error": "memory"} if code < 0 or "MemoryError" in last else {"error": "died", "reason": last}


def serve(answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Read a job, bound what this process may take, and answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = json.load(sys.stdin)
    _bound(Limits(**asked["limits"]))
    json.dump(answer(asked["job"]), sys.stdout)


def _bound(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.processor),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, hard))
