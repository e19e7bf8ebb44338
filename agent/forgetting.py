"""Takes one person out of a workspace: data, findings about them, conversations that name them, the index."""

from dataclasses import dataclass
from pathlib import Path

from marketeer.agent.transcripts import Transcripts
from marketeer.tools.core.findings import Finding, SubjectKind
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.warehouse.erasure import Erased, erase_person
from marketeer.vectorstore import drop_index


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much is gone: snapshots the person was in, findings about them, turns that named them."""

    snapshots: int
    findings: int
    turns: int


def forget_person(folder: Path, person: str) -> Forgotten:
    """Forget a person by customer id, e-mail or full name.

    The files they were loaded from still name them, and so do exports already made: those are the shop's own.
    The record of what was sent holds pseudonyms only.

    Raises:
        Retry: Nobody, or several people, are called that.
    """
    erased = erase_person(folder, person)
    turns = Transcripts(folder).forget_mentions([person, *_spoken(erased)])
    ledger = Ledger(folder / "ledger.sqlite")
    about = [finding.id for finding in ledger.all() if _is_about(finding, erased)]
    ledger.forget(about)
    drop_index(folder)
    return Forgotten(len(erased), len(about), turns)


def _spoken(erased: tuple[Erased, ...]) -> list[str]:
    return sorted({name for one in erased for name in one.names})


def _is_about(finding: Finding, erased: tuple[Erased, ...]) -> bool:
    if finding.recipe is None:
        return False
    rows = {f"row {one.row}" for one in erased if one.snapshot == finding.recipe.snapshot}
    subjects = {fact.subject.name for fact in finding.facts if fact.subject.kind is SubjectKind.CUSTOMER}
    return bool(rows & subjects)
