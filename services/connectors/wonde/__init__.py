"""A school's students as Wonde serves them, turned into rows of our roll.

- `pages.py`: the client: which address a token may go to, pages, patience, and what every answer must be.
- `reading.py`: one whole read of a school, and the deletions since it began.
- `students.py`: a student becomes a row, or is counted as left out. Pure. Start there.
- `values.py`: what the values in it mean. Pure.
- `errors.py`: what can go wrong, each with advice.

**Why everything is read every time.** A roll is everybody: whoever is missing from it has left. A delta that
misses one change is wrong for ever, and Wonde itself recommends frequent full reads beside its deltas. A
school's students are a dozen pages; the same roll again changes nothing in the Hub. `updated_after` is used
for one question only: whether a read can be spared (`--since`).

**Sources.** [a] Wonde's own PHP client (wondeltd/php-client: `ResultIterator`, `Endpoints/*`, readme);
[b] reference pages that a public Python client generated from an OpenAPI description of this API, with the
text of docs.wonde.com (students, deletions, pagination, groups); [c] docs.wonde.com, introduction;
[d] domain §8.4; [e] a vendor's account of its own Wonde sync (Operoo).

High confidence:
- `GET /schools/{id}/students` with a Bearer token, `include`, `per_page`, `updated_after` [a][b][c]; a UK
  school is at api.wonde.com, other regions have hosts of their own [c];
- `meta.pagination.next` is a URL that clients follow; a list that fits one page may have no `meta` [a][b];
- deletions are `GET /schools/{id}/deletions?type=student&updated_after=`, each `{type, id, mis_id,
  deleted_at, restored_at}`; there is no `/students/deleted` [a][b];
- a record that came back has `restored_at`; somebody who is enrolled again has a new `id` [b];
- `/students` holds who is on roll now; leavers and those to come are lists of their own [a][b];
- the relations `education_details`, `extended_details`, `year`, `registration` (one, may be null) and
  `sen_needs` (many) [b]; the names of the fields in the first two [d].

Medium: where `upn` and the dates stand [d]; 200 rows a page, as public clients ask for; that `updated_after`
takes a moment [a] and not only a day [b], in a time zone that nobody documents, so we ask an hour earlier.

Low, read if there: the fields of a `sen_needs` item, `young_carer`, Retry-After. No field that says which
disability or neurodiversity was declared has been found, so nothing is sent of them.

Invariant: nothing is handed over unless every page was read.
"""
