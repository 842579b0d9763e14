"""`restill data push`, `pull`, `versions` and `remote`: versions of the data, here and on the remote."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.filesize import decimal

from flows.commands.terminal import enter, say

if TYPE_CHECKING:
    from components.versioning.history import Version

_SHORT = 10


def push(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Every version that git knows.")] = False,
) -> None:
    """Send the version in data.dvc to the remote; what is there already is not sent again."""
    checkout = enter()
    from components.versioning import remotes

    done = remotes.push(checkout.root, every=all_)
    for digest in done.sent:
        say(f"{digest} is on {done.remote}")
    for digest in done.skipped:
        say(f"{digest} was not sent: DVC's cache here does not hold all of it")


def pull() -> None:
    """Make data/ the version in data.dvc, from DVC's cache and the remote."""
    checkout = enter()
    from components.versioning import remotes

    done = remotes.pull(checkout.root)
    changed = f"files written or removed: {done.changed}" if done.changed else "nothing changed"
    say(f"data/ is {done.digest}; {changed}")


def versions(
    *,
    ask: Annotated[bool, typer.Option("--remote/--no-remote", help="Ask the remote, too.")] = True,
) -> None:
    """List every version in git's history, the newest first, and where its pictures can be had."""
    checkout = enter()
    from components.versioning import exchange, history, settings
    from components.versioning.objects import Objects

    known = history.versions(checkout.root)
    if not known:
        say("nothing recorded yet; `restill data commit -m WHY` records what is in data/")
        return
    objects = Objects(checkout.root)
    remote = settings.read(checkout.root).remote if ask else None
    there = exchange.on_remote(checkout.root, [v.digest for v in known]) if remote else frozenset()
    for version in known:
        where = ["cache"] if objects.whole(version.digest) else []
        where += ["remote"] if version.digest in there else []
        say(_line(version, ", ".join(where) or "nowhere here"))
    if remote:
        say(f"asked {remote}")


def remote(
    url: Annotated[str, typer.Argument(help="s3://bucket/prefix, a folder, or what DVC knows.")],
    endpoint: Annotated[str, typer.Option(help="Address of an S3 server not Amazon's.")] = "",
) -> None:
    """Name the place where versions are kept for others; keys come from the environment or ~/.aws."""
    checkout = enter()
    from components.versioning import remotes

    remotes.set_remote(checkout.root, url, endpoint=endpoint)
    say(f"{remotes.NAME}: {url}; it stands in .dvc/config, which belongs into git")


def _line(version: "Version", where: str) -> str:
    """Write a version as commit, date, digest, files, bytes, where it is, tags."""
    commit = version.commit[:_SHORT] or "(no commit)"
    content = f"{version.recorded.num_files} files, {decimal(version.recorded.num_bytes)}"
    tags = f"  [{', '.join(version.tags)}]" if version.tags else ""
    day = version.date[:10] or "-" * _SHORT
    return f"{commit:<11} {day} {version.digest[:12]} {content}  {where}{tags}"
