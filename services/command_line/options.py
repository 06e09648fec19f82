"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of an embedded Hub. Default: CAREERS_HUB_DATA or the user's own."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value to standard output.")]
YearOption = Annotated[str | None, typer.Option("--year", help="Academic year, such as 2025/26.")]
