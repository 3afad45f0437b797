"""Monitoring: a new extract of the real table against the one that was learned from.

``schema`` finds columns that are missing, new, or of another kind; ``columns`` and ``pairs`` measure drift above what
two halves of the old rows show by chance; ``drift`` puts these together with the rules.
"""
