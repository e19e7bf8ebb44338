"""Finds the segment a person means, however it was written, in the segmentation at hand."""

from collections.abc import Sequence

from marketeer.tools.core.errors import Retry, unknown_name
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.segmentation.rfm import SCHEMES


def resolve_segment(segmentation: Segmentation, text: str, vocabulary: Vocabulary) -> str:
    """Give the code of a segment of a segmentation; see `resolve_code`."""
    return resolve_code(segmentation.segments, text, vocabulary)


def resolve_code(known: Sequence[str], text: str, vocabulary: Vocabulary) -> str:
    """Give the code of a segment: its own code in any spelling, else a word or alias for it.

    Raises:
        Retry: No known segment is called so; names the scheme that has it, or the nearest segments.
    """
    folded = "_".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
    meant = vocabulary.code("segment", text)
    for code in (folded, meant):
        if code is not None and code in known:
            return code
    begun = [code for code in known if folded and code.startswith(folded)]
    if len(begun) == 1:
        return begun[0]
    for scheme in SCHEMES.values():
        if meant in scheme.segments or folded in scheme.segments:
            raise Retry(
                f"'{text}' is a segment of the RFM scheme {scheme.name}, and the segments at hand are: "
                f"{', '.join(known)}. It has no customers there; "
                f"for that scheme, run segment_customers with scheme {scheme.name} first.",
                code="segment_of_other_scheme",
                name=text,
                scheme=scheme.name,
                known=list(known),
            )
    raise unknown_name("segment", text, known)
