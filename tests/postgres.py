"""A PostgreSQL of the tests' own: on loopback, in a temporary folder, gone with the session."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

_SETTINGS = ("fsync=off", "max_connections=400", "unix_socket_directories=", "jit=off")


def why_not():
    """Say what is missing here; empty when a server can be started."""
    if _program("initdb") is None:
        return "needs PostgreSQL; on Debian: apt-get install postgresql"
    if importlib.util.find_spec("pg8000") is None:
        return "needs the driver: pip install pg8000"
    return ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A server, started; `close` ends it and removes its files."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="restill-postgres-"))
        self.port = free_port()
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-A", "trust", "-U", "restill", "-E", "UTF8", "--no-sync", "-D", "data")
        options = " ".join(f"-c {setting}" for setting in _SETTINGS)
        options += f" -p {self.port} -h 127.0.0.1"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def database(self, name):
        """Make an empty database; return its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "restill", name)
        return f"postgresql+pg8000://restill@127.0.0.1:{self.port}/{name}"

    def close(self):
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _run(self, program, *arguments):
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*user, _program(program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server keeps what pg_ctl was given
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program} {' '.join(arguments)}: {done.returncode}"


def _program(name):
    """Find a program of PostgreSQL's; Debian keeps the server's out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda f: int(f.parts[4]))
    return str(found[-1]) if found else shutil.which(name)
