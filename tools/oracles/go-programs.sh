#!/usr/bin/env bash
# go-programs.sh FOLDER: builds the programs in packages/scanner/src/analyzers/golang/testdata/programs, carves them, and writes
# what Go's own reader says of the whole ones to programs.txt. FOLDER holds a Go project whose main package has requirements;
# toolchains of older releases come from the module golang.org/toolchain.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../packages/scanner/src/analyzers/golang/testdata
work=$(mktemp -d)
mkdir -p "$out/programs"
build() { # release os arch flags…
  local release=$1 os=$2 arch=$3 name="$1-$2-$3${4:+-stripped}" go=go
  if [ "$release" != current ]; then
    local module="golang.org/toolchain@v0.0.1-go$release.linux-amd64"
    [ -d "$work/$release" ] || { cp -r "$(go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')" "$work/$release"; chmod -R u+wx "$work/$release"; }
    go=$work/$release/bin/go
  fi
  (cd "$PROJECT"; GOROOT=$([ "$go" = go ] || echo "$work/$release") GOENV=off GO111MODULE=on CGO_ENABLED=0 GOOS=$os GOARCH=$arch "$go" build -trimpath -ldflags "${4:-}" -o "$work/built/$name" .)
  node "$here/carve.ts" "$work/built/$name" "$out/programs/$name.gz"
}
PROJECT=$(cd "$1" && pwd)
build 1.13.15 linux amd64
build 1.13.15 linux mips
build 1.16.15 linux ppc64
build 1.16.15 linux arm -s
build 1.16.15 windows 386
build 1.16.15 darwin amd64
build current linux s390x
build current linux 386 '-s -w'
build current windows amd64
build current darwin arm64
"$here/go-version.sh" "$work/built" > "$out/programs.txt"
rm -rf "$work"
