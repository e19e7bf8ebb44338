"""Runs a tool, files what it found, and replays it. Agent, commands and tests all come through here."""

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

from marketeer.tools.core.contract import Outcome, Tool
from marketeer.tools.core.errors import Refused, unknown_name
from marketeer.tools.core.findings import Fact, Finding, Recipe, Value
from marketeer.tools.core.payloads import Payload
from marketeer.tools.core.workspace import Workspace


def run(tool: Tool, raw: Mapping[str, Any], workspace: Workspace) -> Finding:
    """Run a tool and file its finding; the same recipe on the same snapshot gives the filed one back.

    Args:
        tool: The tool.
        raw: Its arguments before validation.
        workspace: Where it runs.

    Returns:
        The filed finding, with its id and recipe.

    Raises:
        ToolError: The arguments are wrong, the tool refuses, or the data cannot say.
    """
    recipe = _request(tool, raw, workspace)
    for finding in () if tool.writes else workspace.ledger.made_before(recipe):
        if _still_current(finding, workspace):
            workspace.ledger.touch(finding.id)
            return finding
    scope = workspace.scoped()
    outcome = tool.function(tool.parse(recipe.args), scope)
    return _file(tool, outcome, replace(recipe, parents=dict(scope.parents)), scope)


def _request(tool: Tool, raw: Mapping[str, Any], workspace: Workspace) -> Recipe:
    args = tool.parse(raw)
    if tool.keyed is not None:
        args = tool.keyed(args, workspace)
    return Recipe(
        snapshot=workspace.dataset.snapshot if tool.needs_data or tool.reads_data else "",
        tool=tool.name,
        args=args.model_dump(mode="json"),
        version=f"{metadata.version('marketeer')}/{tool.version}",
        environment={name: getattr(workspace.ports, name).fingerprint for name in tool.uses},
    )


def _still_current(finding: Finding, workspace: Workspace) -> bool:
    recipe = _recipe(finding)
    named = [value for value in recipe.args.values() if isinstance(value, str)]
    return all(
        parent in named or workspace.current(kind) == parent for kind, parent in recipe.parents.items()
    )


def _file(tool: Tool, outcome: Finding | Outcome, recipe: Recipe, workspace: Workspace) -> Finding:
    bare, payload = (outcome, None) if isinstance(outcome, Finding) else (outcome.finding, outcome.payload)
    finding_id = workspace.ledger.reserve(recipe, payload.kind if payload else "")
    if payload:
        _store(payload, finding_id, workspace)
    told = replace(bare, notes=(*bare.notes, *workspace.notes))
    finding = told.filed(finding_id, recipe)
    workspace.ledger.file(finding)
    return finding


def _store(payload: Payload, finding_id: str, workspace: Workspace) -> None:
    folder = workspace.payload_folder(finding_id)
    beside = folder.with_name(f".{finding_id}.new")
    shutil.rmtree(beside, ignore_errors=True)
    payload.save(beside)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _recipe(finding: Finding) -> Recipe:
    if finding.recipe is None:
        raise Refused(f"{finding.id or 'This finding'} has no recipe, so it cannot be computed again.")
    return finding.recipe


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that a replay did not give again."""

    fact: Fact
    replayed: Value | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gave: the filed finding and every fact that differs."""

    finding: Finding
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether every fact came out the same."""
        return not self.differences


def replay(finding: Finding, tool: Tool, workspace: Workspace) -> Replay:
    """Compute a finding again from its recipe and compare it with the filed one.

    Args:
        finding: A filed finding.
        tool: The tool its recipe names.
        workspace: A workspace whose dataset is the recipe's snapshot.

    Raises:
        Refused: The tool or the package has another version, or the snapshot is not the recipe's.
    """
    recipe = _recipe(finding)
    now = _request(tool, recipe.args, workspace)
    for what in ("snapshot", "version", "environment"):
        before, today = getattr(recipe, what), getattr(now, what)
        if before != today:
            raise Refused(
                f"{finding.id} was computed with {what} {before}, and this is {today}: it cannot be compared."
            )
    outcome = tool.function(tool.parse(recipe.args), workspace.scoped(recipe.parents))
    again = outcome if isinstance(outcome, Finding) else outcome.finding
    return Replay(finding, tuple(_differences(finding.facts, again.facts)))


def _differences(filed: Sequence[Fact], again: Sequence[Fact]) -> Iterator[Difference]:
    values = {(fact.subject, fact.name): fact for fact in again}
    for fact in filed:
        other = values.get((fact.subject, fact.name))
        if other is None or other.unit is not fact.unit or not _same(fact.value, other.value):
            yield Difference(fact, None if other is None else other.value)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return str(one) == str(other)


@dataclass(frozen=True, slots=True)
class CatalogRunner:
    """Runs the tool that produces a payload, for tools that need it: the step is filed like any other.

    Attributes:
        tools: Gives all tools there are; called only when one is needed.
        workspace: Where they run.
    """

    tools: Callable[[], Sequence[Tool]]
    workspace: Workspace

    def produce(self, payload: type[Payload], args: Mapping[str, Any]) -> str:
        """Run the first tool that leaves this payload, with its defaults for all other arguments."""
        for tool in self.tools():
            if tool.produces is payload:
                return run(tool, args, replace(self.workspace, runner=self)).id
        raise Refused(f"No tool makes a {payload.kind}.")

    def restore(self, finding_id: str) -> None:
        """Compute the payload of a filed finding again from its recipe."""
        recipe = _recipe(self.workspace.ledger.get(finding_id))
        tool = next((tool for tool in self.tools() if tool.name == recipe.tool), None)
        if tool is None:
            raise unknown_name("tool", recipe.tool, [tool.name for tool in self.tools()])
        outcome = tool.function(tool.parse(recipe.args), self.workspace.scoped(recipe.parents))
        if isinstance(outcome, Outcome):
            _store(outcome.payload, finding_id, self.workspace)
