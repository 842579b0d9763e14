"""The points at which a crash test kills: deadly where one is named, nothing elsewhere."""

import os
import signal
import subprocess
import sys

import pytest

BODY = "from components import faults; faults.point('here', 2); print('alive')"


def passed(kill_at):
    environment = os.environ | {"RESTILL_KILL_AT": kill_at}
    return subprocess.run(
        [sys.executable, "-c", BODY], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kill_at", ["here", "here:2"])
def test_the_named_point_is_deadly(kill_at):
    assert passed(kill_at).returncode == -signal.SIGKILL


@pytest.mark.parametrize("kill_at", ["", "there", "here:1", "her"])
def test_every_other_point_is_passed(kill_at):
    assert passed(kill_at).stdout == "alive\n"
