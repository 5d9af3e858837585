"""What people see of the journal: the published file, statements, finance reports, explain.

Belongs here: reading the journal and shaping answers. Not here: anything that decides a figure,
which is `earning` and `ledger`.
"""
