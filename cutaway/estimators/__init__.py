"""scikit-learn estimators: the recipe for tables behind `fit` and `predict`."""

from cutaway.estimators.classifier import NetworkClassifier
from cutaway.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
