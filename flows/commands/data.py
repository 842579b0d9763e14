"""`restill data`: the pictures in data/ and their versions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from components.errors import ConfigError, DatasetError, StoreError
from flows.commands import data_versions
from flows.commands.terminal import enter, err, say

if TYPE_CHECKING:
    from components.artifacts import Progress
    from components.inspection.check import PictureSet
    from components.inspection.drift import Version
    from components.parts import Strict

_WRONG = 1

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


app.command()(data_versions.push)
app.command()(data_versions.pull)
app.command()(data_versions.versions)
app.command()(data_versions.remote)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A set of pictures.")],
    source: Annotated[
        str,
        typer.Option(help="Its layout, a part of components/sources, as NAME or NAME,KEY=VALUE."),
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE for the source; may be repeated.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Another set, with which it must share no picture; may be repeated."),
    ] = None,
    against_source: Annotated[
        list[str] | None, typer.Option(help="Layout of each --against, in the same order.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the findings into this file, too.")
    ] = None,
) -> None:
    """Check a set: layout, counts, every file, repetitions, leaks; status 1: something is wrong."""
    others, layouts = against or [], against_source or []
    if len(others) != len(layouts):
        raise ConfigError(
            f"--against-source: needs one layout a folder of --against, there are {len(layouts)} "
            f"for {len(others)}"
        )
    from components.inspection.check import check as inspect

    asked = _picture_set(folder, ",".join([source, *(settings or [])]))
    sets = [_picture_set(*pair) for pair in zip(others, layouts, strict=True)]
    with _bar("check") as progress:
        findings = inspect(asked, sets, progress=progress)
    for line in findings.lines():
        say(line)
    _write_json(json, findings)
    if not findings.clean:
        raise typer.Exit(_WRONG)


@app.command()
def unpack(
    folder: Annotated[Path, typer.Argument(help="A set as it is published.")],
    target: Annotated[Path, typer.Argument(help="A new folder.")],
    source: Annotated[str, typer.Option(help="Its layout, as NAME or NAME,KEY=VALUE.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE for the source; may be repeated.")
    ] = None,
) -> None:
    """Write a set anew with one whole picture a file, where its files hold something else."""
    asked = _picture_set(folder, ",".join([source, *(settings or [])]))
    say(f"{target}: {asked.source.unpack(folder, target)} pairs")


@app.command()
def shards(
    url: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")],
    version: Annotated[
        str,
        typer.Option("--data", help="Tag, commit, branch or digest; empty: data/ as it is."),
    ] = "",
    recipe: Annotated[
        str, typer.Option(help="A block of params.yaml, for its data.source; empty: its choice.")
    ] = "",
) -> None:
    """Lay a version out in a few large files; interrupted, the same command sends what is missing."""
    checkout = enter()
    from components import dataset
    from components.config import load_params
    from components.datasets import manifest
    from components.datasets import shards as layout

    params = load_params(checkout.params, recipe=recipe)
    if version:
        from components.versioning import snapshots

        past = snapshots.take(checkout.root, version, checkout.versions)
        checkout = replace(checkout, past=past)
    _need_outside(url, checkout.root / "data")
    workplace = checkout.workplace
    with _bar("dataset") as progress:
        listed = dataset.prepare(params.pictures, workplace=workplace, progress=progress).record
    table = workplace.store.path(listed, manifest.FILE)
    with _bar("shards") as progress:
        made = layout.write(table, workplace.data, url, progress=progress)
    say(
        f"{url}: {made.num_rows} pictures of data {listed.data_digest} in {made.num_shards} shards, "
        f"{decimal(made.num_bytes)}"
    )


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Tag, commit, digest, a folder, or . for data/.")],
    after: Annotated[str, typer.Argument(help="The same.")] = ".",
    page: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the numbers into this file.")] = None,
) -> None:
    """Show how two versions of the data differ: which pictures, and what they are like."""
    versions = [_version(name) for name in (before, after)]
    from components.inspection import drift, drift_page

    with _bar("diff") as progress:
        found = drift.compare(*versions, progress=progress)
    for line in found.lines():
        say(line)
    _write_json(json, found)
    if page:
        drift_page.write(page, found)
        say(f"plots: {page}")


def _picture_set(folder: Path, layout: str) -> "PictureSet":
    """Turn `paired_sr,scale=4` into the source of a folder; values are written as in YAML."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from components import parts
    from components.inspection.check import PictureSet

    name, *settings = layout.split(",")
    values: dict[str, Any] = {"name": name}
    for setting in settings:
        key, given, text = setting.partition("=")
        if not given:
            raise ConfigError(f"{setting!r}: a setting of a source is KEY=VALUE")
        try:
            values[key] = YAML(typ="safe", pure=True).load(text)
        except YAMLError as error:
            raise ConfigError(f"{setting!r}: the value is not YAML") from error
    return PictureSet(folder, parts.build("sources", parts.configure("sources", values)))


def _version(name: str) -> "Version":
    """Find a version: `.` is data/ as it is, then comes a folder, then what git and DVC know."""
    from components.inspection.drift import Version

    if name != "." and Path(name).is_dir():
        return Version(name, Path(name))
    checkout = enter()
    if name == ".":
        return Version("data/", checkout.data)
    from components.versioning import snapshots

    return Version(name, snapshots.take(checkout.root, name, checkout.versions))


def _need_outside(url: str, data: Path) -> None:
    if "://" not in url and Path(url).resolve().is_relative_to(data.resolve()):
        raise ConfigError(f"{url}: shards go to a folder outside {data}, whose files are pictures")


def _write_json(file: Path | None, record: "Strict") -> None:
    if file is None:
        return
    from components.store import write_atomically

    try:
        write_atomically(file, record.model_dump_json(indent=1).encode())
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror}") from error


@contextmanager
def _bar(what: str) -> Iterator["Progress"]:
    """Show progress in the terminal, and nothing in a log."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Bar(*columns, TimeRemainingColumn(), console=err, transient=True)
    bar.disable = not err.is_terminal
    with bar:
        row = bar.add_task(what, total=None)

        def report(done: int, total: int, note: str) -> None:
            bar.update(row, completed=done, total=total, description=note)

        yield report
