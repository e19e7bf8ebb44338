"""Words what came of a plan: the findings, or why there are none."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketeer.agent.offline import pages
from marketeer.agent.offline.conversation import Call, Turn
from marketeer.agent.offline.text import fold
from marketeer.prompts import fill
from marketeer.prompts.wording import FindingWords, show_subject, word_finding
from marketeer.prompts.words import languages, word_tables
from marketeer.tools.core.copy import Language
from marketeer.tools.core.errors import Insufficient, Refused, Retry, ToolError
from marketeer.tools.core.findings import Finding, Subject, SubjectKind, Verdict

Reply = tuple[str, str]
"""The text of an answer and its kind."""


def from_findings(findings: Sequence[Finding], language: Language) -> Reply:
    """Word all findings of a turn, each once."""
    texts = dict.fromkeys(word_finding(finding, language) for finding in findings)
    doubtful = findings[-1].verdict is Verdict.INSUFFICIENT
    return "\n\n".join(texts), "cannot_tell" if doubtful else "answered"


def from_error(call: Call, language: Language) -> Reply:
    """Word why a tool found nothing, and what would help."""
    error = call.error or ToolError("")
    page, kind = _page_of(error)
    values = {
        "reason": reason(error, call.tool, language),
        "nearest": [_named(one, language, call.tool) for one in _listed(error.params.get("nearest"))],
        "name": str(error.params.get("name", "")),
    }
    return pages.say(page, language, **values), kind


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _page_of(error: ToolError) -> Reply:
    if isinstance(error, Insufficient):
        return "insufficient", "cannot_tell"
    if isinstance(error, Refused):
        return "refused", "declined"
    if isinstance(error, Retry) and error.params.get("nearest"):
        return "unknown_name", "asks_back"
    return ("another_way", "asks_back") if isinstance(error, Retry) else ("failed", "cannot_tell")


def reason(error: ToolError, tool: str, language: Language) -> str:
    """Give an error's sentence in a language, by its code; English ones can speak for themselves."""
    known = word_tables(language, tool).get("error", {}).get(error.code)
    if known:
        return fill(known, **_shown_params(error.params, language, tool))
    return error.message if language == "en" else word_tables(language)["error"]["unknown"]


def _shown_params(params: Mapping[str, Any], language: Language, tool: str) -> dict[str, Any]:
    joined = word_tables(language)["pattern"]["join"]
    return {
        name: joined.join(_named(str(one), language, tool) for one in value)
        if isinstance(value, (list, tuple, set, frozenset))
        else _named(str(value), language, tool)
        for name, value in params.items()
    }


def _named(code: str, language: Language, tool: str) -> str:
    tables = word_tables(language, tool)
    for table in ("segment", "table", "column", "term", "fact"):
        if known := tables.get(table, {}).get(code):
            return known
    return code


def why(before: Sequence[Turn], question: str, language: Language) -> Reply:
    """Answer "why that one?" from what was found before: the figures side by side, and the method."""
    finding = next(found for turn in reversed(before) for found in reversed(turn.findings))
    asked = [one for one in finding.subjects(SubjectKind.SEGMENT) if _is_named(one, question)]
    words = FindingWords(finding, language)
    first = next(finding.subjects(SubjectKind.SEGMENT), None)
    subjects = list(dict.fromkeys([*([first] if first else []), *asked]))
    rows = [
        {
            "subject": words.show(subject),
            "facts": [
                f"{words.word('fact', fact.name)}{'：' if language == 'zh' else ' '}"
                f"{words.say_interval(fact.name, subject)}"
                for fact in finding.facts
                if fact.subject == subject
            ],
        }
        for subject in subjects
    ]
    text = pages.say(
        "why", language, rows=rows, title=words.title(), method=words.method(), notes=words.notes()
    )
    return text, "cannot_tell" if finding.verdict is Verdict.INSUFFICIENT else "answered"


def _is_named(subject: Subject, question: str) -> bool:
    folded = fold(question)
    names = {fold(show_subject(subject, language)) for language in languages()}
    short = {name.removesuffix("客户") for name in names}
    return any(name in folded for name in {*names, *short, subject.name.replace("_", " ")})
