"""All that knows Dagster: partitions, assets, checks, jobs, schedules, sensors, resources.

Belongs here: telling Dagster what there is, when it runs, and what came of it. Not here: any step
of the pipeline itself; an asset reads its inputs, makes one call and reports.
"""
