"""The file of a backup: whole or refused, and nothing of it can be read without the secret."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backup.archive import MAGIC, Archive, BackupHeader, DamagedBackupError, writing
from services.runtime.sealing import Sealer, SecretError

SEALER = Sealer(b"s" * 32)
PIECES = [b"A pupil's name " * 40, b"another", b"the manifest"]


def header(sealer: Sealer = SEALER) -> BackupHeader:
    made_at = dt.datetime(2026, 6, 15, tzinfo=dt.UTC)
    return BackupHeader(hub="dorset", urn=None, made_at=made_at, release="0.1.0", key=sealer.key_id)


def write(path: Path, sealer: Sealer = SEALER, pieces: list[bytes] = PIECES) -> Path:
    with writing(path, header(sealer), sealer) as archive:
        for number, piece in enumerate(pieces, start=1):
            archive.add(piece, last=number == len(pieces))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "hub.backup")


def test_what_was_written_is_read_in_order_by_its_owner_alone(file: Path) -> None:
    assert list(Archive.open(file).pieces(SEALER)) == PIECES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"pupil" not in file.read_bytes()


def test_any_byte_that_was_changed_is_noticed(file: Path) -> None:
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises((DamagedBackupError, SecretError)):
            list(Archive.open(file).pieces(SEALER))


@given(data=st.data())
def test_a_file_that_was_cut_off_or_goes_on_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = write(tmp_path_factory.mktemp("backup") / "hub.backup")
    content = file.read_bytes()
    file.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DamagedBackupError):
        list(Archive.open(file).pieces(SEALER))
    file.write_bytes(content + data.draw(st.binary(min_size=1, max_size=9)))
    with pytest.raises(DamagedBackupError, match="follows its end"):
        list(Archive.open(file).pieces(SEALER))


def test_pieces_of_two_backups_do_not_make_one(tmp_path: Path) -> None:
    one = write(tmp_path / "one").read_bytes()
    later = header().model_copy(update={"made_at": dt.datetime(2026, 6, 16, tzinfo=dt.UTC)})
    with writing(tmp_path / "two", later, SEALER) as archive:
        archive.add(b"the manifest", last=True)
    head = len(MAGIC) + one[len(MAGIC) :].index(b"\n") + 1
    mixed = (tmp_path / "two").read_bytes()
    (tmp_path / "mixed").write_bytes(mixed[: mixed.index(b"\n", len(MAGIC)) + 1] + one[head:])
    with pytest.raises(DamagedBackupError, match="belongs elsewhere"):
        list(Archive.open(tmp_path / "mixed").pieces(SEALER))


def test_another_hubs_secret_opens_nothing_and_says_so(file: Path) -> None:
    with pytest.raises(SecretError, match="another secret"):
        list(Archive.open(file).pieces(Sealer(b"t" * 32)))


def test_a_newer_secret_still_opens_what_an_older_one_sealed(tmp_path: Path) -> None:
    file = write(tmp_path / "hub.backup")
    rotated = Sealer(b"s" * 32, b"n" * 32)
    assert list(Archive.open(file).pieces(rotated)) == PIECES
    assert list(Archive.open(write(tmp_path / "newer", rotated)).pieces(rotated)) == PIECES
    with pytest.raises(SecretError, match="another secret"):
        list(Archive.open(tmp_path / "newer").pieces(SEALER))


def test_a_backup_that_was_broken_off_leaves_nothing_and_none_is_written_over(
    tmp_path: Path, file: Path
) -> None:
    def break_off() -> None:
        with writing(tmp_path / "broken", header(), SEALER) as archive:
            archive.add(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [path.name for path in tmp_path.iterdir()] == ["hub.backup"]
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        write(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", MAGIC, MAGIC + b"{}\n", MAGIC + b"not json\n"])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DamagedBackupError):
        Archive.open(tmp_path / "other")
