# syntax=docker/dockerfile:1.19
# The images of the shop: four services, the program that sets databases and broker up, and the edge.
# One build of the workspace makes them all; `docker build --target test .` runs the tests that need
# nothing beside the code. A base image can be replaced by a digest: --build-arg RUST=rust@sha256:….
# checkov:skip=CKV_DOCKER_7: The tags are in these arguments, which checkov does not look up.
ARG RUST=rust:1.95-bookworm
ARG NODE=node:24-bookworm-slim
ARG NGINX=nginxinc/nginx-unprivileged:1.28-bookworm
ARG STATIC=gcr.io/distroless/static-debian12:nonroot

FROM ${RUST} AS rust
WORKDIR /shop
# Static programs need nothing of the image they run in. The target is named although it is this
# machine's own: only then do the flags not also apply to what runs during the build.
ENV CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu \
    CARGO_TERM_COLOR=never \
    RUSTFLAGS="-C target-feature=+crt-static"

# What says which dependencies there are, and a stub in place of each program and library. Its
# content changes only with the manifests, so the dependencies below stay in the cache.
FROM rust AS manifests
COPY . .
RUN echo 'fn main() {}' >/stub.rs \
    && find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' \
        ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/src/bin/*.rs' \
        ! -path './tests/shop.rs' ! -path './tests/load/main.rs' ! -path './tests/benches/*.rs' \
        -delete \
    && find . -name '*.rs' -exec cp /stub.rs {} \;

FROM rust AS dependencies
ARG PROFILE=release
COPY --from=manifests /shop ./
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo build --locked --profile "$PROFILE" --package gateway --package authentication \
        --package products --package orders --package setup --package edge --package messaging

FROM dependencies AS build
COPY crates crates
COPY services services
COPY infrastructure infrastructure
# Sources may be older than the stubs that stood in for them.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    find crates services infrastructure -name '*.rs' -exec touch {} + \
    && cargo build --locked --profile "$PROFILE" --package gateway --package authentication \
        --package products --package orders --package setup --package edge --package messaging \
    && mkdir /programs \
    && for program in gateway authentication products orders setup edge dead-letters; do \
        install -m 0555 "target/$CARGO_BUILD_TARGET"/*/"$program" /programs/ || exit 1; \
    done

# Names of functions are a third of each program, and only a debugger would want them.
FROM build AS programs
RUN strip /programs/*

FROM rust AS test
COPY . .
# The rest of the tests start real databases and a real broker: cargo xtask test.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/shop/target \
    env --unset=RUSTFLAGS cargo test --locked --workspace \
        --exclude shop-tests --exclude testkit --exclude backing-services --exclude xtask

FROM ${NODE} AS page
WORKDIR /page
COPY frontend/package.json frontend/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

# nginx and the libraries that it asks for, without the system around them.
FROM ${NGINX} AS nginx
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /tmp
RUN mkdir -p nginx/usr/sbin nginx/usr/lib/x86_64-linux-gnu nginx/lib64 \
    && cp /usr/sbin/nginx nginx/usr/sbin/ \
    && ldd /usr/sbin/nginx | sed -nE 's/.* => (\/[^ ]+) .*/\1/p' \
        | xargs -I{} cp --dereference {} nginx/usr/lib/x86_64-linux-gnu/ \
    && cp --dereference /lib64/ld-linux-x86-64.so.2 nginx/lib64/

FROM ${STATIC} AS static
ARG VERSION=0.1.0
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
      org.opencontainers.image.description="Placing orders and telling how they end"
COPY --from=programs /programs/orders /orders
ENV LISTEN=0.0.0.0:8003
EXPOSE 8003
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/orders", "--healthcheck"]
ENTRYPOINT ["/orders"]

FROM static AS setup
LABEL org.opencontainers.image.title="setup" \
      org.opencontainers.image.description="What databases and broker need before the services can use them"
COPY --from=programs /programs/setup /setup
# The operator's tool for messages that could not be read.
COPY --from=programs /programs/dead-letters /dead-letters
# It ends when it is done.
HEALTHCHECK NONE
ENTRYPOINT ["/setup"]

FROM static AS edge
LABEL org.opencontainers.image.title="edge" \
      org.opencontainers.image.description="nginx with the page, and /api to the gateway"
COPY --from=nginx /tmp/nginx /
COPY --from=page /page/dist /srv/page
COPY --from=programs /programs/edge /edge
# What has no sensible value for everybody is left out: EDGE_RESOLVER, GATEWAY.
ENV EDGE_LISTEN=0.0.0.0:8080 \
    EDGE_RUN=/run/edge \
    EDGE_PAGE=/srv/page \
    EDGE_TRUSTED_PROXIES=127.0.0.1/32 \
    EDGE_CONNECTIONS_PER_ADDRESS=100 \
    EDGE_REQUESTS_PER_SECOND=100 \
    GATEWAY_OPTIONS=resolve
EXPOSE 8080
# nginx finishes what is under way at this signal, and drops it at SIGTERM.
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 CMD ["/edge", "--healthcheck"]
ENTRYPOINT ["/edge"]
