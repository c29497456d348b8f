"""Training: one pure step, the engines that run it, and the loop around it."""
