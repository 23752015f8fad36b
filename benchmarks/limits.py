"""Why an aim that was not met cannot be: the measured limit, by benchmark, as the page says it."""

from __future__ import annotations

LIMITS: dict[str, tuple[str, ...]] = {}
