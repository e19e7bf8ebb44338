import pytest

from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.prompts.words import languages, word_tables


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Champions", "champions"),
        ("the Champions segment", "champions"),
        ("VIPs", "champions"),
        ("at-risk customers", "at_risk"),
        ("cannot_lose", "cannot_lose"),
        ("about to lapse", "about_to_sleep"),
        ("流失风险客户", "at_risk"),
        ("老客户", "loyal"),
        ("重要挽留客户", "important_retain"),
    ],
)
def test_segments_go_by_what_people_call_them(text: str, code: str) -> None:
    assert PromptVocabulary().code("segment", text) == code


def test_a_word_nobody_knows_has_no_code() -> None:
    assert PromptVocabulary().code("segment", "Galactic") is None
    assert PromptVocabulary().code("no_such_kind", "Champions") is None


def test_every_display_name_of_a_segment_leads_back_to_it() -> None:
    vocabulary = PromptVocabulary()
    for language in languages():
        for code, shown in word_tables(language)["segment"].items():
            if "{{" not in shown:
                assert vocabulary.code("segment", shown) == code
