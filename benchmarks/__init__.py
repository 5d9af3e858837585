"""Speed as ratios: the product against a bare DuckDB script, in one run on one machine."""
