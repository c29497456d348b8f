"""Checks that need no step: of the data, the loss, the network and its first weights."""
