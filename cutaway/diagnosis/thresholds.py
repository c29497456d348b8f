"""Every number that a check compares with, in one place; chosen on the development runs, then frozen.

`python -m benchmarks diagnosis` prints the hash of this file with its results, and that of the whole diagnosis: how
likely a finding is stands with its check.
"""

from __future__ import annotations

# ---- harm: what makes a suspicion a finding --------------------------------------------------------------------

# A score below the reference by more than this share of what the reference gains over chance, and by more than so many
# standard errors, is harm. Row by row on the same rows the error is small and healthy networks on noisy rows really are
# a little worse than least squares (up to 2.5 errors in 36 healthy trainings on made noisy rows): so many more, unless
# rows that were learned from are answered so much worse, too.
SHORTFALL, SHORTFALL_ERRORS, ROW_BY_ROW_ERRORS = 0.10, 2.0, 3.0
# The same share of a kernel ridge's gain, where the nearest row does not reach it too. That is no yardstick but a
# learner of its own, on few rows a strong one: a network that is well may stay a little below it (as much as a fault
# must cost to be called one that kills).
KERNEL_SHORTFALL = 0.25
# And of the nearest row's, where a kernel ridge does not reach it: where rows belong together (years of one country,
# levels of a drug in one patient) it is most often of the same group, and knows what no features tell.
NEIGHBOUR_SHORTFALL = 0.5
# A reference that gains less than so many standard errors over chance says nothing: the first number; the other where
# permuting the targets of the training rows, which are more, shows that they have to do with the inputs (p ≤ RELATED).
REFERENCE_ERRORS, RELATED, RELATED_ERRORS = 3.0, 1e-3, 2.0
# Rows fewer than these, under so many weights for each, that are answered clearly better than rows held out are known
# by heart: of so few rows simple methods learn no more.
FEW_ROWS, WEIGHTS_A_ROW = 40, 10
# A loss that ends at more than this multiple of its lowest has diverged.
DIVERGED = 2.0
# While a training goes on, the shares of its steps after which one that diverged, and one that has learned nothing, is
# past help (see `diagnosis/meanwhile.py`).
DIVERGED_BY, NOTHING_LEARNED_BY = 0.1, 0.5
# Below this probability a cause is not named: the verdict abstains; from the other one on it is, harm or not.
CONFIDENT, CERTAIN = 0.5, 0.97

# ---- the experiment: what makes a fix one that helps --------------------------------------------------------------

# How often a fix that does nothing may be said to help, of all that a diagnosis tries together; and a gain counts if
# the score rises by so much, or by so much of what is missing to a perfect one, or the loss falls by so much of itself.
FALSE_PROOFS = 0.05
SCORE_THAT_MATTERS, SHARE_THAT_MATTERS, LOSS_THAT_MATTERS = 0.01, 0.05, 0.10
# A fix that was shown to help makes its cause so likely.
PROVEN = 0.95

# ---- before the first step --------------------------------------------------------------------------------------

# inputs_unscaled: root mean square of the largest feature; deviation of the largest over that of the smallest; and the
# deviation of the largest below which all are too small. (A largest |x| of 10 is passed by standardised data with
# outliers, so that the mean square is what counts.)
LARGEST_INPUT, LARGEST_SPREAD, SMALLEST_INPUT = 10.0, 100.0, 0.02
# constant_feature: share of features that are constant above which they are a cause: all of them.
CONSTANT_FEATURES = 0.99
# targets_unscaled: deviation at most and at least, and |mean| over it, of targets whose mean is above 1; and the share
# of their range that the outputs fill at first where the network speaks in their size.
LARGEST_TARGET, SMALLEST_TARGET, TARGET_OFFSET, SPOKEN = 10.0, 0.01, 10.0, 0.2
# rows_repeated: share of held-out rows that are training rows too.
REPEATED = 0.01
# sorted_rows: z of the runs test, equal targets in a row, and these over the rows of a batch.
RUNS, RUN_LENGTH, RUN_OF_BATCH = -5.0, 4.0, 0.5
# labels_unrelated: probability of so good a reference by chance; the training score above chance, and the score on
# held-out rows above chance, both in standard errors.
UNRELATED, MEMORISED, NO_BETTER = 0.002, 5.0, 2.0
# Rows from which on that is said, at least, and from which on it may be a finding; rows a feature of a table; share
# that one target may have of all squares for least squares to mean anything (600 normal ones: 0.03).
FEWEST_ROWS, ENOUGH_ROWS, ROWS_A_FEATURE, WILD = 50, 80, 4.0, 0.25
# leakage: what the other features together must reach, in standard errors above chance, for a copy to be a leak.
LEAK_ERRORS = 3.0
# and reaches so much less than a feature that tells the target alone (ours).
LEAK_GAP = 0.02
# split_shift: distance of the distributions (Kolmogorov, Smirnov), its probability by chance over all features, and the
# score on training rows above that on held-out rows, as a share of what a reference gains over chance.
SHIFT, SHIFT_CHANCE, SHIFT_GAP = 0.1, 1e-3, 0.2
# class_imbalance: rows of the rarest class over those of the commonest (SageMaker: 10), and entropy over its largest
# (TheDeepChecker: 0.5). A class counts as neglected below this share of what a reference recognises of it that
# recognises at least so much of the commonest.
RAREST, ENTROPY, NEGLECTED, COMMONEST = 0.1, 0.5, 0.34, 0.7
# The same, by rows held out: half the sum of the distances between the shares of the classes there and among the rows
# learned from, which are the less even ones; and how many deviations beyond what chance does.
SHARES, SHARES_DEVIATIONS = 0.3, 3.5
# label_noise: share of rows in which a clear vote of the neighbours disagrees (on blobs, moons and wine at most 0.07,
# and about the share of the labels that are made wrong), the same over the share where the vote is not clear, and what
# a reference must gain over chance, as a share of what there is to gain.
NOISE, NOISE_RATIO, NOISE_GAIN = 0.2, 0.6, 0.125
# The same without harm: 2 ln of how much likelier more than this share of labels wrong at random is than less of them
# (of 73 sets of classes, each parted six times, at most 1.0).
FEW_WRONG, LIKELIER = 0.15, 4.0
# logits_as_probabilities: how far from 0 … 1 an output may be, or the sum of a row's from 1.
NO_PROBABILITY = 0.01
# target_out_of_range, loss_output_mismatch: share of the targets that the head cannot say; share of their variance (of
# standardised numbers a tanh misses 0.15, with noise no matter; a sigmoid or ReLU a half and more).
UNREACHABLE, UNSAID = 0.1, 0.25
# loss_summed: loss of the rows taken twice over that of the rows, from which on it is no mean.
SUMMED = 1.9
# gradient_wrong: difference between gradient and slope as a share of them (TheDeepChecker: 0.01), and cosine between a
# loss's gradient and the way to the targets.
GRADIENT_ERROR, UPHILL = 1e-3, 0.1
# no_nonlinearity: by how many standard errors a simple method must beat least squares for a bend to be missed.
BENT_ERRORS = 2.0
# constant_init: share of a layer's units that have a twin in weights and gradient.
TWINS = 0.25
# init_scale: deviation of weights below or above what keeps a signal alive (NeuroScope, TheDeepChecker: 0.5 to 2), and
# what all layers that are beyond make of the signal together (SageMaker: a factor of 10); of fewer weights no deviation
# can be told.
SMALL_WEIGHTS, LARGE_WEIGHTS, SIGNAL_LOST, SIGNAL_GROWN, FEWEST_WEIGHTS = 0.5, 2.0, 0.1, 4.0, 16
# initial_loss: loss before the first step, of numbers over that of their mean, of classes above ln C in units of it
# (TheDeepChecker: 1); and over the same from which on it is a cause by itself.
FIRST_LOSS, FIRST_LOSS_OF_CLASSES, FAR_TOO_LARGE = 10.0, 1.0, 5.0
# bottleneck: units of a hidden layer that everything must pass through.
NARROWEST = 2
# dropout_too_high: largest rate (UMLAUT: 0.5), and least share that is kept by all together.
DROPOUT, KEPT = 0.5, 0.2
# regularisation_too_strong: share of decay in the step, what weights have shrunk to, and decay over the whole training;
# weights shrunk to less than this are gone, which is the rate's doing where it is so many times the usual one.
PENALTY, SHRUNK, DECAYED, WITHERED, FAR_ABOVE_USUAL = 0.5, 0.8, 0.5, 0.02, 20.0
# too_few_updates: steps of a whole training.
FEWEST_UPDATES = 200
# gradients_kept: share of the steps whose gradients had earlier ones in them.
GRADIENTS_KEPT = 0.5
# optimizer_config: momentum, epsilon from and to, decay of one step, and a clip norm over the gradient's usual length.
MOMENTUM, EPSILON, LARGE_EPSILON, STEP_DECAY, CLIPPED = 0.99, 1e-15, 1e-2, 0.1, 0.05

# ---- during training --------------------------------------------------------------------------------------------

# learning_rate_too_high: update over weight, as a power of ten (TheDeepChecker: above -1).
HIGHEST_UPDATE = -1.0
# A condition must hold in so many looks in a row.
PERSISTENT = 3
# Gains of a step below this share of what the slope promised: near twice the best length; below this size of a step
# (a power of ten) that is no matter.
KEPT_PROMISE, SMALL_UPDATE = 0.25, -2.5
# A loss above so many times that before the first step; above so many times its lowest until then, where it is not
# below this share of that before the first step.
RISEN, BOUNCED, NOT_SMALL = 1.2, 2.0, 0.2
# A lowest loss above this share of that of knowing nothing is hardly better.
NO_BETTER_LOSS = 0.9
# A rate so many times the usual one is no matter of how data is scaled (plain descent and Adam on scaled data: no harm
# at 100 times, harm to a third of the networks at 300 times, to nearly all at 1,000 times).
BEYOND_USE = 250.0
# What a step should be of the weights, as a power of ten: where it was too long, and where it was too short.
GOOD_UPDATE, GOOD_SMALL_UPDATE = -2.0, -2.5
# learning_rate_too_low: steps smaller than this (a power of ten; TheDeepChecker: below -4), that ten times as long
# would keep this share of their promise; a rate below this share of what is usual is surely meant.
LOWEST_UPDATE, STRAIGHT, FAR_BELOW_USUAL = -3.6, 0.7, 0.35
# The same, where all steps one after another in one direction would move the weights by less than this share of them.
UNMOVED = 0.01
# A loss is still falling when this share of its fall was in the last 30 %, in standard errors of it so many.
STILL_FALLING, SURE = 0.04, 3.0
# exploding_gradient: a layer's gradient over the last one's; layers from which on that is asked; length of the gradient
# (AutoTrainer), loss over that of knowing nothing, deviation of a layer's output.
GRADIENT_GROWTH, DEEP = 1e3, 4
LARGE_GRADIENT, LARGE_LOSS, LARGE_SIGNAL = 1e2, 1e2, 1e2
# vanishing_gradient: a layer's gradient over the last one's (AutoTrainer: below 1e-3), in the middle of the training
# and at its start.
GRADIENT_SHARE, FIRST_GRADIENT_SHARE = 3e-3, 1e-2
# dead_relu: share of a hidden layer's units; of a last layer's, all.
DEAD, ALL_DEAD = 0.5, 0.999
# saturated: share of outputs (DeepDiagnosis: half), and below which share a layer began well.
SATURATED, NOT_YET_SATURATED = 0.5, 0.2
# frozen_weights: a step over the weights below this, where others move more than that.
FROZEN, MOVES = 1e-8, 1e-6
# oscillation: share of turns, deviation from the trend over the mean, epochs that tell, rows of a small batch.
TURNS, JAGGED, FEWEST_EPOCHS, SMALL_BATCH = 0.5, 0.1, 8, 8
# batch_noise: signal over noise of a step's gradient (Cockpit: 1).
SIGNAL = 1.0
# loss_metric_disagree: share by which the loss fell; by how much the score fell, at least.
DISAGREE, DROP = 0.2, 0.1
# collapsed_output: share of the commonest answer, where the commonest class has less than the second number; deviation
# of the outputs over that of the targets, with an R² of at most the fourth.
ONE_CLASS, NEARLY_ALL, COLLAPSED, NO_SCORE = 0.99, 0.95, 0.02, 0.05
# plateau_from_start: distance of the lowest loss from that of knowing nothing, after so many steps.
AS_NOTHING, MANY_STEPS = 0.03, 200
# Units of a narrow layer.
NARROW = 4
# overfit: epochs since the best, their share of the training, rise of the validation loss, gap between the scores; a
# validation loss that falls by less than the last number in the last 30 % stands still.
PATIENCE, PATIENCE_SHARE, ROSE, GAP, STILL = 5, 0.1, 1.05, 0.05, 0.1
# not_enough_epochs: fall in the last 30 % over the loss there; points below which each must be lower than the one
# before; share of the fall from which on the training is not half done.
FALLS, FEW_POINTS, HALFWAY = 0.01, 3, 0.15

# ---- after training ---------------------------------------------------------------------------------------------

# train_evaluate_mismatch: loss in evaluation over loss in training, and over that of one who knows only the mean.
MISMATCH, MISMATCH_OF_CHANCE = 1.5, 0.3
# class_forgotten: rows of the class that are judged, and share of them that a reference recognises.
SUPPORT, RECOGNISED = 10, 0.5
