"""Finds the segment a person means, however it was written, and the segmentation that has it."""

from collections.abc import Iterable, Sequence

from marketeer.tools.core.errors import Retry, unknown_name
from marketeer.tools.core.findings import Note
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.rfm import SCHEMES, Scheme


def segmentation_with(
    workspace: Workspace, names: Iterable[str | None], handle: str | None = None
) -> Segmentation:
    """Give the segmentation that the segments people name are of.

    That is the one the handle names, or the one at hand. Where a name is none of its segments, but all names
    are segments of one RFM scheme, that one is made, and the finding that rests on it will say so.

    Args:
        workspace: Where the tool runs.
        names: The segments as people wrote them, if any; a name of no segment is left to `resolve_segment`.
        handle: The finding id of a segmentation; with it, no other is made.

    Raises:
        Retry: A segment of the scheme has no customers.
    """
    at_hand, vocabulary = workspace.require(Segmentation, handle), workspace.ports.vocabulary
    named = [name for name in names if name]
    strange = [name for name in named if _known(at_hand.segments, name, vocabulary) is None]
    scheme = _scheme_of(named, vocabulary, str(at_hand.about.get("scheme", "")))
    if not strange or scheme is None:
        return at_hand
    codes = [str(_known(scheme.segments, name, vocabulary)) for name in strange]
    if scheme.name == at_hand.about.get("scheme"):
        raise _empty(codes[0], scheme, at_hand)
    if handle is not None or workspace.runner is None:
        return at_hand
    made = workspace.make(Segmentation, {"scheme": scheme.name})
    about = {"scheme": f"rfm_{scheme.name}", "made": workspace.parents[Segmentation.kind]}
    for code in codes:
        if code not in made.segments:
            raise _empty(code, scheme, made)
        workspace.notes.append(Note("segmented_for", {"segment": code, **about}))
    return made


def _empty(code: str, scheme: Scheme, segmentation: Segmentation) -> Retry:
    return Retry(
        f"No customer is in the segment {code} of the RFM scheme {scheme.name}. "
        f"Segments with customers: {', '.join(segmentation.segments)}.",
        code="empty_segment",
        name=code,
        known=list(segmentation.segments),
    )


def segment_called(workspace: Workspace, name: str, handle: str | None = None) -> tuple[Segmentation, str]:
    """Give the segmentation that a segment people name is of, and the segment's code.

    See `segmentation_with`.

    Raises:
        Retry: No segment is called so, or nobody is in it.
    """
    segmentation = segmentation_with(workspace, [name], handle)
    return segmentation, resolve_segment(segmentation, name, workspace.ports.vocabulary)


def resolve_segment(segmentation: Segmentation, text: str, vocabulary: Vocabulary) -> str:
    """Give the code of a segment of a segmentation; see `resolve_code`."""
    return resolve_code(segmentation.segments, text, vocabulary)


def resolve_code(known: Sequence[str], text: str, vocabulary: Vocabulary) -> str:
    """Give the code of a segment: its own code in any spelling, else a word or alias for it.

    Raises:
        Retry: No known segment is called so; names the scheme that has it, or the nearest segments.
    """
    code = _known(known, text, vocabulary)
    if code is not None:
        return code
    scheme = _scheme_of([text], vocabulary, "")
    if scheme is None:
        raise unknown_name("segment", text, known)
    raise Retry(
        f"'{text}' is a segment of the RFM scheme {scheme.name}, and the segments at hand are: "
        f"{', '.join(known)}. It has no customers there; "
        f"for that scheme, run segment_customers with scheme {scheme.name} first.",
        code="segment_of_other_scheme",
        name=text,
        scheme=scheme.name,
        known=list(known),
    )


def _known(known: Sequence[str], text: str, vocabulary: Vocabulary) -> str | None:
    folded = _folded(text)
    exact = next((code for code in (folded, vocabulary.code("segment", text)) if code in known), None)
    begun = [code for code in known if folded and code.startswith(folded)]
    return exact or (begun[0] if len(begun) == 1 else None)


def _scheme_of(names: Sequence[str], vocabulary: Vocabulary, preferred: str) -> Scheme | None:
    """Give the RFM scheme of which all these are segments, by their codes or by words for them."""
    codes = [{_folded(name), vocabulary.code("segment", name)} for name in names]
    schemes = sorted(SCHEMES.values(), key=lambda scheme: scheme.name != preferred)
    return next((one for one in schemes if all(code & {*one.segments} for code in codes)), None)


def _folded(text: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
