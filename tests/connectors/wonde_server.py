"""A school's Wonde on the loopback: real HTTP, pages, faults on demand, and a note of every request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

SCHOOL: Final = "A1930499544"
TOKEN: Final = "a-token-that-only-this-test-knows"
# Wonde's page sizes are per list; small ones make several pages of a few students.
LARGEST_PAGE: Final = 2

# In place of a status: the connection is closed without an answer.
LOST: Final = 0

Json = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is given instead of the right one."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    list: str
    query: dict[str, str]
    authorization: str


@dataclass(slots=True)
class Wonde:
    """What this Wonde holds, and how it behaves."""

    students: list[Json] = field(default_factory=list)
    deletions: list[Json] = field(default_factory=list)
    changed: list[Json] | None = None
    """The students for whoever asks with `updated_after`; all if None."""
    by_cursor: bool = True
    faults: list[Answer] = field(default_factory=list)
    """Given one by one before anything else."""
    next_of: dict[int, Json] = field(default_factory=dict)
    """The `pagination` of a page of students, by its number, instead of the right one."""
    after_page: dict[int, list[Json]] = field(default_factory=dict)
    """Who is deleted right after a page of students was read, once."""
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1.0"

    def lists(self) -> list[str]:
        return [request.list for request in self.asked]

    def answer(self, path: str, query: dict[str, str], authorization: str) -> Answer:
        prefix = f"/v1.0/schools/{SCHOOL}/"
        name = path.removeprefix(prefix)
        self.asked.append(Asked(name, query, authorization))
        if self.faults:
            return self.faults.pop(0)
        if authorization != f"Bearer {TOKEN}":
            return Answer(401, b'{"error": "unauthorised"}')
        if not path.startswith(prefix) or name not in {"students", "deletions"}:
            return Answer(404, b'{"error": "no such school"}')
        return Answer(body=json.dumps(self._page(name, query)).encode())

    def _page(self, name: str, query: dict[str, str]) -> Json:
        records = self.students if name == "students" else self.deletions
        if name == "students" and "updated_after" in query and self.changed is not None:
            records = self.changed
        word = "cursor" if self.by_cursor else "page"
        number, size = int(query.get(word, "1")), min(int(query["per_page"]), LARGEST_PAGE)
        # A cursor stands behind a record, whatever happens to those before it; a page is a number.
        start = (number - 1) * size
        found = records[start : start + size]
        more = start + size < len(records)
        following = f"{self.base_url}/schools/{SCHOOL}/{name}?{urlencode({**query, word: number + 1})}"
        pagination: Json = {"next": following if more else None, "more": more, "current_page": number}
        if name == "students":
            pagination = self.next_of.get(number, pagination)
            for gone in self.after_page.pop(number, []):
                self.students = [student for student in self.students if student["id"] != gone["id"]]
                self.deletions.append(gone)
        return {"data": found, "meta": {"pagination": pagination}}


@contextmanager
def serving(wonde: Wonde) -> Iterator[Wonde]:
    """Serve on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer = wonde.answer(
                parts.path, dict(parse_qsl(parts.query)), self.headers.get("Authorization", "")
            )
            if answer.status == LOST:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            self.send_header("Date", formatdate(usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wonde.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wonde
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at(text: str, zone: str = "Europe/London") -> Json:
    """Write a moment as Wonde does."""
    return {"date": f"{text}.000000", "timezone_type": 3, "timezone": zone}


def student(number: int, **changes: Json) -> Json:
    """A student of Year 10 with nothing special; `education` and `extended` change what is nested."""
    education = {"upn": f"UPN{number}", "current_nc_year": "10"} | changes.pop("education", {})
    extended = changes.pop("extended", {})
    return {
        "id": f"A{number}",
        "mis_id": str(9000 + number),
        "surname": f"Surname{number}",
        "forename": f"Forename{number}",
        "restored_at": None,
        "education_details": {"data": education},
        "extended_details": {"data": extended},
        "registration": {"data": {"name": "10A", "type": "REGISTRATION"}},
        "year": {"data": {"code": "10", "name": "Year 10"}},
    } | changes


def deletion(number: int, **changes: Json) -> Json:
    """A student's entry in the list of deletions."""
    return {
        "id": f"A{number}",
        "type": "student",
        "mis_id": str(9000 + number),
        "deleted_at": at("2026-06-15 09:00:00", "UTC"),
        "restored_at": None,
    } | changes
