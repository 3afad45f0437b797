"""Labs: does synthetic data help a model, measured on untouched real rows."""
