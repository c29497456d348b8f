"""Recipes: which network, optimizer and schedule for which data."""
