"""All checks, in causal order: what comes first explains what comes after it."""

from __future__ import annotations

from cutaway.diagnosis.after.class_forgotten import class_forgotten
from cutaway.diagnosis.after.label_noise import label_noise
from cutaway.diagnosis.after.not_enough_epochs import not_enough_epochs
from cutaway.diagnosis.after.overfit import overfit
from cutaway.diagnosis.after.train_evaluate_mismatch import train_evaluate_mismatch
from cutaway.diagnosis.after.underfit import underfit
from cutaway.diagnosis.check import Check
from cutaway.diagnosis.preflight.bottleneck import bottleneck
from cutaway.diagnosis.preflight.class_imbalance import class_imbalance
from cutaway.diagnosis.preflight.constant_feature import constant_feature
from cutaway.diagnosis.preflight.constant_init import constant_init
from cutaway.diagnosis.preflight.disconnected_layer import disconnected_layer
from cutaway.diagnosis.preflight.double_softmax import double_softmax
from cutaway.diagnosis.preflight.dropout_too_high import dropout_too_high
from cutaway.diagnosis.preflight.gradient_wrong import gradient_wrong
from cutaway.diagnosis.preflight.hidden_softmax import hidden_softmax
from cutaway.diagnosis.preflight.init_scale import init_scale
from cutaway.diagnosis.preflight.initial_loss import initial_loss
from cutaway.diagnosis.preflight.inputs_unscaled import inputs_unscaled
from cutaway.diagnosis.preflight.label_problem import label_problem
from cutaway.diagnosis.preflight.labels_unrelated import labels_unrelated
from cutaway.diagnosis.preflight.leakage import leakage
from cutaway.diagnosis.preflight.logits_as_probabilities import logits_as_probabilities
from cutaway.diagnosis.preflight.loss_output_mismatch import loss_output_mismatch
from cutaway.diagnosis.preflight.loss_summed import loss_summed
from cutaway.diagnosis.preflight.no_nonlinearity import no_nonlinearity
from cutaway.diagnosis.preflight.non_finite_data import non_finite_data
from cutaway.diagnosis.preflight.optimizer_config import optimizer_config
from cutaway.diagnosis.preflight.regularisation_too_strong import regularisation_too_strong
from cutaway.diagnosis.preflight.rows_repeated import rows_repeated
from cutaway.diagnosis.preflight.softmax_axis import softmax_axis
from cutaway.diagnosis.preflight.softmax_one_unit import softmax_one_unit
from cutaway.diagnosis.preflight.sorted_rows import sorted_rows
from cutaway.diagnosis.preflight.split_shift import split_shift
from cutaway.diagnosis.preflight.squared_error_of_classes import squared_error_of_classes
from cutaway.diagnosis.preflight.target_out_of_range import target_out_of_range
from cutaway.diagnosis.preflight.targets_unscaled import targets_unscaled
from cutaway.diagnosis.preflight.too_few_updates import too_few_updates
from cutaway.diagnosis.training.batch_noise import batch_noise
from cutaway.diagnosis.training.collapsed_output import collapsed_output
from cutaway.diagnosis.training.dead_relu import dead_relu
from cutaway.diagnosis.training.exploding_gradient import exploding_gradient
from cutaway.diagnosis.training.frozen_weights import frozen_weights
from cutaway.diagnosis.training.gradients_kept import gradients_kept
from cutaway.diagnosis.training.late_plateau import late_plateau
from cutaway.diagnosis.training.learning_rate_too_high import learning_rate_too_high
from cutaway.diagnosis.training.learning_rate_too_low import learning_rate_too_low
from cutaway.diagnosis.training.loss_metric_disagree import loss_metric_disagree
from cutaway.diagnosis.training.non_finite import non_finite
from cutaway.diagnosis.training.oscillation import oscillation
from cutaway.diagnosis.training.plateau_from_start import plateau_from_start
from cutaway.diagnosis.training.saturated import saturated
from cutaway.diagnosis.training.vanishing_gradient import vanishing_gradient

CHECKS: tuple[Check, ...] = (
    # the data
    non_finite_data,
    label_problem,
    inputs_unscaled,
    constant_feature,
    targets_unscaled,
    rows_repeated,
    sorted_rows,
    labels_unrelated,
    leakage,
    split_shift,
    class_imbalance,
    label_noise,
    # the head and the loss
    softmax_one_unit,
    softmax_axis,
    double_softmax,
    logits_as_probabilities,
    loss_output_mismatch,
    target_out_of_range,
    loss_summed,
    gradient_wrong,
    # the first weights
    hidden_softmax,
    no_nonlinearity,
    constant_init,
    init_scale,
    dropout_too_high,
    initial_loss,
    disconnected_layer,
    bottleneck,
    regularisation_too_strong,
    too_few_updates,
    # the size of the steps
    gradients_kept,
    optimizer_config,
    learning_rate_too_high,
    non_finite,
    exploding_gradient,
    # what the loss asks for, where steps of its size do no harm
    squared_error_of_classes,
    # how the units and gradients fare
    train_evaluate_mismatch,
    saturated,
    dead_relu,
    vanishing_gradient,
    frozen_weights,
    learning_rate_too_low,
    oscillation,
    batch_noise,
    loss_metric_disagree,
    collapsed_output,
    plateau_from_start,
    late_plateau,
    # the fit
    overfit,
    not_enough_epochs,
    underfit,
    class_forgotten,
)

BY_NAME = {check.name: check for check in CHECKS}
