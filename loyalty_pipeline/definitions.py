"""What Dagster loads: every program file becomes assets, jobs, schedules and sensors."""

import dagster as dg

from loyalty_pipeline.defs.location import location


@dg.definitions
def defs() -> dg.Definitions:
    """The code location `loyalty_pipeline`."""
    return location()
