"""`restill data`: the pictures in data/ and their versions."""

from typing import Annotated

import typer

from flows.commands.terminal import enter, say

app = typer.Typer(help="The pictures in data/ and their versions.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Say what changed in data/ since the version in data.dvc."""
    checkout = enter()
    from components.versioning import versions

    state = versions.status(checkout.root)
    say(f"data.dvc: {state.recorded or 'nothing recorded yet'}")
    say(
        f"data/:    {state.current or 'missing; restill run makes the default, or put yours there'}"
    )
    if state.clean:
        say("nothing changed")
    elif not state.missing and not state.listing_known and state.recorded:
        say("changed; which files is not known here, for DVC's cache lacks the recorded version")
    for word in ("added", "modified", "deleted"):
        for path in getattr(state, word):
            say(f"  {word}: {path}")


@app.command()
def commit(
    message: Annotated[str, typer.Option("--message", "-m", help="Why; goes into git's log.")],
) -> None:
    """Record data/ as a new version: dvc add, and git commit of data.dvc when inside git."""
    checkout = enter()
    from components.versioning import versions

    done = versions.commit(checkout.root, message)
    if not done.changed:
        say(f"nothing changed: data.dvc has {done.new}")
        return
    say(f"{done.old or 'nothing'} -> {done.new}")
    say(f"git commit {done.git_commit}" if done.git_commit else "not in git; data.dvc is written")
