"""`marketeer run <tool>`: every tool as a plain command, its options made from its arguments.

Listing the tools reads their files without importing them; only the chosen tool's module is imported.
"""

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from marketeer import tools
from marketeer.agent.desk import Desk
from marketeer.agent.flags import Flag, readable_type, with_flags
from marketeer.tools import load_tool, tool_names
from marketeer.tools.core.errors import Retry

if TYPE_CHECKING:  # listing tools imports none of them
    from pydantic.fields import FieldInfo

    from marketeer.tools.core.contract import Tool

_OWN = frozenset({"args", "json", "ctx", "as_json"})


class ToolGroup(TyperGroup):
    """The tools as commands, each built when it is called."""

    def __init__(self, **attrs: Any) -> None:
        attrs["help"] = "Run one tool; run TOOL --help shows its options."
        super().__init__(**attrs)

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the tools' names."""
        return list(tool_names())

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand:
        """Give a tool's name and summary, for listing."""
        return TyperCommand(cmd_name, help=summary(cmd_name), rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str, Any, list[str]]:
        """Import the tool that is called and build its command."""
        try:
            tool = load_tool(args[0])
        except Retry as error:
            ctx.fail(error.message)
        return tool.name, tool_command(tool), args[1:]


def summary(name: str) -> str:
    """Give the first line of what a tool does, read from its file without importing it."""
    source = (Path(tools.__path__[0]) / f"{name}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def tool_command(tool: "Tool") -> Any:
    """Build the command of one tool."""

    def run(
        ctx: typer.Context,
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print the finding as JSON.")] = False,
        raw: Annotated[str, typer.Option("--args", help=_json_help(tool))] = "{}",
        **values: Any,
    ) -> None:
        from marketeer.agent.answers import finding_json

        desk: Desk = ctx.find_root().obj
        with desk.open(quiet=as_json) as (console, session):
            finding = session.run_tool(tool.name, {**_parsed(raw), **values}, console.hear)
            console.json(finding_json(finding)) if as_json else console.finding(finding, desk.language)

    run.__doc__ = tool.description
    one = typer.Typer(rich_markup_mode=None, add_completion=False)
    one.command(name=tool.name)(with_flags(tool_flags(tool))(run))
    return typer.main.get_command(one)


def tool_flags(tool: "Tool") -> list[Flag]:
    """Give an option for every argument of a tool that a word or number can be."""
    flags = []
    for name, described in tool.args.model_fields.items():
        kind = readable_type(described.annotation)
        if kind is not None and name not in _OWN:
            flags.append(Flag(name, kind, _help(described)))
    return flags


def _help(described: "FieldInfo") -> str:
    text = described.description or ""
    default = described.get_default(call_default_factory=True) if not described.is_required() else None
    return f"{text} [default: {default}]" if default not in (None, "", (), [], {}) else text


def _json_help(tool: "Tool") -> str:
    nested = [n for n, f in tool.args.model_fields.items() if readable_type(f.annotation) is None]
    only = f" Only here: {', '.join(nested)}." if nested else ""
    return f"Arguments as one JSON object; options win over it.{only}"


def _parsed(raw: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise typer.BadParameter(f"this is no JSON: {error}", param_hint="--args") from error
    if not isinstance(value, dict):
        raise typer.BadParameter('this is no JSON object such as {"k": 5}', param_hint="--args")
    return value
