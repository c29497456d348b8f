"""Metrics: figures a person reads, on arrays that have left the network."""

from cutaway.metrics import classification, probability, ranking, regression
from cutaway.metrics.classification import accuracy, balanced_accuracy, f1
from cutaway.metrics.metric import Metric
from cutaway.metrics.probability import brier, log_loss
from cutaway.metrics.ranking import average_precision, roc_auc
from cutaway.metrics.regression import mae, mape, r2, rmse, rmsle

__all__ = [
    "BY_NAME", "Metric", "accuracy", "average_precision", "balanced_accuracy", "brier", "f1", "log_loss", "mae", "mape",
    "r2", "rmse", "rmsle", "roc_auc",
]  # fmt: skip

BY_NAME: dict[str, Metric] = {
    metric.name: metric
    for metric in (*classification.METRICS, *probability.METRICS, *ranking.METRICS, *regression.METRICS)
}
