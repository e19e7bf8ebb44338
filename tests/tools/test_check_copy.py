from dataclasses import replace

import pytest

from marketeer.prompts.channel_files import ChannelFiles
from marketeer.tools.check_copy import TOOL
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.running import run
from marketeer.tools.core.workspace import Ports, Workspace


def check(workspace: Workspace, **args: object) -> Finding:
    return run(TOOL, args, replace(workspace, ports=Ports(channels=ChannelFiles())))


def column(finding: Finding, name: str) -> dict[str, object]:
    return {fact.subject.name: fact.value for fact in finding.facts if fact.name == name}


def test_absolute_terms_are_all_found_with_replacements(workspace: Workspace) -> None:
    finding = check(workspace, text="全网最低价，史上最强，第一品牌")
    assert column(finding, "rule") == dict.fromkeys(["全网最低价", "史上最强", "第一品牌"], "cn_ad_law")
    assert set(column(finding, "severity").values()) == {"error"}
    assert len(column(finding, "suggestion")) == 3
    better = column(finding, "suggested_text")[""]
    assert check(workspace, text=better).title == "copy_clean"
    assert {"cn_ad_law_basis", "not_legal_advice"} <= {note.code for note in finding.notes}


def test_a_clean_text_is_called_clean_and_still_not_legal_advice(workspace: Workspace) -> None:
    finding = check(workspace, text="新茶到店，欢迎品尝")
    assert finding.title == "copy_clean"
    assert [note.code for note in finding.notes] == ["not_legal_advice"]


def test_a_subject_line_alone_is_not_asked_to_unsubscribe(workspace: Workspace) -> None:
    finding = check(workspace, text="RE: your order", channel="email")
    assert list(column(finding, "rule").values()) == ["false_reply"]
    assert column(finding, "subject_characters") == {"": len("RE: your order")}


def test_a_text_message_is_measured_and_its_missing_elements_named(workspace: Workspace) -> None:
    finding = check(workspace, text="新茶到店", channel="短信")
    assert set(column(finding, "rule").values()) == {"missing_signature", "missing_opt_out"}
    assert column(finding, "sms_characters") == {"": 4}
    assert column(finding, "sms_encoding") == {"": "ucs2"}


def test_two_problems_with_the_same_words_stay_apart(workspace: Workspace) -> None:
    finding = check(workspace, text="Hurry! Only 3 left. Hurry!", banned=["hurry"])
    subjects = [(fact.subject.name, fact.name) for fact in finding.facts]
    assert len(subjects) == len(set(subjects))


def test_an_empty_text_or_an_unknown_channel_is_asked_for_again(workspace: Workspace) -> None:
    with pytest.raises(Retry, match="no text"):
        check(workspace, text="  ")
    with pytest.raises(Retry, match="sms"):
        check(workspace, text="Hello", channel="fax")
