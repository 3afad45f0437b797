"""Simile's core: from a real table to a synthetic one and a verdict. No user interface, no printing, no globals."""

__version__ = "0.1.0"
