"""Small real trainings that each have one fault, beside the same training without it: for the pages of the findings."""
