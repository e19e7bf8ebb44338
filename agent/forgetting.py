"""Takes one person out of a workspace: data, findings about them, conversations that name them, the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marketeer.agent.transcripts import Transcripts
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding, SubjectKind
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.warehouse.erasure import Erased, erase_person
from marketeer.vectorstore import drop_index


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much is gone: customers of the data, findings about them, turns that named them."""

    customers: int
    findings: int
    turns: int


def forget_people(folder: Path, people: Sequence[str]) -> Forgotten:
    """Forget several people; one whom the data does not know goes from the conversations only.

    Raises:
        Retry: Several customers are called that.
    """
    done = [_forget_whoever(folder, person) for person in people]
    return Forgotten(
        sum(one.customers for one in done), sum(one.findings for one in done), sum(one.turns for one in done)
    )


def _forget_whoever(folder: Path, person: str) -> Forgotten:
    try:
        return forget_person(folder, person)
    except Retry as error:
        if error.code != "unknown_customer":
            raise
        return Forgotten(0, 0, Transcripts(folder).forget_mentions([person]))


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
    return Forgotten(len({one.names for one in erased}), len(about), turns)


def _spoken(erased: tuple[Erased, ...]) -> list[str]:
    return sorted({name for one in erased for name in one.names})


def _is_about(finding: Finding, erased: tuple[Erased, ...]) -> bool:
    if finding.recipe is None:
        return False
    rows = {f"row {one.row}" for one in erased if one.snapshot == finding.recipe.snapshot}
    subjects = {fact.subject.name for fact in finding.facts if fact.subject.kind is SubjectKind.CUSTOMER}
    return bool(rows & subjects)
