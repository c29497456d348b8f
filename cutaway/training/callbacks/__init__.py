"""Listeners: what hears the trainer's records."""
