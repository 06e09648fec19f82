"""The words that our pages put beside codes: benchmarks, groups, sectors, terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.vocabulary import BENCHMARKS

BENCHMARK_NAMES: Final[Mapping[str, str]] = {
    "gb1": "A stable careers programme",
    "gb2": "Learning from career and labour market information",
    "gb3": "Addressing the needs of each young person",
    "gb4": "Linking curriculum learning to careers",
    "gb5": "Encounters with employers and employees",
    "gb6": "Experiences of workplaces",
    "gb7": "Encounters with further and higher education",
    "gb8": "Personal guidance",
}
"""As the framework of 2025 has them; a test holds them against it."""
BENCHMARK_SHORT: Final[Mapping[str, str]] = {
    "gb1": "Programme",
    "gb2": "Labour market",
    "gb3": "Each person",
    "gb4": "Curriculum",
    "gb5": "Employers",
    "gb6": "Workplaces",
    "gb7": "Further study",
    "gb8": "Guidance",
}
"""For the head of a narrow column and the label of a bar; the whole name stands in a list beside it."""
FRAMEWORKS: Final = {"gatsby-2018": "Gatsby 2018", "gatsby-2025": "Gatsby 2025"}
SETTINGS: Final = {"school": "Schools", "special": "Special schools", "college": "Colleges"}
TERMS: Final = {"autumn": "Autumn term", "spring": "Spring term", "summer": "Summer term"}
STATUSES: Final = {
    "reported": "Shared with you",
    "not_shared": "Not shared with you",
    "not_reported": "None in this time",
    "no_data_yet": "No evaluation yet",
}
GROUPS: Final = {
    "all": "Everybody",
    "sen": "Special educational needs",
    "disadvantaged": "Disadvantaged",
    "eal": "English as an additional language",
    "in_care": "In care",
}
SECTORS: Final = {
    "A": "Agriculture, forestry and fishing",
    "B": "Mining and quarrying",
    "C": "Manufacturing",
    "D": "Electricity and gas",
    "E": "Water and waste",
    "F": "Construction",
    "G": "Retail, wholesale and motor repair",
    "H": "Transport and storage",
    "I": "Accommodation and food",
    "J": "Information and communication",
    "K": "Finance and insurance",
    "L": "Real estate",
    "M": "Professional, scientific and technical",
    "N": "Administration and support",
    "O": "Public administration and defence",
    "P": "Education",
    "Q": "Health and social work",
    "R": "Arts, entertainment and recreation",
    "S": "Other services",
    "T": "Households as employers",
    "U": "International organisations",
    "unknown": "Sector not known",
}
"""Sections of SIC 2007 (Office for National Statistics), shortened."""
SERVICES: Final = {
    "pupils": "rolls and activities",
    "audit": "evaluations and plans",
    "employers": "employers, advisers and matches",
}
"""What each service's ledger holds."""
OTHERS: Final = {
    "hub": "All schools",
    "all": "All",
    "sole_trader": "Self-employed",
    "micro": "Micro: under 10 people",
    "small": "Small: 10 to 49",
    "medium": "Medium: 50 to 249",
    "large": "Large: 250 and more",
    "unknown": "Not known",
    "neet": "Not in education, employment or training",
}


def benchmark_title(benchmark: str) -> str:
    """Name a benchmark as people do: `GB5 Encounters with employers and employees`."""
    return f"{benchmark.upper()} {BENCHMARK_NAMES[benchmark]}"


def column_title(column: str) -> str:
    """Write a column's name as words."""
    if column == "school":
        return "URN"
    benchmark, _, rest = column.partition("_")
    words = (rest if benchmark in BENCHMARKS else column).replace("_percent", ", %").replace("_", " ")
    return (
        f"{benchmark.upper()} {words}" if benchmark in BENCHMARKS and rest else words[:1].upper() + words[1:]
    )


def cell_words(column: str, value: float | str) -> str:
    """Write a cell of a table as people read it; a symbol stays as it is."""
    if isinstance(value, int | float):
        # A year group is a name, and no quantity.
        return str(value) if column in {"year_group", "phase"} else f"{value:,}"
    if column == "benchmark" and value in BENCHMARKS:
        return value.upper()
    if column == "group":
        return GROUPS.get(value, value)
    if column == "sector":
        return f"{value}: {SECTORS[value]}" if value != "unknown" else SECTORS[value]
    if column in {"school", "name"} or value in {"c", "z", "x"}:
        return "–" if (column, value) == ("school", "hub") else value
    return OTHERS.get(value, value.replace("_", " "))


def place_words(column: str, value: int | str) -> str:
    """Write which row it is, where no head of a column says what it is."""
    if value == "all":
        return {"year_group": "all year groups", "size_band": "all sizes"}.get(column, "everybody")
    if column == "phase":
        return f"phase {value}"
    return option_words(column, str(value)) if column == "year_group" else cell_words(column, value)


def option_words(name: str, value: str) -> str:
    """Write what a filter can be set to as people read it."""
    if name == "benchmark":
        return benchmark_title(value)
    if name == "year_group" and value != "all":
        return f"Year {value}"
    return cell_words(name, value)
