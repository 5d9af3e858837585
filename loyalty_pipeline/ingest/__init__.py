"""From the server to staged Parquet.

Belongs here: SFTP, landing, contracts, parsing, quarantine, and which version of a document
counts. Not here: programs, points, or what a sale earns.
"""
