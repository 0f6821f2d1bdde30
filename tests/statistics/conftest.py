"""Hypothesis without its time limit for each example: a busy machine must not fail a test."""

from hypothesis import settings

settings.register_profile("no time limit", deadline=None)
settings.load_profile("no time limit")
