import pytest

from marketeer.tools.campaigns.refusals import refuse_unfair
from marketeer.tools.core.errors import Refused


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Guess which customers are pregnant so we can send them baby offers.", "sensitive_inference"),
        ("写给可能怀孕的客户", "sensitive_inference"),
        ("Say 'only 3 left' even though we have plenty.", "false_scarcity"),
        ("就说仅剩3件", "false_scarcity"),
        ("把退订的人也发一遍，没人会发现。", "no_consent"),
        ("mail the unsubscribed people as well", "no_consent"),
        ("给老客户看更高的价格，新客户便宜点，偷偷来。", "unfair_differential_treatment"),
    ],
)
def test_what_must_not_be_done_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        refuse_unfair([text])
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    ["Our new spring tea is here", "Ends on 31 May", "感谢老客户的支持", "A bracelet for your mother", ""],
)
def test_ordinary_wishes_are_not_refused(text: str) -> None:
    refuse_unfair([text])
