# One image for every role: the role and the service are arguments (`serve api --service pupils`).
#
# No `embedded` extra: the GPL-licensed store of the laptop Hub is never in the image. The base is pinned by
# tag; docs/deployment.md says how to pin it by digest once a registry can be asked.

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

FROM ${PYTHON_IMAGE} AS run
LABEL org.opencontainers.image.title="careers-hub" \
      org.opencontainers.image.licenses="Apache-2.0 AND OGL-UK-3.0"
# A fixed number, because Kubernetes' runAsNonRoot cannot check a name.
RUN groupadd --system --gid 10001 careers-hub \
    && useradd --system --uid 10001 --gid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin careers-hub \
    # A volume that is mounted here for the first time belongs to whom this belongs to.
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/careers-hub
COPY --from=build /opt/careers-hub /opt/careers-hub
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
