"""A slow, obviously right model of everything that earns points, and random worlds to judge it in.

Written from the SPEC alone: no SQL, no files, nothing of the product. A program is the plain
dictionary that its YAML file spells; every question is answered from everything that ever arrived.

Read it in this order: figures, deliveries, documents, conditions, events, awards, rounding, caps,
slabs, tiers, cycles, promises, holds, instructed, campaigns, oracle. `programs` and `worlds` (with
`chance`) draw random ones, `product` runs the product on them, `shown` prints those that fail.
"""
