# syntax=docker/dockerfile:1

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
