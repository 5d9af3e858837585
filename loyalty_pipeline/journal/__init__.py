"""The journal: one append-only sequence of sealed commits per scope, the system of record.

Belongs here: commits, put-if-absent, the chain of hashes, replay and verification. Not here:
what entries mean; the journal knows nothing of points.
"""
