"""Trains the network that reads hand-sign letters, and measures it."""
