"""Parquet and SQL plumbing: sealed files, the DuckDB engine, SQL kept in files.

Belongs here: everything that opens DuckDB or gives a file its final name. Not here: what the
rows mean.
"""
