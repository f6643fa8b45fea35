"""The one place where anything that a pack raises is caught."""

from __future__ import annotations

import logging

import pytest

from touyan.core.faults import Fault, attempt


def test_an_answer_comes_back_as_it_is() -> None:
    """The net must not change what works, None and empty answers included."""
    assert attempt("rule", "quiet", 1.0, lambda: None) is None
    assert attempt("rule", "sum", 1.0, lambda a, b: a + b, 2, 3) == 5


def test_what_raises_becomes_a_fault_in_one_line_and_a_log_entry(caplog: pytest.LogCaptureFixture) -> None:
    """The alert shows one line; whoever repairs it needs the traceback."""

    def fail() -> None:
        raise ValueError("no reading\nfrom lane 3")

    with caplog.at_level(logging.ERROR):
        fault = attempt("detector", "silence", 12.0, fail)
    assert fault == Fault("detector", "silence", "ValueError: no reading from lane 3", 12.0)
    assert caplog.records[0].exc_info is not None


def test_an_interrupt_is_no_fault() -> None:
    """Ctrl+C must end the program, wherever it strikes."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("rule", "slow", 0.0, interrupted)
