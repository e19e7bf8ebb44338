import ast
import re
from pathlib import Path

import pytest

import marketeer.tools
from marketeer.tools import tool_names
from marketeer.tools.sources.demo import TRUTH

ROOT = Path(marketeer.tools.__path__[0])


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_in_tools_imports_a_tool_module(path: Path) -> None:
    tools = {f"marketeer.tools.{name}" for name in tool_names()}
    assert not imported(path) & tools


def test_only_the_demo_source_knows_where_the_planted_truth_is() -> None:
    readers = [p for p in ROOT.rglob("*.py") if re.search(rf"{TRUTH}|\bTRUTH\b|truth_of", p.read_text())]
    assert {p.name for p in readers} <= {"demo.py", "shop.py"}
