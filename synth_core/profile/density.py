"""The smooth line over a histogram."""
