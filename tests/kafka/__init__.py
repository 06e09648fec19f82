"""Apache Kafka for tests: the real broker, of the version in `pom.xml`, in KRaft mode on loopback.

`jars.py` has Maven fetch it once, checks every jar's digest, and keeps it in a cache outside the tree.
`server.py` formats and starts a single node: broker and controller in one JVM of modest size. Killed and
started again it has what it acknowledged; with its data removed it is another cluster.
`container.py` is the same version from an image, where a container engine answers instead.

Who takes which, and what becomes of a test where there is none: `tests/brokers.py`. Why: ADR 17.
"""
