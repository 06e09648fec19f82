"""Make the shipped files of `data/` again from the full collection of open data.

    python -m services.areas.build FOLDER

FOLDER holds `schools_<area>.csv` and `employers_<area>.csv` as `data/SOURCES.md` describes them. The script
keeps rows and columns and changes no value; the same folder gives the same bytes.

A Hub is 20 to 40 institutions (domain.md §4). West Yorkshire has about five times as many, so at most 40 are
kept: the places are shared out over district and setting by the number of institutions there (largest
remainder); within each, institutions with a known roll come first, then lower URNs. Dorset ships whole.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.areas.apportion import apportion
from services.areas.area import FIRST_YEAR, setting_of, years_of

Row = dict[str, str]

SCHOOL_COLUMNS: Final = (
    "urn", "name", "la_code", "la_name", "phase", "low_age", "high_age", "sixth_form", "pupils",
    "fsm_percent", "postcode", "latitude", "longitude", "district_name", "special_school",
    "alternative_provision", "post16_only",
)  # fmt: skip
EMPLOYER_COLUMNS: Final = (
    "gpg_employer_id", "employer_name", "public_sector", "sic_section", "sic_codes", "employer_size",
    "address_town", "latitude", "longitude",
)  # fmt: skip

DATA_FOLDER: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Source:
    """Which files an area comes from; `most_schools` is None where all of them ship."""

    area: str
    suffix: str
    most_schools: int | None = None


SOURCES: Final = (
    Source("dorset", "dorset_bcp"),
    Source("west-yorkshire", "west_yorkshire", most_schools=40),
)


def build(folder: Path, destination: Path = DATA_FOLDER) -> tuple[Path, ...]:
    """Write every area's two files and return their paths; raises OSError if a source is not in `folder`."""
    written = []
    for source in SOURCES:
        schools = _read(folder / f"schools_{source.suffix}.csv")
        employers = _read(folder / f"employers_{source.suffix}.csv")
        chosen = choose_schools(schools, source.most_schools)
        by_id = sorted(employers, key=lambda row: int(row["gpg_employer_id"]))
        for kind, rows, columns in (
            ("schools", chosen, SCHOOL_COLUMNS),
            ("employers", by_id, EMPLOYER_COLUMNS),
        ):
            path = destination / f"{source.area}-{kind}.csv"
            _write(path, rows, columns)
            written.append(path)
    return tuple(written)


def choose_schools(rows: Iterable[Row], most: int | None) -> list[Row]:
    """Keep institutions that have Year 7 or above, at most `most` by the module's rule, ordered by URN."""
    suitable = [row for row in rows if years_of(row)[1] >= FIRST_YEAR]
    if most is None or len(suitable) <= most:
        return sorted(suitable, key=lambda row: row["urn"])
    strata: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in suitable:
        strata[row["district_name"], setting_of(row)].append(row)
    names = sorted(strata)
    places = apportion(most, [len(strata[name]) for name in names])
    chosen = [
        row
        for name, count in zip(names, places, strict=True)
        for row in sorted(strata[name], key=lambda row: (not row["pupils"], row["urn"]))[:count]
    ]
    return sorted(chosen, key=lambda row: row["urn"])


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Read the source folder from the command line, build, and say what was written."""
    parser = argparse.ArgumentParser(description="Make the shipped area files from the full open data.")
    parser.add_argument("folder", type=Path, help="folder with schools_<area>.csv and employers_<area>.csv")
    for path in build(parser.parse_args().folder):
        print(path)  # noqa: T201 - a script of its own, whose output is the list of files


if __name__ == "__main__":
    main()
