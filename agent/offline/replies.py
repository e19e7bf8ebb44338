"""Words what came of a plan: the findings, or why there are none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marketeer.agent.offline import pages
from marketeer.agent.offline.conversation import Call, Turn
from marketeer.agent.offline.text import fold
from marketeer.prompts import fill
from marketeer.prompts.wording import FindingWords, show_subject, word_finding
from marketeer.prompts.words import languages, word, word_tables
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
    page, kind = _page_of(error, language)
    values = {
        "reason": reason(error, call.tool, language),
        "nearest": _apart(_listed(error.params.get("nearest")), language, call.tool),
        "name": str(error.params.get("name", "")),
    }
    return pages.say(page, language, **values), kind


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _page_of(error: ToolError, language: Language) -> Reply:
    if own := pages.for_code(error.code, language):
        return own, pages.kind_of(own, language)
    if isinstance(error, Insufficient):
        return "insufficient", "cannot_tell"
    if isinstance(error, Refused):
        return "refused", "declined"
    worded = error.code in word_tables(language)["error"]
    if isinstance(error, Retry) and error.params.get("nearest") and not worded:
        return "unknown_name", "asks_back"
    return ("another_way", "asks_back") if isinstance(error, Retry) else ("failed", "cannot_tell")


def reason(error: ToolError, tool: str, language: Language) -> str:
    """Give an error's sentence in a language, by its code; English ones can speak for themselves."""
    words = word_tables(language, tool)["error"]
    if error.code in words:
        return fill(words[error.code], **_shown_params(error.params, language, tool))
    return error.message if language == "en" else words["unknown"]


def _shown_params(params: Mapping[str, Any], language: Language, tool: str) -> dict[str, Any]:
    pattern = word_tables(language)["pattern"]
    return {
        name: pattern["join"].join(_apart(value, language, tool))
        if isinstance(value, (list, tuple, set, frozenset))
        else _named(str(value), language, tool)
        for name, value in params.items()
    }


def _apart(codes: Iterable[object], language: Language, tool: str) -> list[str]:
    """Name several things so that each can be told from the next: in quotes where a name holds a comma."""
    pattern = word_tables(language)["pattern"]
    names = [_named(str(code), language, tool) for code in codes]
    mixed = any(pattern["join"].strip() in name for name in names)
    return [pattern["quote"].format(text=name) for name in names] if mixed else names


def _named(code: str, language: Language, tool: str) -> str:
    tables = word_tables(language, tool)
    for table in ("segment", "table", "column", "term", "fact"):
        if known := tables.get(table, {}).get(code):
            return known
    return word("segment", code, language, tool) if "_" in code and code.islower() else code


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
