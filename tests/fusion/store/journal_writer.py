"""A process that writes numbered records from several threads and tells each that was acknowledged.

Called with a folder, it writes `thread:number` records, in batches of one to three, until it is killed or the
disk is full. A line on standard output is an acknowledgement.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from touyan.core.errors import StorageFullError
from touyan.fusion.store.journal import Journal

THREADS = 4
_FILLING = b"." * 200


def record(thread: int, number: int) -> bytes:
    """A record that can be told from every other."""
    return b"%d:%d:" % (thread, number) + _FILLING


def write(journal: Journal, thread: int, first: int) -> None:
    """Write until there is no room, telling the last number of each batch that was acknowledged."""
    number = first
    while True:
        batch = range(number, number + 1 + number % 3)
        try:
            journal.append([record(thread, each) for each in batch]).result()
        except StorageFullError:
            os.write(1, b"full\n")
            return
        os.write(1, b"%d:%d\n" % (thread, batch[-1]))
        number = batch[-1] + 1


def main(folder: Path) -> None:
    """Go on where the journal ends."""
    journal = Journal.open(folder, file_bytes=200_000)
    first = [0] * THREADS
    for _, each in journal.replay():
        thread, number = map(int, each.split(b":")[:2])
        first[thread] = number + 1
    threads = [threading.Thread(target=write, args=(journal, n, first[n])) for n in range(THREADS)]
    for thread_ in threads:
        thread_.start()
    for thread_ in threads:
        thread_.join()
    journal.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
