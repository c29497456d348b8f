"""Metrics: figures a person reads, on arrays that have left the network."""

from cutaway.metrics.classification import accuracy, balanced_accuracy, log_loss, roc_auc
from cutaway.metrics.regression import mae, r2, rmse

__all__ = ["BY_NAME", "accuracy", "balanced_accuracy", "log_loss", "mae", "r2", "rmse", "roc_auc"]

BY_NAME = {metric.__name__: metric for metric in (accuracy, balanced_accuracy, log_loss, mae, r2, rmse, roc_auc)}
