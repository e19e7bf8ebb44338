"""Every number in an answer rests on a fact, and on the right one: value, unit and subject are checked.

Pure functions over text and findings; knows nothing of models or terminals. `ground` checks a whole text,
`Releaser` a streaming one sentence by sentence, `unclaimed` a campaign draft.
"""

from marketeer.agent.grounding.drafts import DraftNumber, unclaimed
from marketeer.agent.grounding.exempt import Basis
from marketeer.agent.grounding.release import Releaser, ground, joined
from marketeer.agent.grounding.subjects import Names
from marketeer.agent.grounding.verdicts import MARK, Bound, Grounded, Unverified, Why

__all__ = [
    "MARK", "Basis", "Bound", "DraftNumber", "Grounded", "Names", "Releaser", "Unverified", "Why", "ground",
    "joined", "unclaimed",
]  # fmt: skip
