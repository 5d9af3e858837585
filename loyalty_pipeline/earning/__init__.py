"""What each cycle should have earned, from all that is known now.

Belongs here: one module a stage, thin over `sql/earning`. Pure in its results: the same inputs
give the same files. Not here: what was posted before, which is `ledger`'s business.
"""
