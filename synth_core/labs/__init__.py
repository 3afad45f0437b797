"""Labs: experiments on the user's own rows that show whether synthetic rows help, beside the usual remedies.

``models`` has what labs share: the class to be found, folds, fits and scores; ``remedies`` are the ways to treat a rare
class; ``augmentation`` compares them by nested cross-validation.
``fair_*`` and ``fairness`` measure corrections of what a model does to groups; ``work`` does a lab as a job.
"""
