"""Who was the champion when."""

import pytest

from components import registry
from components.errors import RegistryError
from components.promotion.history import champion_at, history, moment_of
from components.promotion.history import line as as_line
from components.promotion.ledger import Ledger
from components.promotion.rollback import rollback


def test_the_champion_of_every_moment_is_known(local, model, line):
    line(local, 0, 1)
    rollback(model, local, reason="faces blur")
    times = [link.entry.time for link in Ledger(model, local).chain().changes]
    assert [champion_at(model, time, local).version for time in times] == ["1", "2", "1"]
    assert champion_at(model, "2026-05-01", local).version is None
    assert champion_at(model, "9999-12-31", local).entry.action == "rollback"


def test_history_tells_each_change_and_each_attempt_in_a_line(local, model, line):
    line(local, 0, 1)
    rollback(model, local, reason="faces blur")
    said = [as_line(link) for link in history(model, local)]
    assert len(said) == 3
    assert "promote   none -> 1" in said[0]
    assert "better; better by 0.5 dB; evidence " in said[1]
    assert said[2].endswith(": faces blur")


def test_a_model_without_changes_has_no_history(local, model):
    registry.make(model, local)
    assert history(model, local) == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01", "2026-05-01T23:59:59.999999+00:00"),
        ("20260501", "2026-05-01T23:59:59.999999+00:00"),
        ("2026-05-01T08:30", "2026-05-01T08:30:00+00:00"),
        ("2026-05-01T08:30+02:00", "2026-05-01T06:30:00+00:00"),
        ("2026-05-01 08:30Z", "2026-05-01T08:30:00+00:00"),
    ],
)
def test_a_day_means_its_end_and_a_time_is_utc(text, moment):
    assert moment_of(text).isoformat() == moment


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "1st of May"])
def test_what_is_no_time_is_refused(local, model, text):
    with pytest.raises(RegistryError, match="expected a day or time as in 2026-05-01T13:30"):
        champion_at(model, text, local)


def test_an_unknown_model_is_refused(local, model):
    for ask in (history, lambda name, place: champion_at(name, "2026-05-01", place)):
        with pytest.raises(RegistryError, match=f"no model '{model}' in the registry"):
            ask(model, local)
