"""The commands about the champion, in a checkout, from what they print to how they end."""

import pytest
import typer
from typer.testing import CliRunner

from components import registry
from components.config import RegistryParams
from components.errors import ConfigError, LedgerError, RegistryError
from components.promotion.ledger import Ledger
from components.promotion.promote import promote
from components.tracking import Facts, RunName
from flows.commands import promotion
from flows.remove_garbage import garbage_of
from tests.candidates import candidate, save_bare

MODEL = "restill-kdsr"


@pytest.fixture
def place(trial, monkeypatch):
    """A checkout in which three models were the champion, one after the other."""
    # The clean process and what it loads take seconds, and have tests of their own.
    monkeypatch.setattr("components.promotion.serving_check._probe", lambda _: "")
    monkeypatch.setattr("components.promotion.registration._save", save_bare)
    monkeypatch.chdir(trial.root)
    params, over = RegistryParams(model_name=MODEL), None
    for seed in range(3):
        run_id = trial.tracking.record(RunName("kdsr", f"way {seed}", f"way {seed}"), Facts())
        student = candidate(trial.root / f"student {seed}", run_id, seed=seed, over=over)
        over = promote(student, params, tracking=trial.tracking).version
    return trial


@pytest.fixture
def restill():
    """The commands alone; an error of ours comes out as it is, and `cli` makes a line of it."""
    app = typer.Typer()
    for command in (
        promotion.promote,
        promotion.history,
        promotion.champion,
        promotion.verify,
        promotion.rollback,
    ):
        app.command()(command)

    def run(*words):
        done = CliRunner().invoke(app, list(words))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout.splitlines()

    return run


@pytest.fixture(autouse=True)
def printed(monkeypatch):
    """Let `say` print where the runner listens."""
    monkeypatch.setattr(promotion, "say", typer.echo)


def test_back_by_one_step_and_who_was_it_before(place, restill):
    status, said = restill("rollback", "-m", "faces blur")
    assert (status, said) == (0, [f"{MODEL}: version 3 -> version 2"])
    assert place.champion() == "2"
    _, (now,) = restill("champion")
    assert now.startswith(f"{MODEL}: version 2 since 20")
    assert restill("champion", MODEL, "--at", "2026-05-01") == (0, [f"{MODEL}: no champion"])
    _, lines = restill("history")
    assert [line.split("  ")[1].strip() for line in lines] == 3 * ["promote"] + ["rollback"]
    assert lines[-1].endswith("faces blur")


def test_verify_ends_with_status_one_when_the_alias_was_moved_and_reconcile_puts_it_back(
    place, restill
):
    assert restill("verify") == (0, [f"{MODEL}: ledger, alias and files are as they were written"])
    registry.point(MODEL, "1", place.tracking)
    status, (fault,) = restill("verify")
    assert status == 1
    assert "points to version 1, but by the ledger the champion is version 3" in fault
    _, said = restill("promote", "--reconcile")
    assert said == [
        "the alias points to version 1; put back to version 3",
        f"{MODEL}: version 3",
    ]
    assert restill("promote", "--reconcile") == (0, ["nothing to do", f"{MODEL}: version 3"])


def test_what_cannot_be_is_refused(place, restill):
    for words, error, rule in (
        (("promote",), ConfigError, "needs --reconcile; a candidate is promoted by `restill run`"),
        (("history", "big"), RegistryError, r"no model 'big' in the registry \(there are: restill"),
        (("rollback", "--to", "9"), RegistryError, "version '9' was never the champion"),
        (("champion", "--at", "soon"), RegistryError, "expected a day or time"),
    ):
        with pytest.raises(error, match=rule):
            restill(*words)


def test_gc_keeps_the_last_champions_by_the_ledger_and_a_rollback_finds_them(place, restill):
    restill("rollback", "--to", "1")
    gone = {item.what for item in garbage_of(place, keep_champions=2) if item.remove()}
    kept = {number: registry.version(MODEL, number, place.tracking).run_id for number in ("1", "3")}
    assert not gone & {f"artifacts/{run_id}" for run_id in kept.values()}
    with pytest.raises(RegistryError, match="removed by `restill gc`"):
        registry.version(MODEL, "2", place.tracking)
    assert restill("rollback", "--to", "3")[0] == 0
    assert restill("verify")[0] == 0


def test_gc_removes_nothing_by_a_ledger_that_was_changed(place):
    with place.tracking.asking() as client:
        client.set_model_version_tag(Ledger(MODEL, place.tracking).name, "2", "restill.entry", "{}")
    with pytest.raises(LedgerError, match="entry 2 is not what was written"):
        garbage_of(place, keep_champions=1)
