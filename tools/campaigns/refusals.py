"""What no campaign may be asked to do, whatever the tool."""

from collections.abc import Iterable

from marketeer.tools.campaigns.compliance import scarcity_in
from marketeer.tools.campaigns.rulebook import any_of, rules
from marketeer.tools.core.errors import Refused


def refuse_unfair(texts: Iterable[str]) -> None:
    """Stop when the person's words ask for something that must not be done.

    Raises:
        Refused: With code `sensitive_inference`, `no_consent`, `unfair_differential_treatment` or
            `false_scarcity`.
    """
    text = "\n".join(filter(None, texts))
    for refusal in rules("refusals")["refusal"]:
        if any_of(refusal["words"]).search(text):
            raise Refused(refusal["message"], code=refusal["code"])
    if words := scarcity_in(text):
        raise Refused(
            f"'{words}' claims a shortage that nothing in the data supports, so it is not written. "
            "A real end date can be given instead.",
            code="false_scarcity",
            words=words,
        )
