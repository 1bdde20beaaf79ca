# GO_IMAGE can name a mirror of the same image.
ARG GO_IMAGE=golang:1.26

# The compiler runs on the builder's own platform and cross-compiles, so that an image for another one needs no emulation.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
# Modules first: they change less often than the sources, and stay in this layer.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -ldflags "-s -w" -o /out/manager ./cmd/manager

# The manager talks to the API server alone, whose authority is mounted beside its ServiceAccount token: it needs no
# shell, no certificates and no libraries.
FROM scratch
COPY --from=build /out/manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
