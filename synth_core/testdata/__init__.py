"""Test data: any number of rows, edge cases that are tagged, keys that stay, from a table or from a schema alone."""
