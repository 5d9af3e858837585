"""What a program is: its rules, calendar and sources, as immutable values.

Belongs here: the model of a program file, its loader, the calendar of cycles, effective
rules and their hash. Pure: nothing here knows Dagster, DuckDB, files other than the rules
file, or SFTP.
"""
