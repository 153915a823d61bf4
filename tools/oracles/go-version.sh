#!/usr/bin/env bash
# go-version.sh ROOT [FOLDER]: what Go's own reader finds in the programs below ROOT/FOLDER, one `path name version` a line.
# Made the tables in packages/scanner/src/analyzers/golang/testdata from the corpus images, unpacked with umoci. Only
# programs of pinned versions are in them: what Debian packages bring changes with Debian.
set -euo pipefail
cd "$1"
go version -m "${2:-.}" | awk -F'\t' '
  /^[^\t]/ { flush(); split($0, head, ": go"); path = head[1]; sub(/^\.\//, "", path); name = "stdlib"; version = head[2]; next }
  $2 == "mod" || $2 == "dep" { flush(); name = $3; version = $4 == "" ? "(devel)" : $4; next }
  $2 == "=>" && $4 != "" { name = $3; version = $4 }
  function flush() { if (name != "") print path, name, version; name = "" }
  END { flush() }' | LC_ALL=C sort
