"""Steering: what the analyst asks of the output, whether the real rows support it, and how an engine honours it.

``asks`` is what a recipe holds; ``support`` counts the real rows behind it and refuses what has none; ``quotas`` deals
rows to combinations of categories; ``anchors`` prescribes values to engines that take some; ``given`` completes rows of
which some columns are given; ``plan`` puts these together for one recipe, and each part of a release is filled by it.
"""
