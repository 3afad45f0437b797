"""Pure functions from tables to scores."""
