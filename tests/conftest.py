"""What holds for every test.

Belongs here: how tests share the machine. Not here: fixtures, which live beside their tests.
"""

from __future__ import annotations

import os

# Tests run side by side, a process for each core (Makefile). Small statements that are split over
# several threads as well cost 12% more of both. What runs with more data takes this back.
os.environ.setdefault("LOYALTY_THREADS", "1")
