#!/bin/sh
# What uv, Poetry, Pipenv and the packaging library say that the lock files in analyzers/python/testdata install on Linux
# without development groups: testdata/locked.tsv (lock file, name, version). Needs uv, poetry with poetry-plugin-export, pipenv and a
# PYTHON with packaging 26 or later. The lock files themselves were made by `uv lock`, `uv export`, `poetry lock` and `pipenv lock`
# from the manifests beside them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
testdata=$here/../../packages/scanner/src/analyzers/python/testdata
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/uv" "$work/poetry" "$work/pipenv"
cp "$testdata/uv.lock" "$work/uv/"
cp "$testdata/uv-pyproject.toml" "$work/uv/pyproject.toml"
cp "$testdata/poetry.lock" "$work/poetry/"
cp "$testdata/poetry-pyproject.toml" "$work/poetry/pyproject.toml"
cp "$testdata/Pipfile" "$testdata/Pipfile.lock" "$work/pipenv/"
{
  (cd "$work/uv" && uv export -q --frozen --no-dev --all-extras --no-emit-project --no-hashes --no-annotate --no-header) |
    sed 's/^/uv.lock\t/'
  (cd "$work/poetry" && poetry export --only main --all-extras --without-hashes --without-urls) | sed 's/^/poetry.lock\t/'
  (cd "$work/pipenv" && pipenv requirements) | grep -v '^-' | sed 's/^/Pipfile.lock\t/'
} | "${PYTHON:-python3}" "$here/python-locks.py" "$testdata/pylock.toml" "$testdata/requirements.txt" >"$work/locked.tsv"
mv "$work/locked.tsv" "$testdata/locked.tsv"
