"""Chooses a model inside the training period: settings searched, then the simplest within one error.

Among the models whose mean loss exceeds the best one's by no more than one standard error of the paired
difference, the simplest is taken (Breiman et al. 1984, CART, §3.4.3, here with paired differences).
"""

from dataclasses import dataclass

from marketeer.tools.core.ports import Progress, Silent
from marketeer.tools.prediction.btyd.history import Floats
from marketeer.tools.prediction.families import families
from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.preflight import Preflight
from marketeer.tools.prediction.search import Found, searched
from marketeer.tools.prediction.targets import KIND, Target
from marketeer.tools.prediction.validation import Validation


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate in its best setting, with its forecasts of training rows it had not seen.

    Attributes:
        family: Its family's code.
        complexity: Its family's rank of simplicity.
        candidate: The candidate, unfitted.
        predicted: Its forecast per row it was judged on; the training rows come first.
        loss: Its loss per row.
        tried: How many settings were tried.
    """

    family: str
    complexity: int
    candidate: Candidate
    predicted: Floats
    loss: Floats
    tried: int = 1

    @property
    def mean_loss(self) -> float:
        """Mean loss over the rows it was judged on."""
        return float(self.loss.mean())

    @property
    def setting(self) -> str:
        """The setting it is in, of those its grid varies."""
        return self.candidate.setting if isinstance(self.candidate, SklearnCandidate) else ""


@dataclass(frozen=True, slots=True)
class Selection:
    """All contenders, the chosen one, and the best baseline.

    Attributes:
        contenders: By family, simplest first.
        chosen: The simplest within one standard error of the best; the best baseline when no model beats it.
        baseline: The best of the baselines.
        skipped: Codes of candidates left out: too dear by the pre-flight, or not fittable on these customers.
    """

    contenders: tuple[Contender, ...]
    chosen: Contender
    baseline: Contender
    skipped: tuple[str, ...]


def select(
    validation: Validation, ahead: Preflight, *, seed: int = 0, progress: Progress | None = None
) -> Selection:
    """Judge every family on training rows and choose.

    Args:
        validation: Training rows with known outcomes, and how they are judged.
        ahead: Which candidates are left out, and how many settings of the others are tried.
        seed: For stochastic models.
        progress: Hears how far it is.
    """
    hear = progress or Silent()
    entered = _entered(validation.target, seed)
    contenders, skipped = [], []
    found: dict[str, Found] = {}
    for done, (family, candidate) in enumerate(entered):
        hear.report("models", done, len(entered))
        one = None
        if candidate.code not in ahead.left_out:
            one = searched(candidate, validation, ahead.settings.get(candidate.code, 0), found, seed)
        if one is None:
            skipped.append(candidate.code)
            continue
        found[candidate.code] = one
        loss = validation.losses(one.predicted)
        contenders.append(
            Contender(family.code, family.complexity, one.candidate, one.predicted, loss, one.tried)
        )
    hear.report("models", len(entered), len(entered))
    return _choose(tuple(contenders), tuple(skipped), validation)


def _entered(target: Target, seed: int) -> list[tuple[Family, Candidate]]:
    return [
        (family, candidate)
        for family in families()
        if KIND[target] in family.kinds
        for candidate in family.candidates(target, seed)
    ]


def _choose(contenders: tuple[Contender, ...], skipped: tuple[str, ...], validation: Validation) -> Selection:
    best = min(contenders, key=lambda contender: contender.mean_loss)
    baseline = min((c for c in contenders if c.complexity == 0), key=lambda contender: contender.mean_loss)
    close = [c for c in contenders if validation.within_one_error(c.loss, best.loss)]
    simplest = min(close, key=lambda contender: (contender.complexity, contender.mean_loss))
    return Selection(contenders, simplest, baseline, skipped)
