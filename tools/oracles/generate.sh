#!/bin/sh
# Makes versions/testdata/<scheme>-generated.txt and -ranges.txt of the schemes named (or all) by asking the real tools:
#   tools/oracles/generate.sh FEEDS_MIRROR [SCHEME …]
# Needs per scheme: deb dpkg; apk APK (a command that runs a real apk); rpm rpm; pep440 python3 with packaging; gem RUBY;
# alpm python3 with libalpm13; hex elixir; conan python3 with conan; cpan perl; cran R; ebuild python3 with portage; golang go; semver, npm the semver library; cargo cargo; maven java and MAVEN_JARS (maven-artifact); composer php and COMPOSER.
set -eu
mirror=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
tables=$here/../../packages/core/src/versions/testdata
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for feed in debian-tracker alpine-secdb cpan-cpansa; do cp -r "$mirror/$feed" "$work/$feed"; done
chmod -R u+w "$work"
for feed in alpine-secdb almalinux-osv bitnami-vulndb go-vulndb nodejs-security-wg php-friendsofphp pypi-pypa ruby-rubysec rust-rustsec; do
  mkdir -p "$work/$feed"
  zstd --long=24 -dcq "$mirror/$feed/$feed.tar.zst" | tar x -C "$work/$feed"
done

# ask SCHEME pairs|ranges FILE: the oracle's lines for the sample.
ask() {
  case $1 in
    deb) "$here/deb.sh" <"$3" ;;
    apk) "$here/apk.sh" <"$3" ;;
    rpm) "$here/rpm.sh" "$3" ;;
    pep440) "${PYTHON:-python3}" "$here/pep440.py" "$2" <"$3" ;;
    gem) "${RUBY:-ruby}" "$here/gem.rb" "$2" <"$3" ;;
    golang) (cd "$here/golang" && go run . <"$3") ;;
    semver | npm) node "$here/node-semver.ts" "$1" "$2" <"$3" ;;
    cargo) (cd "$here/cargo" && CARGO_TARGET_DIR="$work/target" cargo run --quiet --release -- "$2" <"$3") ;;
    maven) java -cp "$MAVEN_JARS" "$here/Maven.java" "$2" <"$3" ;;
    alpm) "${PYTHON:-python3}" "$here/alpm.py" <"$3" ;;
    hex) "${ELIXIR:-elixir}" "$here/hex.exs" "$2" <"$3" ;;
    conan) "${PYTHON:-python3}" "$here/conan-versions.py" "$2" <"$3" ;;
    ebuild) "${PYTHON:-python3}" "$here/ebuild.py" <"$3" ;;
    cran) "${R:-R}" --vanilla --slave -f "$here/cran.R" <"$3" ;;
    cpan) perl "$here/cpan.pl" <"$3" ;;
    composer) php "$here/composer.php" "$COMPOSER" "$2" <"$3" ;;
  esac
}

for scheme in ${*:-deb apk rpm pep440 gem golang semver npm cargo maven composer alpm conan cpan cran ebuild hex}; do
  node "$here/sample.ts" "$scheme" "$work" pairs >"$work/$scheme.pairs"
  ask "$scheme" pairs "$work/$scheme.pairs" >"$work/$scheme.txt"
  mv "$work/$scheme.txt" "$tables/$scheme-generated.txt"
  case $scheme in deb | apk | rpm | golang | alpm | cpan | cran | ebuild) continue ;; esac
  node "$here/sample.ts" "$scheme" "$work" ranges >"$work/$scheme.ranges"
  ask "$scheme" ranges "$work/$scheme.ranges" >"$work/$scheme.txt"
  mv "$work/$scheme.txt" "$tables/$scheme-ranges-generated.txt"
done
