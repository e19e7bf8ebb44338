"""A load killed at any moment leaves the snapshot before it or the new one; the next load tidies up."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.snapshots import current_snapshot, open_dataset, read_manifest

HEAD = "order_id,customer_id,date,sku,qty,price\n"
LOAD = (
    "import sys; from pathlib import Path; from marketeer.tools.sources.loading import load; "
    "print('ready', flush=True); sys.stdin.readline(); load([Path(sys.argv[1])], Path(sys.argv[2]))"
)
SMALL, LARGE = 50, 30_000


def written(path: Path, orders: int) -> Path:
    rows = (
        f"{n},{n % 97},2025-01-{1 + n % 28:02d},P{n % 50},{1 + n % 3},{n % 90 + 1}.5" for n in range(orders)
    )
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def loaded_and_killed(file: Path, workspace: Path, moment: float, *, publishing: bool) -> bool:
    """Start a load, kill it some seconds after its start or after publishing began; tell whether it lived."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, str(file), str(workspace)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        while publishing and process.poll() is None and not staged(workspace):
            time.sleep(0.001)
        time.sleep(moment)
        process.kill()
    return process.returncode == -signal.SIGKILL


def staged(workspace: Path) -> list[Path]:
    return list((workspace / "snapshots").glob(".staging-*"))


def leftovers(workspace: Path) -> list[Path]:
    return [path for path in workspace.rglob(".*") if path.name.startswith((".staging-", ".scratch-"))]


def kill_loads(folder: Path, moments: list[tuple[float, bool]]) -> tuple[int, int]:
    """Kill one load per moment, each over a small snapshot; give how many died, and how many publishing."""
    small, large = written(folder / "small.csv", SMALL), written(folder / "large.csv", LARGE)
    died = in_publishing = 0
    for number, (moment, publishing) in enumerate(moments):
        workspace = folder / f"ws{number}"
        before = load([small], workspace).dataset
        if not loaded_and_killed(large, workspace, moment, publishing=publishing):
            continue
        died += 1
        in_publishing += bool(staged(workspace))
        data = open_dataset(workspace)
        expected = SMALL if data.snapshot == before.snapshot else LARGE
        assert data.rows[Table.ORDERS] == expected
        assert read_manifest(workspace, data.snapshot).kept_rows == expected
        assert data.frame("SELECT count(*) AS n FROM order_lines")["n"].tolist() == [expected]
        after = load([large], workspace).dataset
        assert current_snapshot(workspace) == after.snapshot
        assert after.rows[Table.ORDERS] == LARGE
        assert not leftovers(workspace)
    return died, in_publishing


def test_a_kill_at_any_moment_leaves_a_whole_snapshot_current(tmp_path: Path) -> None:
    chance = random.Random(0)
    moments = [(chance.uniform(0, 0.6), False), (chance.uniform(0, 0.3), False), (0.01, True)]
    died, _ = kill_loads(tmp_path, moments)
    assert died


@pytest.mark.real
@pytest.mark.usefixtures("real_data")
def test_forty_kills_at_random_moments_half_of_them_in_publishing(tmp_path: Path) -> None:
    chance = random.Random(1)
    moments = [(chance.uniform(0, 0.5), False) for _ in range(20)]
    moments += [(chance.uniform(0, 0.08), True) for _ in range(20)]
    died, in_publishing = kill_loads(tmp_path, moments)
    assert died >= 30
    assert in_publishing >= 8
