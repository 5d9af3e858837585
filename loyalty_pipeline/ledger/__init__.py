"""From what should be to entries: the difference is posted, nothing is ever changed.

Belongs here: posting, releases, redemptions, and the ledger's audits. Not here: what a cycle
should have earned (`earning`), or what readers see of it (`reporting`).
"""
