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
    if KIND[target] is Kind.CHANCE:
        machine = LinearSVC(C=0.1, dual=False, max_iter=5000)
        return (
            SklearnCandidate(
                "svm_linear", make_pipeline(StandardScaler(), CalibratedClassifierCV(machine, cv=3))
            ),
            SklearnCandidate(
                "svm_radial", make_pipeline(StandardScaler(), radial, CalibratedClassifierCV(machine, cv=3))
            ),
        )
    machine = LinearSVR(C=0.5, loss="squared_epsilon_insensitive", dual=False, max_iter=5000)
    return (
        SklearnCandidate("svm_linear", make_pipeline(StandardScaler(), machine), log_target=True),
        SklearnCandidate("svm_radial", make_pipeline(StandardScaler(), radial, machine), log_target=True),
    )


FAMILY = Family("svm", 2, 0.7, frozenset(Kind), _candidates)
