# syntax=docker/dockerfile:1
#
# Three images:
#
#   docker build --tag groundwire:local .                                 the gateway
#   docker build --tag groundwire-argus-mcp:local --target argus-mcp .    the Argus MCP server, over stdio
#   docker build --tag groundwire-sysdig-mcp:local --target sysdig-mcp .  the Sysdig MCP server, as its variables say

FROM node:22-bookworm-slim AS portal
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web .
RUN npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The binary holds it.
COPY --from=portal /web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin groundwire \
    && cp target/release/groundwire /groundwire

# On Alpine the compiler's own target is musl, and what it links needs no library of the machine.
FROM rust:1.95-alpine AS build-static
WORKDIR /src
COPY . .
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=target-static,target=/src/target \
    cargo build --release --locked --bin groundwire \
    && cp target/release/groundwire /groundwire

# The program and the certificates for HTTPS to Argus, and nothing else. It writes no file and
# opens no port: `docker run --rm -i --read-only -e ARGUS_API_KEY groundwire-argus-mcp:local`.
FROM scratch AS argus-mcp
COPY --from=build-static /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build-static /groundwire /groundwire
USER 10001:10001
ENTRYPOINT ["/groundwire", "mcp", "argus"]

# The same under the name that clients of the Sysdig server know. Over stdio unless SYSDIG_MCP_TRANSPORT says
# otherwise: `docker run --rm -i --read-only -e SYSDIG_MCP_API_HOST -e SYSDIG_MCP_API_SECURE_TOKEN groundwire-sysdig-mcp:local`.
FROM scratch AS sysdig-mcp
COPY --from=build-static /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build-static /groundwire /sysdig-mcp-server
USER 10001:10001
ENTRYPOINT ["/sysdig-mcp-server"]

FROM debian:bookworm-slim
# Certificates for HTTPS to models and tools, curl for health checks. Versions are those of the base image's release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/groundwire groundwire
COPY --from=build /groundwire /usr/local/bin/groundwire
USER 10001
# `groundwire.toml` is looked for here, and SQLite puts its file here unless told otherwise.
WORKDIR /var/lib/groundwire
EXPOSE 8080
ENTRYPOINT ["groundwire"]
CMD ["serve"]
