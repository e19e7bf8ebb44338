"""Checks a whole text, or gives a streaming one out sentence by sentence as each is verified."""

from collections.abc import Iterable, Sequence

from marketeer.agent.grounding.evidence import Evidence
from marketeer.agent.grounding.passages import cut, finish, passages
from marketeer.agent.grounding.reading import Reader
from marketeer.agent.grounding.subjects import Names
from marketeer.agent.grounding.verdicts import Grounded
from marketeer.tools.core.findings import Finding


def ground(text: str, findings: Iterable[Finding], given: str, names: Names) -> Grounded:
    """Check every number of a text.

    Args:
        text: Markdown whose numbers cite facts as `[F7.3]` or findings as `[F7]`.
        findings: The filed findings it may cite.
        given: What the person wrote in this conversation; its figures may be repeated without a citation.
        names: Gives the display names of a subject, in all languages.

    Returns:
        The text with a mark behind each number that is not verified, and the verdict on each number.
    """
    reader = Reader(Evidence.of(findings, given, names))
    return joined([reader.read(passage) for passage in passages(text)])


def joined(pieces: Sequence[Grounded]) -> Grounded:
    """Put checked pieces together."""
    return Grounded(
        "".join(piece.text for piece in pieces),
        tuple(bound for piece in pieces for bound in piece.bound),
        tuple(bad for piece in pieces for bad in piece.unverified),
    )


class Releaser:
    """Takes a text in chunks and gives out whole checked sentences, rows and headings.

    Whatever the chunks, what it gives out in all is what `ground` gives for the whole text.

    Args:
        findings: The filed findings the text may cite.
        given: What the person wrote in this conversation.
        names: Gives the display names of a subject, in all languages.
        offered: Names that tools offered in place of one they do not know.
    """

    def __init__(
        self, findings: Iterable[Finding], given: str, names: Names, offered: Iterable[str] = ()
    ) -> None:
        self._reader = Reader(Evidence.of(findings, given, names, offered))
        self._rest = ""
        self._fresh = True
        self._pieces: list[Grounded] = []

    @property
    def released(self) -> Grounded:
        """All that was given out so far, as one text."""
        return joined(self._pieces)

    def feed(self, chunk: str) -> list[Grounded]:
        """Take a chunk; give the pieces it completes."""
        complete, self._rest, self._fresh = cut(self._rest + chunk, at_line_start=self._fresh)
        return self._give([self._reader.read(passage) for passage in complete])

    def close(self) -> list[Grounded]:
        """Take the end of the text; give what was still held back."""
        rest, self._rest = self._rest, ""
        return self._give([self._reader.read(p) for p in finish(rest, at_line_start=self._fresh)])

    def _give(self, pieces: list[Grounded]) -> list[Grounded]:
        self._pieces += pieces
        return pieces
