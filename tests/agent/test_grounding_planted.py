import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from marketeer.agent.grounding import Grounded, Releaser, ground
from marketeer.prompts.wording import show_subject, word_finding
from marketeer.tools import catalog, load_tool
from marketeer.tools.core.findings import Finding, Subject
from marketeer.tools.core.running import CatalogRunner, run
from tests.agent.grounding_answers import honest, lies
from tests.shops import publish_shop, shop_frames, workspace_of

QUESTION = "Which segment should get the 15% spring offer? 春季优惠八五折发给谁？"
HONEST = 300


def names(subject: Subject) -> tuple[str, str]:
    return show_subject(subject, "en"), show_subject(subject, "zh")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    folder: Path = tmp_path_factory.mktemp("planted")
    bare = workspace_of(folder, publish_shop(folder, shop_frames(customers=400, seed=3)))
    workspace = type(bare)(bare.folder, bare.dataset, bare.ledger, bare.ports, CatalogRunner(catalog, bare))
    asked = [
        ("segment_customers", {}),
        ("rank_offer_targets", {"discount_percent": 15, "margin_percent": 40}),
    ]
    return [run(load_tool(name), args, workspace) for name, args in asked]


def check(text: str, findings: Iterable[Finding]) -> Grounded:
    return ground(text, findings, QUESTION, names)


def test_honest_answers_pass(findings: list[Finding]) -> None:
    answers = [text for text, _, _ in honest(findings, HONEST, seed=1)]
    flagged = {text: check(text, findings).unverified for text in answers}
    alarms = {text: bad for text, bad in flagged.items() if bad}
    assert len(alarms) <= 0.01 * HONEST, alarms


def test_lies_are_caught(findings: list[Finding]) -> None:
    rng = random.Random(2)
    told: Counter[str] = Counter()
    missed: list[tuple[str, str]] = []
    for _, wording, facts in honest(findings, HONEST, seed=4):
        for kind, text in lies(findings, wording, facts, rng):
            told[kind] += 1
            if check(text, findings).ok:
                missed.append((kind, text))
    assert min(told.values()) >= 20
    assert sum(told.values()) >= 1500
    assert len(missed) <= 0.01 * sum(told.values()), missed[:20]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_offline_planner_says_of_a_finding_passes(findings: list[Finding], language: str) -> None:
    for finding in findings:
        text = word_finding(finding, language)  # type: ignore[arg-type]  # en or zh
        assert check(text, findings).unverified == (), text


def test_a_streamed_answer_is_released_as_the_whole_is_checked(findings: list[Finding]) -> None:
    rng = random.Random(5)
    text = "\n".join(text for text, _, _ in honest(findings, 40, seed=6))
    text += "".join(word_finding(finding, "zh") for finding in findings)
    for _ in range(5):
        releaser = Releaser(findings, QUESTION, names)
        at = 0
        while at < len(text):
            size = rng.choice([1, 2, 3, 7, 20])
            releaser.feed(text[at : at + size])
            at += size
        releaser.close()
        assert releaser.released == check(text, findings)
