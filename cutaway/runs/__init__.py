"""What a person holds: fit, Run, and the way from data to a trained network."""
