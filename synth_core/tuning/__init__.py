"""Iterate to the targets: try, judge, read what failed, change what should mend it, and try again.

``record`` what is kept of it; ``standing`` how far a try is from the targets; ``moves`` single changes of a recipe;
``remedies`` which of them is tried for which failed target; ``fights`` which two targets cannot be had together;
``loop`` the iteration.
"""
