import importlib.util
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from marketeer.agent.cli import app, hoisted, main
from marketeer.tools import tool_names
from marketeer.tools.core.findings import Fact, Unit
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.core.workspace import Workspace
from tests.loopback import Loopback, say

HEAVY = ("pandas", "sklearn", "langchain", "langchain_core", "chromadb", "openai", "duckdb")
ROOT = Path(__file__).parents[2]


def marketeer(workspace: Workspace, *words: str, stdin: str = "", **env: str) -> Result:
    return CliRunner().invoke(app, ["--workspace", str(workspace.folder), *words], input=stdin, env=env)


def in_a_new_process(code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def imported_by(*words: str) -> set[str]:
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
        "from marketeer.agent.cli import main\nmain(sys.argv[1:])"
    )
    return set(in_a_new_process(code, *words).stderr.split())


def test_help_imports_nothing_heavy() -> None:
    assert imported_by("--help").isdisjoint(HEAVY)


def test_listing_tools_imports_none_of_them() -> None:
    assert imported_by("run", "--help").isdisjoint(HEAVY)
    assert imported_by("tools").isdisjoint(f"marketeer.tools.{name}" for name in tool_names())


def test_help_takes_less_than_four_tenths_of_a_second_of_work() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert in_a_new_process("from marketeer.agent.cli import main; main(['--help'])").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.4


def test_the_page_on_the_command_line_is_current() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.cli_page() == (ROOT / "docs" / "cli.md").read_text(), "run: make docs"


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        (["ask", "hello", "--model", "x"], ["--model", "x", "ask", "hello"]),
        (["ask", "--workspace=w", "hello"], ["--workspace=w", "ask", "hello"]),
        (["findings", "--debug"], ["--debug", "findings"]),
        (["run", "draft_campaign", "--language", "zh"], ["run", "draft_campaign", "--language", "zh"]),
        (["--language", "zh", "run", "x", "--model", "y"], ["--language", "zh", "run", "x", "--model", "y"]),
        (["ask", "--", "--model", "x"], ["ask", "--", "--model", "x"]),
    ],
)
def test_global_options_may_stand_anywhere_but_after_run(given: list[str], moved: list[str]) -> None:
    assert hoisted(given) == moved


def test_a_tool_runs_as_a_command_with_options_from_its_arguments(workspace: Workspace) -> None:
    result = marketeer(workspace, "run", "segment_customers", "--method", "kmeans", "--k", "3", "--json")
    assert result.exit_code == 0, result.output
    finding = json.loads(result.stdout)
    assert finding["tool"] == "segment_customers"
    assert (finding["args"]["method"], finding["args"]["k"]) == ("kmeans", 3)
    assert all(fact["id"].startswith("F1.") for fact in finding["facts"])


def test_options_win_over_json_arguments_and_lists_are_given_one_by_one(workspace: Workspace) -> None:
    words = (
        "--method",
        "kmeans",
        "--features",
        "orders",
        "--features",
        "net_revenue",
        "--args",
        '{"k": 2, "method": "rfm"}',
    )
    finding = json.loads(marketeer(workspace, "run", "segment_customers", *words, "--json").stdout)
    assert finding["args"]["method"] == "kmeans"
    assert finding["args"]["k"] == 2
    assert finding["args"]["features"] == ["orders", "net_revenue"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "segment_custmers"), "segment_customers"),
        (("run", "segment_customers", "--method", "magic"), "kmeans"),
        (("run", "segment_customers", "--args", "{k: 2}"), "no JSON"),
        (("run", "segment_customers", "--args", "[1]"), "no JSON object"),
        (("ask",), "QUESTION"),
        (("ask", "-"), "empty"),
        (("sing",), "sing"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_would_be_right(
    workspace: Workspace, words: Sequence[str], said: str
) -> None:
    result = marketeer(workspace, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_an_error_is_one_line_with_the_next_step(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--workspace", str(workspace.folder), "run", "segment_customers", "--k", "99"])
    assert ended.value.code == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: segment_customers: k:")
    assert "less than or equal to 20" in error


def test_debug_shows_where_an_error_came_from(workspace: Workspace) -> None:
    result = marketeer(workspace, "why", "F9", "--debug")
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "Retry"


def test_a_question_is_answered_as_one_json_object(workspace: Workspace) -> None:
    result = marketeer(workspace, "ask", "segment", "my", "customers", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["kind"] == "answered"
    assert answer["model"] == "offline"
    assert answer["unverified"] == []
    assert {"id", "tool", "args", "title", "verdict", "facts"} <= set(answer["findings"][0])
    assert {"id", "name", "value", "unit", "subject", "interval"} <= set(answer["findings"][0]["facts"][0])
    assert {"text", "drafts", "usage"} <= set(answer)


def test_a_question_can_come_from_standard_input(workspace: Workspace) -> None:
    result = marketeer(workspace, "ask", "-", "--json", stdin="把我的客户分群\n")
    assert json.loads(result.stdout)["language"] == "zh"


def test_strict_exits_3_where_a_number_rests_on_nothing(workspace: Workspace, endpoint: Loopback) -> None:
    endpoint.play(*[say("You have 999 champions.")] * 4)
    env = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "test"}
    result = marketeer(workspace, "ask", "how many?", "--model", "any", "--strict", **env)
    assert result.exit_code == 3
    assert "999⚠" in result.stdout
    assert "999" in result.stderr


def test_findings_are_listed_explained_and_computed_again(workspace: Workspace) -> None:
    assert marketeer(workspace, "run", "segment_customers").exit_code == 0
    listed = marketeer(workspace, "findings")
    assert "F1" in listed.stdout
    assert "segment_customers" in listed.stdout
    explained = marketeer(workspace, "why", "F1")
    assert "quintiles" in explained.stdout
    assert json.loads(marketeer(workspace, "why", "F1", "--json").stdout)["id"] == "F1"
    again = marketeer(workspace, "replay", "F1")
    assert again.exit_code == 0
    assert "F1 agrees" in again.stdout


def test_a_replay_that_differs_exits_1_and_names_the_fact(workspace: Workspace) -> None:
    assert marketeer(workspace, "run", "segment_customers").exit_code == 0
    ledger = Ledger(workspace.folder / "ledger.sqlite")
    finding = ledger.get("F1")
    forged = Fact(finding.facts[0].name, 1, Unit.CUSTOMERS, finding.facts[0].subject, id="F1.1")
    ledger.file(
        type(finding)(
            **{n: getattr(finding, n) for n in finding.__slots__} | {"facts": (forged, *finding.facts[1:])}
        )
    )
    result = marketeer(workspace, "replay", "F1")
    assert result.exit_code == 1
    assert "F1.1" in result.stdout


def test_without_findings_the_next_step_is_said(workspace: Workspace, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--workspace", str(tmp_path / "new"), "findings"])
    assert "Ask something first" in str(result.exception)
    assert not (tmp_path / "new").exists()


def test_a_file_is_loaded_and_reconciled(tmp_path: Path) -> None:
    rows = ["order_id,customer_id,product_id,quantity,unit_price,ordered_at"]
    rows += [f"O{n},C{n % 7},P{n % 5},{1 + n % 3},2.50,2024-0{1 + n % 9}-1{n % 9}" for n in range(60)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join([*rows, rows[1]]) + "\n")
    words = ["--workspace", str(tmp_path / "w"), "load", str(file), "--currency", "eur"]
    dry = CliRunner().invoke(app, [*words, "--dry-run", "--json"])
    assert json.loads(dry.stdout)["published"] is False
    assert not (tmp_path / "w" / "current").exists()
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "Reconciled" in result.stdout
    assert "exact_duplicate" in result.stdout
    report = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (report["raw_rows"], report["kept_rows"], report["currency"], report["unchanged"]) == (
        61,
        60,
        "EUR",
        True,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("load", "nowhere.csv"), "nowhere.csv"),
        (("load", "nowhere.csv", "--map", "quantity"), "table.column=Header"),
        (("why", "F1"), "Ask something first"),
        (("--language", "fr", "findings"), "language"),
    ],
)
def test_every_error_says_what_it_is_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--workspace", str(tmp_path / "w"), *words])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error


def test_conversations_are_listed_gone_on_with_and_forgotten(workspace: Workspace) -> None:
    assert "no conversations" in marketeer(workspace, "sessions").stdout
    assert marketeer(workspace, "ask", "segment my customers").exit_code == 0
    assert marketeer(workspace, "ask", "--continue", "and with k-means?").exit_code == 0
    listed = json.loads(marketeer(workspace, "sessions", "--json").stdout)
    assert [one["turns"] for one in listed] == [2]
    assert "nothing" in marketeer(workspace, "sent").stdout.lower()
    assert "1 turns" in marketeer(workspace, "forget", "--person", "k-means").stdout
    assert "1 conversations" in marketeer(workspace, "forget", "--yes").stdout
    assert marketeer(workspace, "sessions", "--json").stdout.strip() == "[]"


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    code = (
        "from marketeer.agent.cli import main; import sys; sys.stderr.write('up'); sys.stderr.flush(); main()"
    )
    words = [sys.executable, "-c", code, "--workspace", str(tmp_path), "ask", "-"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        running.stderr.read(2)
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"Traceback" not in errors


def test_everything_written_is_only_the_owners(workspace: Workspace) -> None:
    assert marketeer(workspace, "ask", "segment my customers").exit_code == 0
    folder = workspace.folder / "transcripts"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_the_demo_shop_is_opened_on_request(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--workspace", str(tmp_path / "w"), "demo"])
    assert result.exit_code == 0, result.output
    assert "6,000 customers" in result.stdout


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_foresaw_is_one_line_without_debug(*, debug: bool) -> None:
    code = (
        "from marketeer.agent import cli\n"
        "@cli.app.command()\n"
        "def stumble(*, debug: bool = False) -> None:\n"
        "    raise LookupError('no such fact')\n"
        f"cli.main({['stumble', *(['--debug'] if debug else [])]})"
    )
    done = in_a_new_process(code)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is debug
    assert ("this should not have happened (LookupError: no such fact)" in done.stderr) is not debug
