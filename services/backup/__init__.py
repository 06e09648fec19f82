"""Backups: a Hub or one school as one sealed file, and back.

`archive.py` is the file: sealed pieces in order, each bound to its place, so that what is damaged, cut short
or put together from two is refused. `manifest.py` says what is in it. `making.py` writes one, of the moment
at which it begins, while the Hub runs. `restoring.py` reads one back while it does not (`fitting.py` says
whether it may): the whole file is checked before anything is touched, and what was written is compared.

Invariants:
- what a restore has begun and not ended is served by nobody (`runtime/timeline.py`); begun again, it ends;
- a Hub that was restored goes on in another timeline: what was told in between is never taken for its own;
- one school comes back only where its ledgers stand as they stood, never behind what readers have applied;
- who was erased is erased again before a restore ends; a journal that knows less than the backup is refused;
- an access log that goes on from the backup's stays (one school), and each restore is noted in it.

Why so: docs/decisions/0020-backup-and-restore.md; how to: docs/operations/backup.md.
"""
