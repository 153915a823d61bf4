#!/bin/sh
# Writes what installing PACKAGES on an empty system of a Debian release brings, in the form of /var/lib/dpkg/status with the fields
# that judging needs. Reads the release's signed package index; installs nothing and needs no root.
#   tools/oracles/debian-packages.sh trixie '?essential' apt nginx > packages/core/src/testdata/debian-trixie.status
set -eu
release=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: > "$work/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] http://deb.debian.org/debian $release main" > "$work/sources.list"
set_up="-o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$work/lists -o Dir::State::status=$work/status
  -o Dir::Cache=$work/cache -o APT::Architecture=amd64 -o APT::Sandbox::User= -o Debug::NoLocking=1 -o APT::Install-Recommends=0"
# shellcheck disable=SC2086 # the options are words
apt-get $set_up -qq update >&2
# shellcheck disable=SC2086
apt-get $set_up -s install "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' | LC_ALL=C sort |
  xargs apt-cache $set_up show --no-all-versions |
  awk '/^Package: /{print; print "Status: install ok installed"} /^(Architecture|Source|Version): /{print} /^$/{print ""}'
