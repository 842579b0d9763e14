"""DVC's settings of a checkout: where its cache lies, and which remote it has.

Read as DVC reads them, `.dvc/config.local` over `.dvc/config`; a relative path starts at `.dvc/`.
"""

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

from components.errors import VersionError

_FILES = (".dvc/config", ".dvc/config.local")
# Which keys may be relative paths, by kind of section; the names are those of DVC's own schema.
_PATHS = {
    "cache": {"dir"},
    "remote": {"url", "credentialpath", "configpath", "keyfile", "cert_path", "key_path"},
}


@dataclass(frozen=True, slots=True)
class Remote:
    """Where versions are kept for others.

    Attributes:
        name: What DVC calls it.
        url: A folder, or an address such as `s3://bucket/prefix`.
    """

    name: str
    url: str

    def __str__(self) -> str:
        return f"remote {self.name!r} ({self.url})"


@dataclass(frozen=True, slots=True)
class Settings:
    """What both files say together.

    Attributes:
        sections: Section -> key -> value, with paths made absolute.
        cache: The folder of DVC's cache.
        remote: The default remote; None when there is none.
    """

    sections: dict[str, dict[str, str]]
    cache: Path
    remote: Remote | None


def read(root: Path) -> Settings:
    """Read the settings of a checkout; DVC's defaults where it has none.

    Raises:
        VersionError: a file cannot be read, or the default remote is not among the remotes.
    """
    sections: dict[str, dict[str, str]] = {}
    for name in _FILES:
        for section, keys in _parse(root / name).items():
            sections.setdefault(section, {}).update(keys)
    folder = root.absolute() / ".dvc"
    for section, keys in sections.items():
        paths = _PATHS.get(section.partition(" ")[0], set()) & keys.keys()
        keys.update({key: _absolute(folder, keys[key]) for key in paths})
    cache = Path(sections.get("cache", {}).get("dir", str(folder / "cache")))
    return Settings(sections, cache, _default_remote(root, sections))


def write(settings: dict[str, dict[str, str]], file: Path) -> None:
    """Write settings where DVC will read them; only this user may read the file, for the secrets."""
    parser = _parser()
    for section, keys in settings.items():
        parser[f"'{section}'" if " " in section else section] = keys
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as stream:
        parser.write(stream)


def section_of(remote: str) -> str:
    """Name the section of a remote."""
    return f'remote "{remote}"'


def _parse(file: Path) -> dict[str, dict[str, str]]:
    parser = _parser()
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        why = str(error).splitlines()[0]
        raise VersionError(f"{file}: cannot be read: {why} (DVC writes this file)") from error
    return {section.strip("'"): dict(parser[section]) for section in parser.sections()}


def _parser() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign] # as its documentation says
    return parser


def _absolute(folder: Path, value: str) -> str:
    """Make a path absolute; an address stays."""
    bare = value.strip("\"'")
    if re.match(r"\w+://", bare):
        return bare
    return str((folder / Path(bare).expanduser()).resolve())


def _default_remote(root: Path, sections: dict[str, dict[str, str]]) -> Remote | None:
    name = sections.get("core", {}).get("remote", "").strip("\"'")
    if not name:
        return None
    url = sections.get(section_of(name), {}).get("url")
    if url is None:
        known = ", ".join(sorted(s for s in sections if s.startswith("remote "))) or "none"
        raise VersionError(
            f"{root / _FILES[0]}: core.remote is {name!r}, which has no url; there are: {known}"
        )
    return Remote(name, url)
