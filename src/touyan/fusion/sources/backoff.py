"""Back-off: how long to wait before the next attempt, longer each time, never all at once."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass
class Backoff:
    """Full jitter between nothing and a limit that doubles up to `most_s`."""

    first_s: float = 1.0
    most_s: float = 60.0
    attempts: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def next_s(self) -> float:
        """Seconds to wait now."""
        limit = min(self.most_s, self.first_s * 2.0 ** min(self.attempts, 32))
        self.attempts += 1
        return self.chance.uniform(0.5, 1.0) * limit

    def succeeded(self) -> None:
        """Begin anew after the next failure."""
        self.attempts = 0
