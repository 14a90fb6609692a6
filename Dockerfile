# syntax=docker/dockerfile:1
#
# Pin the base in production. A tag moves; a digest does not:
#   docker buildx imagetools inspect python:3.13-slim       prints the digest of the tag today
#   docker build --build-arg BASE=python:3.13-slim@sha256:<digest> --build-arg REVISION=$(git rev-parse HEAD) -t vcf-cds .
# Any glibc image with Python 3.11 or later as `python3`, and its venv module, will do as BASE.
#
# Run it with nothing writable but /data and a tmpfs:
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -v vcf-data:/data -p 8000:8000 vcf-cds
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /src
RUN python3 -m venv /opt/build && python3 -m venv /opt/vcf-cds && mkdir /data
COPY requirements.txt requirements-build.txt ./
RUN /opt/build/bin/python -m pip install --require-hashes -r requirements-build.txt \
 && /opt/vcf-cds/bin/python -m pip install --require-hashes -r requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE openapi.yaml ./
COPY cards cards
COPY cds_service cds_service
RUN /opt/build/bin/python -m hatchling build --target wheel \
 && /opt/vcf-cds/bin/python -m pip install --no-deps dist/*.whl \
 && /opt/vcf-cds/bin/python -m pip uninstall --yes pip \
 && /opt/vcf-cds/bin/python -m compileall -q /opt/vcf-cds

FROM ${BASE}
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="vcf-cds" \
      org.opencontainers.image.description="CDS Hooks service for vertebral compression fractures. Not clinically reviewed, not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
ENV PATH=/opt/vcf-cds/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/vcf-cds /opt/vcf-cds
COPY --from=build --chown=10001:10001 /data /data
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --retries=3 \
  CMD ["/opt/vcf-cds/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["/opt/vcf-cds/bin/vcf-cds"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--profile", "production"]
