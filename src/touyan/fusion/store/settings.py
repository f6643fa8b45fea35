"""What the history may take: memory, disk and time."""

from __future__ import annotations

from touyan.core.settings import Configurable, setting


class HistorySettings(Configurable):
    """How much of the past is kept, and what reading it may take."""

    name = "history"
    window_rows: int = setting(100_000, at_least=1, help="Newest values held in memory before they go to Parquet.")
    keep_days: float = setting(90.0, unit="DAY", at_least=0.0, help="Age at which values may go; 0 keeps all.")
    keep_gigabytes: float = setting(20.0, at_least=0.0, help="Size at which the oldest days go; 0 sets no limit.")
    memory_megabytes: int = setting(1024, at_least=64, help="Memory that one question about the past may take.")
    threads: int = setting(2, at_least=1, help="Threads that answer questions about the past.")
