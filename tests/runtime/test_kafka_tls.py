"""With certificates, every client of ours shows its own to the broker, and talks to no broker but ours."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.runtime.broker import (
    BrokerUnavailableError,
    Message,
    Publisher,
    cluster_id,
    reading_broker,
)
from services.runtime.settings import Settings

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority of one test, which writes what it signs into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.certificate = self._write(f"{name}.crt", own)

    def issue(self, name: str) -> tuple[Path, Path]:
        """Write a certificate for `name` at localhost, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (self.folder / f"{name}.key").write_bytes(pem)
        return self._write(f"{name}.crt", self._sign(subject, key, names)), self.folder / f"{name}.key"

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


@asynccontextmanager
async def listening(server: tuple[Path, Path], trusted: Path) -> AsyncIterator[tuple[int, list[str]]]:
    """Listen as a broker with client certificates does, note who comes, and hang up."""
    guests: list[str] = []

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        subject = writer.get_extra_info("peercert")["subject"]
        guests.append(dict(part[0] for part in subject)["commonName"])
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(*server)
    listener = await asyncio.start_server(greet, "localhost", 0, ssl=context)
    async with listener:
        yield listener.sockets[0].getsockname()[1], guests


async def publish(settings: Settings) -> None:
    publisher = Publisher(settings)
    try:
        await publisher.send("topic", [Message(b"key", b"value", [])])
    finally:
        await publisher.close()


async def administer(settings: Settings) -> None:
    await cluster_id(settings)


async def read(settings: Settings) -> None:
    broker = reading_broker(settings, "test")

    async def handle(_record: bytes) -> None:
        pytest.fail("nothing was sent")

    broker.subscriber("topic", group_id="readers")(handle)
    try:
        await broker.start()
    finally:
        await broker.stop()


CLIENTS: dict[str, Callable[[Settings], Awaitable[None]]] = {
    "relay": publish,
    "administration": administer,
    "readers": read,
}


async def meet(client: str, settings: Settings, authority: Authority, server: tuple[Path, Path]) -> list[str]:
    """Let a client try once; it fails either way, because nobody answers in Kafka's language."""
    certificate, key = authority.issue("pupils")
    async with listening(server, authority.certificate) as (port, guests):
        told = settings.model_copy(
            update={
                "kafka_bootstrap": f"localhost:{port}",
                "kafka_ca_file": authority.certificate,
                "kafka_certificate_file": certificate,
                "kafka_key_file": key,
            }
        )
        with contextlib.suppress(BrokerUnavailableError, KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(3):
                await CLIENTS[client](told)
        return guests


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_shows_its_own_certificate(client: str, settings: Settings, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    guests = await meet(client, settings, authority, authority.issue("kafka"))
    assert guests
    assert set(guests) == {"pupils"}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_broker_with_a_strangers_certificate_is_not_talked_to(
    client: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "theirs")
    assert await meet(client, settings, Authority(tmp_path, "ours"), stranger.issue("kafka")) == []
