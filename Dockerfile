# The image that the chart runs: one program, no shell, no root. For `docker build .` and `buildah build .`.
# `cargo xtask image` makes the last stage from scratch instead, where no base image can be pulled.
ARG BUILD=docker.io/library/rust:1.95-bookworm
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD} AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm binutils && rm -rf /var/lib/apt/lists/*
RUN rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo xtask build --release \
    && install -D target/release/fluxo /out/usr/bin/fluxo \
    && install -d /data

FROM ${BASE}
LABEL org.opencontainers.image.title="Fluxo" \
      org.opencontainers.image.description="Draw a flow; a webhook, a schedule or a click runs it, in the server or as Kubernetes Jobs." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/ /
# Whoever mounts nothing there has a folder that the program may write.
COPY --from=build --chown=65532:65532 /data/ /var/lib/fluxo/
ENV FLUXO_DATA=/var/lib/fluxo FLUXO_LISTEN=0.0.0.0:8080
USER 65532:65532
WORKDIR /var/lib/fluxo
EXPOSE 8080
VOLUME /var/lib/fluxo
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/bin/fluxo", "healthy"]
ENTRYPOINT ["/usr/bin/fluxo"]
CMD ["serve"]
