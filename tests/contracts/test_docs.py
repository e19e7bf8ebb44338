import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from marketeer.tools.core.columns import Table
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Workspace
from tests.shops import shop_frames

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.S)


def examples() -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for block in blocks("README.md", "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif line.strip():
                found[-1][1].append(line)
    return found


def test_the_readme_shows_some_commands() -> None:
    assert len(examples()) >= 5


def test_the_commands_of_the_readme_print_what_it_shows_one_after_the_other(tmp_path: Path) -> None:
    code = "from marketeer.agent.cli import main; main()"
    for command, shown in examples():
        program, *arguments = shlex.split(command)
        assert program == "marketeer"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        for line in shown:
            assert line in done.stdout


def test_the_tool_of_the_contributing_page_works(workspace: Workspace) -> None:
    (source,) = blocks("CONTRIBUTING.md", "python")
    module = ModuleType("count_customers")
    exec(source, module.__dict__)  # the page's own example, word for word
    german = run(module.TOOL, {"country": "DE"}, workspace).facts[0].value
    assert german == (shop_frames()[Table.CUSTOMERS]["country"] == "DE").sum()
