# The service alone: PostgreSQL and Redis run elsewhere, so DATABASE_URL (or POSTGRES_HOST and its kin) must be given.
#   docker build -t stockroom .
#   docker run -p 8000:8000 -e DATABASE_URL=postgres://user:password@host:5432/name stockroom

FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive the build, so a change of one crate does not compile all the others again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile distribution --locked --package stockroom-cli \
    && cp target/distribution/stockroom /usr/local/bin/stockroom

FROM debian:bookworm-slim
# By number: Kubernetes cannot tell that a name is not root's.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin stockroom
COPY --from=build /usr/local/bin/stockroom /usr/local/bin/stockroom
# The authorities that certificates of PostgreSQL (sslmode=verify-full without sslrootcert) and Redis (rediss:// without
# redis.root_certificate) are verified with.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
USER 10001
ENV STOCKROOM_ENV=production
# The API, and metrics for operators (operations.port).
EXPOSE 8000 9464
# It asks the port that is configured in this container.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["stockroom", "health"]
ENTRYPOINT ["stockroom"]
CMD ["serve"]
