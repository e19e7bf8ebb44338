import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marketeer.tools.warehouse.sheets import workbook_to_csv
from marketeer.tools.warehouse.workers import Limits, run_worker

AMPLE = Limits(memory=2 << 30, processor=20, wall=20)
WORKERS = {
    "echoes": "lambda job: {'told': job['say']}",
    "looks": "lambda job: {'seen': sorted(os.environ), 'path': sys.path}",
    "fills": "lambda job: {'told': len(bytearray(8 << 30))}",
    "spins": "lambda job: {'told': max(iter(int, 1))}",
    "waits": "lambda job: {'told': time.sleep(60)}",
    "breaks": "lambda job: {'told': 1 / 0}",
    "kills": "lambda job: os.kill(os.getpid(), 9)",
    "interrupts": "lambda job: {'told': os.kill(os.getpid(), 2)}",
}


@pytest.fixture(autouse=True)
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, does in WORKERS.items():
        text = f"import os, sys, time\nfrom marketeer.tools.warehouse.workers import serve\nserve({does})\n"
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_a_job_is_answered_in_any_script() -> None:
    told = "“秋季” 🍂 \ud800\n\x00"
    assert run_worker("echoes", {"say": told}, AMPLE) == {"told": told}


def test_keys_and_tokens_are_not_in_a_workers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    seen = run_worker("looks", {}, AMPLE)["seen"]
    assert "PATH" in seen
    assert "OPENAI_API_KEY" not in seen


def test_modules_in_the_current_folder_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "exports"
    here.mkdir()
    (here / "json.py").write_text("raise SystemExit('ran a file that lay beside the data')")
    monkeypatch.chdir(here)
    told = run_worker("looks", {}, AMPLE)
    assert not {"", str(here)} & set(told["path"])


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits of memory")
def test_too_much_memory_is_told_as_such() -> None:
    assert run_worker("fills", {}, AMPLE) == {"error": "memory"}
    assert run_worker("kills", {}, AMPLE) == {"error": "memory"}


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits of processor time")
def test_too_much_processor_time_is_told_as_such() -> None:
    assert run_worker("spins", {}, Limits(2 << 30, processor=1, wall=30)) == {"error": "time"}


def test_a_worker_that_only_waits_is_ended() -> None:
    began = time.monotonic()
    assert run_worker("waits", {}, Limits(2 << 30, processor=20, wall=1)) == {"error": "time"}
    assert time.monotonic() - began < 15


def test_a_worker_that_breaks_says_with_what() -> None:
    assert run_worker("breaks", {}, AMPLE) == {
        "error": "died",
        "reason": "ZeroDivisionError: division by zero",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_is_left_to_the_process_that_waits() -> None:
    assert run_worker("interrupts", {}, AMPLE) == {"told": None}


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupted_wait_ends_its_worker(tmp_path: Path) -> None:
    (tmp_path / "stays.py").write_text(
        "import os, time\nfrom pathlib import Path\nfrom marketeer.tools.warehouse.workers import serve\n"
        "serve(lambda job: Path(job['at']).write_text(str(os.getpid())) and time.sleep(60))\n"
    )
    at = tmp_path / "pid"
    asks = (
        "from marketeer.tools.warehouse.workers import Limits, run_worker\n"
        f"run_worker('stays', {{'at': {str(at)!r}}}, Limits(2 << 30, 20, 60))"
    )
    with subprocess.Popen([sys.executable, "-c", asks], stderr=subprocess.PIPE) as waits:
        until = time.monotonic() + 15
        while not (at.exists() and at.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        waits.send_signal(2)
        assert b"KeyboardInterrupt" in waits.communicate(timeout=15)[1]
    with pytest.raises(ProcessLookupError):
        os.kill(int(at.read_text()), 0)


def test_a_tighter_limit_of_the_person_is_kept(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "bounds.py").write_text(
        "import resource\nfrom marketeer.tools.warehouse.workers import serve\n"
        "serve(lambda job: {'told': resource.getrlimit(resource.RLIMIT_CPU)})\n"
    )
    asks = (
        "import json, resource\nfrom marketeer.tools.warehouse.workers import Limits, run_worker\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (90, 90))\n"
        "print(json.dumps(run_worker('bounds', {}, Limits(2 << 30, 120, 20))))"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '{"told": [90, 90]}'
    assert resource.getrlimit(resource.RLIMIT_CPU)[1] != 90


def test_a_workbook_is_read_though_a_module_of_the_same_name_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    (tmp_path / "csv.py").write_text("raise SystemExit('ran a file that lay beside the data')")
    monkeypatch.delenv("PYTHONPATH")
    book = openpyxl.Workbook()
    for row in (("order_id", "price"), ("1", 2.5)):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    monkeypatch.chdir(tmp_path)
    written, notes = workbook_to_csv(tmp_path / "orders.xlsx", tmp_path)
    assert written[0].read_text().splitlines() == ["order_id,price", "1,2.5"]
    assert notes == ()
