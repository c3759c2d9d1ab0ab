# syntax=docker/dockerfile:1.19
# The images of the shop: four services, the set-up program, the backup program and the edge, from one build of the
# workspace. For amd64 and arm64; the programs for the other architecture are cross-compiled.
# `docker build --target test .` runs the unit tests. A base image can be pinned by digest:
# --build-arg RUST=rust@sha256:….
# checkov:skip=CKV_DOCKER_7: The arguments below contain the tags; checkov does not resolve them.
ARG RUST=rust:1.95-bookworm
ARG NODE=node:24-bookworm-slim
ARG NGINX=nginxinc/nginx-unprivileged:1.28-bookworm
ARG STATIC=gcr.io/distroless/static-debian12:nonroot
ARG VERSION=dev
# release, or dev: compiles faster, and keeps what it has compiled for the next build.
ARG PROFILE=release

FROM --platform=$BUILDPLATFORM ${RUST} AS rust
WORKDIR /shop
ENV CARGO_TERM_COLOR=never
# Writes the dependencies of each program into it, where scanners find them.
RUN cargo install --quiet --locked cargo-auditable@0.7.7

# With an explicit target the flags below do not apply to build scripts and procedural macros, which cannot be static.
# librdkafka's configure only reads CC and CXX.
FROM rust AS rust-amd64
ENV CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc \
    CC=x86_64-linux-gnu-gcc \
    CXX=x86_64-linux-gnu-g++ \
    STRIP=x86_64-linux-gnu-strip

FROM rust AS rust-arm64
ENV CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CC=aarch64-linux-gnu-gcc \
    CXX=aarch64-linux-gnu-g++ \
    STRIP=aarch64-linux-gnu-strip

# hadolint ignore=DL3006
FROM rust-${TARGETARCH} AS compiler
WORKDIR /shop
ARG BUILDARCH
ARG TARGETARCH
# Static programs run in an image without libraries.
ENV RUSTFLAGS="-C target-feature=+crt-static" \
    HOST_CC=gcc
# hadolint ignore=DL3008
RUN if [ "$BUILDARCH" != "$TARGETARCH" ]; then \
        rustup target add "$CARGO_BUILD_TARGET" \
        && apt-get update \
        && apt-get install --yes --no-install-recommends "crossbuild-essential-$TARGETARCH" \
        && rm -rf /var/lib/apt/lists/*; \
    fi

# The manifests, and a stub for each program and library. This stage changes only with the manifests, so the
# dependencies below stay cached.
FROM rust AS manifests
COPY . .
RUN echo 'fn main() {}' >/stub.rs \
    && find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' \
        ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/src/bin/*.rs' \
        ! -path './tests/shop.rs' ! -path './tests/load/main.rs' ! -path './tests/benches/*.rs' \
        -delete \
    && find . -name '*.rs' -exec cp /stub.rs {} \;

FROM compiler AS dependencies
COPY --from=manifests /shop ./
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo auditable build --locked --release --package gateway --package authentication \
        --package products --package orders --package setup --package backup --package edge --package messaging

FROM dependencies AS build
COPY crates crates
COPY services services
COPY infrastructure infrastructure
ARG VERSION
ENV FLEETMARKET_VERSION=${VERSION}
ARG BUILDKIT_SBOM_SCAN_STAGE=true
# Sources can be older than the stubs, and Cargo compares modification times.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    find crates services infrastructure -name '*.rs' -exec touch {} + \
    && cargo auditable build --locked --release --package gateway --package authentication \
        --package products --package orders --package setup --package backup --package edge --package messaging \
    && mkdir /programs && install -d -m 1777 /folders/backups \
    && for program in gateway authentication products orders setup backup edge events; do \
        install -m 0555 "target/$CARGO_BUILD_TARGET"/*/"$program" /programs/ || exit 1; \
    done

# Symbols are a third of each program, and only a debugger needs them.
FROM build AS programs-release
RUN "$STRIP" /programs/*

# For development: compiles what has changed since the last build. Cargo compares modification times with the time of that
# build, and would miss an edit during it, so the changed files get the current time. Without the name of a linker Rust uses
# its own on amd64, which is three times as fast.
FROM compiler AS programs-dev
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ARG VERSION
ENV FLEETMARKET_VERSION=${VERSION}
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY tests tests
COPY xtask xtask
COPY infrastructure infrastructure
COPY crates crates
COPY services services
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/shop/target,sharing=locked,id=fleetmarket-dev \
    mkdir -p target/sources \
    && for folder in crates infrastructure services; do \
        { diff --recursive --brief --new-file "target/sources/$folder" "$folder" || [ $? = 1 ]; } \
            | sed 's/^Files .* and \(.*\) differ$/\1/' | xargs --no-run-if-empty touch --no-create || exit 1; \
    done \
    && if [ "$BUILDARCH" = "$TARGETARCH" ]; then unset CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER; fi \
    && cargo build --locked --package gateway --package authentication \
        --package products --package orders --package setup --package backup --package edge --package messaging \
    && mkdir /programs && install -d -m 1777 /folders/backups \
    && for program in gateway authentication products orders setup backup edge events; do \
        install -m 0555 "target/$CARGO_BUILD_TARGET/debug/$program" /programs/ || exit 1; \
    done \
    && rm -rf target/sources && mkdir target/sources && cp -R crates infrastructure services target/sources/

# hadolint ignore=DL3006
FROM programs-${PROFILE} AS programs

FROM rust AS test
COPY . .
# The other tests start real databases and a real broker: cargo xtask test.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/shop/target \
    cargo test --locked --workspace --lib --bins --test contract \
        --exclude shop-tests --exclude testkit --exclude backing-services --exclude xtask

# For development: Vite serves the page, and Compose copies edited files into the container.
FROM ${NODE} AS page-dev
RUN install --directory --owner=1000 /page
USER 1000
WORKDIR /page
COPY --chown=1000 frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY --chown=1000 frontend ./
HEALTHCHECK NONE
CMD ["npm", "run", "dev", "--", "--host", "0.0.0.0"]

FROM --platform=$BUILDPLATFORM ${NODE} AS page
WORKDIR /page
ARG BUILDKIT_SBOM_SCAN_STAGE=true
COPY frontend/package.json frontend/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

# nginx and its shared libraries, without the rest of the system.
FROM ${NGINX} AS nginx
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /tmp
ARG BUILDKIT_SBOM_SCAN_STAGE=true
# The linker searches this folder, and has a path of its own for each architecture.
RUN libraries="nginx/usr/lib/$(uname -m)-linux-gnu" \
    && mkdir -p nginx/usr/sbin "$libraries" \
    && cp /usr/sbin/nginx nginx/usr/sbin/ \
    && ldd /usr/sbin/nginx | sed -nE 's/.* => (\/[^ ]+) .*/\1/p' \
        | xargs -I{} cp --dereference {} "$libraries" \
    && ldd /usr/sbin/nginx | sed -nE 's/^\s*(\/[^ ]*ld-linux[^ ]*) .*/\1/p' \
        | xargs -I{} cp --dereference --parents {} nginx/
# The packages of these files, where scanners find them. xargs ends with 123 if one has none, as an nginx that was compiled.
RUN mkdir -p nginx/var/lib/dpkg/status.d \
    && { find nginx -type f | sed -E 's,.*(/[^/]+/[^/]+)$,*\1,' | xargs dpkg-query --search || [ $? = 123 ]; } \
        | cut -d: -f1 | sort -u \
        | while read -r package; do dpkg-query --status "$package" >"nginx/var/lib/dpkg/status.d/$package"; done

FROM ${STATIC} AS static
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Fleetmarket" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
WORKDIR /
STOPSIGNAL SIGTERM

FROM static AS gateway
LABEL org.opencontainers.image.title="gateway" \
      org.opencontainers.image.description="The only way into the shop: routes, access, resilience"
COPY --from=programs /programs/gateway /gateway
ENV LISTEN=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/gateway", "--healthcheck"]
ENTRYPOINT ["/gateway"]

FROM static AS authentication
LABEL org.opencontainers.image.title="authentication" \
      org.opencontainers.image.description="Accounts, passwords and tokens"
COPY --from=programs /programs/authentication /authentication
ENV LISTEN=0.0.0.0:8001
EXPOSE 8001
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/authentication", "--healthcheck"]
ENTRYPOINT ["/authentication"]

FROM static AS products
LABEL org.opencontainers.image.title="products" \
      org.opencontainers.image.description="The catalogue and the stock"
COPY --from=programs /programs/products /products
ENV LISTEN=0.0.0.0:8002
EXPOSE 8002
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/products", "--healthcheck"]
ENTRYPOINT ["/products"]

FROM static AS orders
LABEL org.opencontainers.image.title="orders" \
      org.opencontainers.image.description="Placing and listing orders, and their event stream"
COPY --from=programs /programs/orders /orders
ENV LISTEN=0.0.0.0:8003
EXPOSE 8003
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/orders", "--healthcheck"]
ENTRYPOINT ["/orders"]

FROM static AS setup
LABEL org.opencontainers.image.title="setup" \
      org.opencontainers.image.description="Sets up databases and broker for the services"
COPY --from=programs /programs/setup /setup
# The operator's tool for the events on Kafka.
COPY --from=programs /programs/events /events
# It exits when it is done.
HEALTHCHECK NONE
ENTRYPOINT ["/setup"]

FROM static AS backup
LABEL org.opencontainers.image.title="backup" \
      org.opencontainers.image.description="Backs up the databases of the shop, and restores them"
COPY --from=programs /programs/backup /backup
# The folder `backups`. A new volume gets its mode, so that the program may write to it.
COPY --from=programs /folders/ /
# It exits when it is done.
HEALTHCHECK NONE
ENTRYPOINT ["/backup"]

FROM static AS edge
LABEL org.opencontainers.image.title="edge" \
      org.opencontainers.image.description="nginx with the page, and /api to the gateway"
COPY --from=nginx /tmp/nginx /
COPY --from=page /page/dist /srv/page
COPY --from=programs /programs/edge /edge
# EDGE_RESOLVER and GATEWAY have no default.
ENV EDGE_LISTEN=0.0.0.0:8080 \
    EDGE_RUN=/run/edge \
    EDGE_PAGE=/srv/page \
    EDGE_TRUSTED_PROXIES=127.0.0.1/32 \
    EDGE_CLIENT_ADDRESS=X-Forwarded-For \
    EDGE_SERVER_OPTIONS="http2 on; keepalive_min_timeout 10s;" \
    EDGE_CONNECTIONS_PER_ADDRESS=100 \
    EDGE_REQUESTS_PER_SECOND=100 \
    GATEWAY_OPTIONS=resolve \
    GATEWAY_SCHEME=http \
    GATEWAY_TLS_OPTIONS=""
EXPOSE 8080
# nginx finishes open requests on SIGQUIT, and drops them on SIGTERM.
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 CMD ["/edge", "--healthcheck"]
ENTRYPOINT ["/edge"]
