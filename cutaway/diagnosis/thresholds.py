"""Every number that a check compares with, in one place; chosen on the development runs, then frozen.

`python -m benchmarks diagnosis` prints the hash of this file with its results.
"""

from __future__ import annotations

# ---- harm: what makes a suspicion a finding --------------------------------------------------------------------

# A score below the reference by more than this share of what the reference gains over chance, and by more than so many
# standard errors, is harm.
SHORTFALL, SHORTFALL_ERRORS = 0.10, 2.0
# A reference that gains less than so many standard errors over chance says nothing.
REFERENCE_ERRORS = 3.0
# A loss that ends at more than this multiple of its lowest has diverged.
DIVERGED = 2.0
# Below this probability a cause is not named: the verdict abstains.
CONFIDENT = 0.5

# ---- before the first step --------------------------------------------------------------------------------------

# inputs_unscaled: largest |x|, and largest deviation of a feature over the smallest.
LARGEST_INPUT, LARGEST_SPREAD = 10.0, 100.0

# ---- during training --------------------------------------------------------------------------------------------

# learning_rate_too_high: update over weight, as a power of ten (TheDeepChecker: above -1).
HIGHEST_UPDATE = -1.0
# A condition must hold in so many looks in a row.
PERSISTENT = 3
