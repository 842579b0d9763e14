"""DVC's cache of a checkout: every file once, under the md5 of its bytes, and the versions' listings.

Source: DVC 3's layout, `files/md5/<2 digits>/<30 digits>`; a listing's name ends in `.dir`.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from components.errors import VersionError
from components.versioning import settings
from components.versioning.tree import digest_of_listing


class Objects:
    """The files that the cache of a checkout holds.

    Args:
        root: The checkout; its settings say where the cache lies.

    Raises:
        VersionError: the settings cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.folder = settings.read(root).cache / "files/md5"

    def path(self, md5: str) -> Path:
        """Return where a file or a listing is, or would be."""
        return self.folder / md5[:2] / md5[2:]

    def has(self, md5s: Iterable[str]) -> bool:
        """Tell whether all these are here."""
        return all(self.path(md5).is_file() for md5 in md5s)

    def listing(self, digest: str) -> dict[str, str] | None:
        """Read which files a version has.

        Args:
            digest: Of the version, ends in `.dir`.

        Returns:
            Path -> md5; None when the cache lacks the listing, or holds a damaged one.
        """
        try:
            rows: list[dict[str, str]] = json.loads(self.path(digest).read_bytes())
            listing = {row["relpath"]: row["md5"] for row in rows}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return listing if digest_of_listing(listing) == digest else None

    def whole(self, digest: str) -> bool:
        """Tell whether a version's listing and all its files are here; no byte of them is read."""
        listing = self.listing(digest)
        return listing is not None and self.has(listing.values())

    def verify(self, md5: str) -> Path:
        """Return a file whose bytes are what its name says.

        Raises:
            VersionError: it is missing or damaged.
        """
        file = self.path(md5)
        try:
            with file.open("rb") as stream:
                found = hashlib.file_digest(stream, _md5).hexdigest()
        except OSError as error:
            raise VersionError(f"{file}: cannot be read: {error.strerror}") from error
        if found != md5:
            raise VersionError(
                f"{file}: is damaged, its md5 is {found}; remove it, and it is fetched again"
            )
        return file


def _md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)
