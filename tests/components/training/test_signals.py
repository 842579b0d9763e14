import os
import signal

import pytest

from components.training.signals import StopRequest, noted_signals


def test_a_signal_is_noted_and_obeyed_later():
    with noted_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.number == signal.SIGTERM
    with pytest.raises(SystemExit, match="143"):
        stop.obey()


def test_a_second_interrupt_is_not_waited_for():
    with noted_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.number == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handlers_from_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with noted_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_nothing_is_obeyed_when_nobody_asked():
    StopRequest().obey()
