"""Writes the pages that are made from the code; with `--check` it only tells whether they are current."""

import sys
from pathlib import Path

from typer.testing import CliRunner

from marketeer.agent.cli import app
from marketeer.tools import tool_names

DOCS = Path(__file__).parent
_COMMANDS = (
    "chat", "ask", "load", "demo", "sql", "tools", "findings", "why", "replay", "drafts", "sessions",
    "resume", "forget", "sent", "run",
)  # fmt: skip
_HEAD = """# The command line

Made from `--help` by `make docs`; do not edit. Exit codes: 0 done, 1 an error (one line on standard error
with what to do next), 2 wrong usage, 3 a number that rests on no fact under `ask --strict`, 130 interrupted.
"""


def help_text(*command: str) -> str:
    """Give the help of a command at a fixed width."""
    return CliRunner().invoke(app, [*command, "--help"], prog_name="marketeer", terminal_width=100).output


def cli_page() -> str:
    """Give `docs/cli.md`."""
    commands: list[tuple[str, ...]] = [(), *((name,) for name in _COMMANDS)]
    commands += [("run", name) for name in tool_names()]
    parts = [f"## {' '.join(('marketeer', *one))}\n\n```text\n{help_text(*one)}```\n" for one in commands]
    return "\n".join([_HEAD, *parts])


PAGES = {"cli.md": cli_page}


def main() -> int:
    """Write or check every page; give the exit code."""
    stale = {name: text for name, make in PAGES.items() if (text := make()) != _current(name)}
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"docs/{name} is not current. Run: make docs\n")
        return int(bool(stale))
    for name, text in stale.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


def _current(name: str) -> str:
    path = DOCS / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
