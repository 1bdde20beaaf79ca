# GO_IMAGE can name a mirror of the same image.
ARG GO_IMAGE=golang:1.26

# The compiler runs on the builder's own platform and cross-compiles, so that an image for another one needs no emulation.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ARG TARGETOS
ARG TARGETARCH
# No git here, so that what --version says has to be told.
ARG VERSION=
WORKDIR /src
# Modules first: they change less often than the sources, and stay in this layer.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -ldflags "-s -w -X github.com/capability-operator/capability-operator/internal/buildinfo.version=${VERSION}" -o /out/ ./cmd/manager ./cmd/tokenserver

# Both programs talk to the API server alone, whose authority is mounted beside their ServiceAccount token: they need no
# shell, no certificates and no libraries. The manager is the default; the token server is started as /tokenserver.
FROM scratch
COPY --from=build /out/manager /out/tokenserver /
USER 65532:65532
ENTRYPOINT ["/manager"]
