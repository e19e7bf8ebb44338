"""Support vector machines: linear, and radial through a Nyström map so that they scale to any shop."""

from collections.abc import Sequence

from sklearn.calibration import CalibratedClassifierCV
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from marketeer.tools.prediction.family import Candidate, Family, SklearnCandidate
from marketeer.tools.prediction.targets import KIND, Kind, Target

COMPONENTS = 200


def _candidates(target: Target, seed: int) -> Sequence[Candidate]:
    radial = Nystroem(kernel="rbf", gamma=0.05, n_components=COMPONENTS, random_state=seed)
    log = KIND[target] is Kind.AMOUNT
    if KIND[target] is Kind.CHANCE:
        strength = "calibratedclassifiercv__estimator__C"
        machine = CalibratedClassifierCV(LinearSVC(C=0.1, dual=False, max_iter=5000), cv=3)
    else:
        strength = "linearsvr__C"
        machine = LinearSVR(C=0.5, loss="squared_epsilon_insensitive", dual=False, max_iter=5000)
    linear = make_pipeline(StandardScaler(), machine)
    curved = make_pipeline(StandardScaler(), radial, machine)
    widths = tuple({"nystroem__gamma": gamma, strength: c} for gamma, c in ((0.005, 0.1), (0.02, 1.0)))
    return (
        SklearnCandidate("svm_linear", linear, log, grid=({strength: 0.01}, {strength: 2.0})),
        SklearnCandidate("svm_radial", curved, log, grid=widths),
    )


FAMILY = Family("svm", 2, 0.3, frozenset(Kind), _candidates, 0.16)
