"""Trains the models that score how a learner speaks, and measures them."""
