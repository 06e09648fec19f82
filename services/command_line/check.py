"""Checks that need no Hub."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from services.command_line.options import JsonOption
from services.command_line.output import CommandError, failing_clearly, print_json

app = typer.Typer()

UpnFile = Annotated[Path, typer.Argument(help="A file of UPNs, one a line; - for standard input.")]
COLUMNS: Final = ("input", "valid", "reasons")


@app.command("check-upn")
def check_upn(file: UpnFile, *, as_json: JsonOption = False) -> None:
    """Check UPNs; prints input, valid (yes or no) and reasons as CSV.

    Spaces around a UPN and small letters are forgiven. The exit code is 0 whatever the table says.
    """
    with failing_clearly():
        from services.pupils.model.upn import normalised, upn_faults
        from services.pupils.rules import la_codes

        checked = [(line, upn_faults(normalised(line), la_codes())) for line in _lines(file)]
        if as_json:
            print_json(
                [{"input": line, "valid": not faults, "reasons": list(faults)} for line, faults in checked]
            )
            return
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((line, "no" if faults else "yes", " ".join(faults)) for line, faults in checked)


def _lines(file: Path) -> list[str]:
    """Read the lines that are not empty; what is no UTF-8 is read as the usual spreadsheet writes it."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}", "Name a file of UPNs, one a line."
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("windows-1252", errors="replace")
    return [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
