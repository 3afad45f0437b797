"""What may be shown of a column's values."""

from __future__ import annotations

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RARE_ROWS = 5
DAY = 86_400
