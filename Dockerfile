# docker build -t alertscale --build-arg VERSION=$(git describe --tags --always --dirty) \
#   --build-arg REVISION=$(git rev-parse HEAD) .
# docker run -p 9098:9098 -v ./alertscale.yml:/etc/alertscale/alertscale.yml -v alertscale:/data alertscale
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ARG REVISION=unknown
ARG BRANCH=unknown
ARG BUILD_USER=docker
ARG BUILD_DATE=unknown
RUN v=github.com/prometheus/common/version \
    && CGO_ENABLED=0 go build -trimpath -o /out/alertscale -ldflags "-s -w \
    -X $v.Version=$VERSION -X $v.Revision=$REVISION -X $v.Branch=$BRANCH \
    -X $v.BuildUser=$BUILD_USER -X $v.BuildDate=$BUILD_DATE" . \
    && mkdir /out/data

FROM scratch
# For drivers that speak HTTPS to what has a public certificate.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/alertscale /alertscale
# The store. Without a volume it is gone with the container, and the step of every alert that still
# fires is repeated.
COPY --from=build --chown=65534:65534 /out/data /data
VOLUME /data
USER 65534:65534
EXPOSE 9098
# With --web.config.file name a file of credentials in ALERTSCALE_HTTP_CONFIG_FILE, and with TLS an address
# with https in ALERTSCALE_URL. Kubernetes has probes of its own instead.
HEALTHCHECK --interval=10s --timeout=5s CMD ["/alertscale", "healthcheck"]
ENTRYPOINT ["/alertscale"]
CMD ["serve", "--config.file=/etc/alertscale/alertscale.yml", "--storage=file:/data/alertscale.db"]
