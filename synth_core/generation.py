"""From a table and a recipe to a synthetic table on disk."""
