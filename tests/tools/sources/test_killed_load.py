import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from marketeer.tools.core.columns import Table
from marketeer.tools.sources.loading import load
from marketeer.tools.warehouse.snapshots import current_snapshot, open_dataset, read_manifest

HEAD = "order_id,customer_id,date,sku,qty,price\n"
LOAD = (
    "import sys; from pathlib import Path; from marketeer.tools.sources.loading import load; "
    "print('ready', flush=True); sys.stdin.readline(); load([Path(sys.argv[1])], Path(sys.argv[2]))"
)


def written(path: Path, orders: int) -> Path:
    rows = (
        f"{n},{n % 97},2025-01-{1 + n % 28:02d},P{n % 50},{1 + n % 3},{n % 90 + 1}.5" for n in range(orders)
    )
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def test_a_kill_at_any_moment_leaves_a_whole_snapshot_current(tmp_path: Path) -> None:
    workspace = tmp_path / "ws"
    small = load([written(tmp_path / "small.csv", 50)], workspace).dataset
    large = written(tmp_path / "large.csv", 30_000)
    moments = random.Random(0)
    killed = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", LOAD, str(large), str(workspace)],
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
            time.sleep(moments.uniform(0, 0.6))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
        data = open_dataset(workspace)
        expected = 50 if data.snapshot == small.snapshot else 30_000
        assert data.rows[Table.ORDERS] == expected
        assert read_manifest(workspace, data.snapshot).kept_rows == expected
        assert data.frame("SELECT count(*) AS n FROM order_lines")["n"].tolist() == [expected]
    assert killed
    final = load([large], workspace).dataset
    assert current_snapshot(workspace) == final.snapshot
    assert not [path for path in workspace.rglob(".*") if path.name.startswith((".staging-", ".scratch-"))]
