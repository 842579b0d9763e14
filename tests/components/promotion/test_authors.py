"""Whether who wrote an entry is still at work."""

import subprocess
import sys

import psutil

from components.promotion import authors


def test_this_process_is_here_and_at_work(monkeypatch):
    monkeypatch.setenv("RESTILL_ACTOR", "release bot")
    author = authors.here("gold-elk")
    assert (author.actor, author.flow_run) == ("release bot", "gold-elk")
    assert authors.is_here(author)
    assert not authors.is_gone(author)


def test_a_process_that_ended_is_gone():
    done = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(done.pid).create_time()
    done.wait()
    author = authors.here().model_copy(update={"pid": done.pid, "started": started})
    assert authors.is_gone(author)
    assert not authors.is_here(author)


def test_a_process_that_ended_and_nobody_has_waited_for_is_gone():
    done = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    started = psutil.Process(done.pid).create_time()
    done.stdout.read()
    while psutil.Process(done.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert authors.is_gone(authors.here().model_copy(update={"pid": done.pid, "started": started}))
    done.wait()


def test_another_process_with_the_same_number_is_not_the_author():
    author = authors.here()
    assert authors.is_gone(author.model_copy(update={"started": author.started - 60}))


def test_of_another_machine_nobody_knows():
    author = authors.here().model_copy(update={"machine": "elsewhere", "pid": 2**22 + 1})
    assert not authors.is_gone(author)
    assert not authors.is_here(author)
