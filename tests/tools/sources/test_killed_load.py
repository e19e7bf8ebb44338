"""A load killed at any moment leaves the snapshot before it or the new one; the next load tidies up."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.snapshots import current_snapshot, open_dataset, read_manifest

HEAD = "order_id,customer_id,date,sku,qty,price\n"
SERVER = """
import os, sys
from pathlib import Path
from marketeer.tools.sources.loading import load
while line := sys.stdin.readline():
    file, workspace = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        load([Path(file)], Path(workspace))
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()  # its number is its own until it is waited for
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A process that has imported everything and starts each load in a process of its own, at once."""
SMALL, LARGE = 50, 8_000
TIMED = 3


def written(path: Path, orders: int) -> Path:
    rows = (
        f"{n},{n % 97},2025-01-{1 + n % 28:02d},P{n % 50},{1 + n % 3},{n % 90 + 1}.5" for n in range(orders)
    )
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


class Loads:
    """Starts loads in processes of their own and kills them."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self.server = server

    def start(self, file: Path, workspace: Path) -> int:
        """Start a load; gives its process."""
        return self.ask(f"{file}\t{workspace}")

    def ended(self) -> int:
        """Wait for the load; gives how its process ended."""
        return self.ask("")

    def ask(self, line: str) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(f"{line}\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def killed(self, file: Path, workspace: Path, moment: float, *, publishing: bool) -> bool:
        """Kill a load some seconds after its start or after publishing began; tell whether it lived."""
        child = self.start(file, workspace)
        begun = time.monotonic()
        while publishing and not staged(workspace) and time.monotonic() < begun + 10:
            time.sleep(0.0002)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        return self.ended() == -signal.SIGKILL

    def seconds(self, file: Path, workspace: Path) -> tuple[float, float]:
        """Tell how long a whole load takes, and writing and publishing its snapshot."""
        begun = time.monotonic()
        self.start(file, workspace)
        while not staged(workspace):
            time.sleep(0.0002)
        staging = time.monotonic()
        while staged(workspace):
            time.sleep(0.0002)
        published = time.monotonic()
        assert self.ended() == 0
        return time.monotonic() - begun, published - staging


@contextmanager
def serving() -> Iterator[Loads]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield Loads(server)


def staged(workspace: Path) -> list[Path]:
    return list((workspace / "snapshots").glob(".staging-*"))


def leftovers(workspace: Path) -> list[Path]:
    return [path for path in workspace.rglob(".*") if path.name.startswith((".staging-", ".scratch-"))]


def kill_loads(folder: Path, count: int, seed: int) -> tuple[int, int, int]:
    """Kill loads at random moments of their measured time, every second one in publishing.

    Each replaces a small snapshot. Gives how many died, how many of them in publishing, and after how many
    the new snapshot was the current one already.
    """
    small, large = written(folder / "small.csv", SMALL), written(folder / "large.csv", LARGE)
    template, chance = folder / "template", random.Random(seed)
    before = load([small], template).dataset
    died = in_publishing = new = 0
    with serving() as loads:
        timed = [loads.seconds(large, shutil.copytree(template, folder / f"timed{n}")) for n in range(TIMED)]
        whole, publishing_takes = map(min, zip(*timed, strict=True))
        for number in range(count):
            publishing = bool(number % 2)
            moment = chance.uniform(0, publishing_takes if publishing else whole)
            workspace = Path(shutil.copytree(template, folder / f"ws{number}"))
            if not loads.killed(large, workspace, moment, publishing=publishing):
                continue
            died += 1
            in_publishing += bool(staged(workspace))
            data = open_dataset(workspace)
            new += data.snapshot != before.snapshot
            expected = SMALL if data.snapshot == before.snapshot else LARGE
            assert data.rows[Table.ORDERS] == expected
            assert read_manifest(workspace, data.snapshot).kept_rows == expected
            assert data.frame("SELECT count(*) AS n FROM order_lines")["n"].tolist() == [expected]
            after = load([large], workspace).dataset
            assert current_snapshot(workspace) == after.snapshot
            assert after.rows[Table.ORDERS] == LARGE
            assert not leftovers(workspace)
            shutil.rmtree(workspace)
    return died, in_publishing, new


def test_a_kill_at_any_moment_leaves_a_whole_snapshot_current(tmp_path: Path) -> None:
    died, _, _ = kill_loads(tmp_path, 4, seed=0)
    assert died


@pytest.mark.real
@pytest.mark.usefixtures("real_data")
def test_forty_kills_at_random_moments_half_of_them_in_publishing(tmp_path: Path) -> None:
    died, in_publishing, _ = kill_loads(tmp_path, 40, seed=1)
    assert died >= 30
    assert in_publishing >= 8
