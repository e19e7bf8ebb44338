"""Every number in an answer rests on a fact, and on the right one: value, unit and subject are checked.

Pure functions over text and findings; knows nothing of models or terminals. `ground` checks a whole text,
`Releaser` a streaming one sentence by sentence. Drafts are held to their claims
by `tools/campaigns/claims.py`.
"""

from marketeer.agent.grounding.exempt import Basis
from marketeer.agent.grounding.release import Releaser, ground, joined
from marketeer.agent.grounding.subjects import Names
from marketeer.agent.grounding.verdicts import MARK, Bound, Grounded, Unverified, Why

__all__ = [
    "MARK", "Basis", "Bound", "Grounded", "Names", "Releaser", "Unverified", "Why", "ground",
    "joined",
]  # fmt: skip
