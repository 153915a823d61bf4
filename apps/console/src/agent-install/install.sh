# Installs, upgrades or removes the Hullcheck agent of this host. A console serves it; the lines above say which one.
#
#   sh hullcheck-install.sh [--name NAME] [--no-service]    install, or upgrade what is there
#   sh hullcheck-install.sh --remove                        stop and remove it, its key too
#
# As root it lies in /opt/hullcheck-agent and runs as a service of the system; as anyone else in the home folder, as a
# service of that user, and sees the engines that this user may ask. The enrolment token is asked for on the terminal,
# or read from HULLCHECK_ENROLL_TOKEN, or from the file that HULLCHECK_ENROLL_TOKEN_FILE names; it is never an argument.
set -eu
umask 022

say() { printf '%s\n' "hullcheck: $*" >&2; }
die() { say "$*"; exit 1; }

remove=no service=yes name=''
while [ $# -gt 0 ]; do
  case $1 in
    --remove) remove=yes ;;
    --no-service) service=no ;;
    --name) [ $# -ge 2 ] || die '--name takes the name of this host'; name=$2; shift ;;
    *) die "unknown argument $1; see the first lines of this script" ;;
  esac
  shift
done

if [ "$(id -u)" = 0 ]; then
  prefix=${HULLCHECK_AGENT_PREFIX:-/opt/hullcheck-agent}
  state=${HULLCHECK_AGENT_STATE:-/var/lib/hullcheck-agent}
  units=${HULLCHECK_AGENT_UNITS:-/etc/systemd/system}
  user=no
else
  [ -n "${HOME:-}" ] || die 'HOME is not set'
  prefix=${HULLCHECK_AGENT_PREFIX:-$HOME/.local/share/hullcheck-agent}
  state=${HULLCHECK_AGENT_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/hullcheck-agent}
  units=${HULLCHECK_AGENT_UNITS:-${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user}
  user=yes
fi
unit=hullcheck-agent.service
# What goes into the unit file and into commands is one word.
case $prefix$state$units in *[!A-Za-z0-9/._@+-]*) die 'the folders to install into hold characters that a unit file can not' ;; esac
case $prefix$state in /*) ;; *) die 'the folders to install into must be absolute' ;; esac

control() { if [ "$user" = yes ]; then systemctl --user "$@"; else systemctl "$@"; fi; }
systemd() { [ "$service" = yes ] && [ -d "${HULLCHECK_AGENT_SYSTEMD:-/run/systemd/system}" ] && command -v systemctl >/dev/null 2>&1; }

if [ "$remove" = yes ]; then
  if systemd; then control disable --now "$unit" >/dev/null 2>&1 || true; fi
  rm -f "$units/$unit"
  if systemd; then control daemon-reload || true; fi
  # Only what this script puts there: the folder may be one that somebody named.
  rm -rf "$prefix/releases" "$prefix/current"
  rm -f "$state/identity.json" "$state/unsent.json" "$state/sequence"
  rmdir "$prefix" "$state" 2>/dev/null || true
  say "removed. Revoke the agent in the console as well: its key is gone from here, not from there."
  exit 0
fi

[ "$(uname -s)" = Linux ] || die "the agent runs on Linux; this is $(uname -s)"
case $(uname -m) in
  x86_64 | amd64) architecture=x64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *) architecture=$(uname -m) ;;
esac
for program in tar gzip sha256sum mktemp; do
  command -v "$program" >/dev/null 2>&1 || die "this needs $program"
done

mkdir -p "$prefix/releases"
work=$(mktemp -d "$prefix/releases/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# Each file is held against its checksum, which came with this script, so whoever carried it does not matter.
download() { # name checksum
  if command -v curl >/dev/null 2>&1; then
    if [ -n "$TLS_PUBLIC_KEY" ]; then
      curl -fsSk --proto '=https' --pinnedpubkey "sha256//$TLS_PUBLIC_KEY" --retry 3 -o "$work/$1" "$SERVER/agent/$1" || die "could not get $1 from $SERVER"
    else
      curl -fsS --retry 3 -o "$work/$1" "$SERVER/agent/$1" || die "could not get $1 from $SERVER"
    fi
  elif command -v wget >/dev/null 2>&1; then
    if [ -n "$TLS_PUBLIC_KEY" ]; then
      wget -q --no-check-certificate -O "$work/$1" "$SERVER/agent/$1" || die "could not get $1 from $SERVER"
    else
      wget -q -O "$work/$1" "$SERVER/agent/$1" || die "could not get $1 from $SERVER"
    fi
  else
    die 'this needs curl or wget'
  fi
  printf '%s  %s\n' "$2" "$work/$1" | sha256sum -c - >/dev/null 2>&1 || die "$1 is not the file that the console said it would be (checksum)"
}

runtime_checksum=''
for entry in $RUNTIMES; do
  case $entry in "$architecture":*) runtime_checksum=${entry#*:} ;; esac
done

say "getting the agent $VERSION from $SERVER"
download hullcheck.tar.gz "$PACKAGE_SHA256"
mkdir "$work/program"
tar -xzf "$work/hullcheck.tar.gz" -C "$work/program" --no-same-owner
rm "$work/hullcheck.tar.gz"

runs_24() { [ "$("$1" -p 'Number(process.versions.node.split(".")[0]) >= 24' 2>/dev/null)" = true ]; }
found=$(command -v node 2>/dev/null || true)
if [ -n "$runtime_checksum" ]; then
  download "node-linux-$architecture.gz" "$runtime_checksum"
  gzip -dc "$work/node-linux-$architecture.gz" >"$work/program/node"
  rm "$work/node-linux-$architecture.gz"
  chmod 755 "$work/program/node"
fi
if [ -x "$work/program/node" ] && runs_24 "$work/program/node"; then
  :
elif [ -n "$found" ] && runs_24 "$found"; then
  # A system of another C library (Alpine), or another processor than the console's.
  rm -f "$work/program/node"
  ln -s "$found" "$work/program/node"
elif [ -n "$runtime_checksum" ]; then
  die "the console's Node does not run here (another C library, as on Alpine?): install Node 24 and try again"
else
  die "the console has no Node for $architecture: install Node 24 here, or put node-linux-$architecture into the console's folder agent-runtimes"
fi
printf '#!/bin/sh\nexec %s/current/node %s/current/bin/hullcheck.mjs "$@"\n' "$prefix" "$prefix" >"$work/program/hullcheck"
chmod 755 "$work/program/hullcheck"

release=$prefix/releases/$VERSION-$(printf %.8s "$PACKAGE_SHA256")
previous=$(readlink "$prefix/current" 2>/dev/null || true)
rm -rf "$release.old"
if [ -e "$release" ]; then mv "$release" "$release.old"; fi
mv "$work/program" "$release"
rm -rf "$release.old"
ln -s "$release" "$work/current"
mv -T "$work/current" "$prefix/current" 2>/dev/null || { rm -f "$prefix/current"; ln -s "$release" "$prefix/current"; }

set -- agent --server "$SERVER" --data "$state"
if [ -n "$PIN" ]; then set -- "$@" --pin "sha256:$PIN"; fi
if [ -n "$name" ]; then set -- "$@" --name "$name"; fi

mkdir -p "$state"
chmod 700 "$state"
if ! grep -qs "\"$SERVER\"" "$state/identity.json"; then
  token=${HULLCHECK_ENROLL_TOKEN:-}
  if [ -z "$token" ] && [ -n "${HULLCHECK_ENROLL_TOKEN_FILE:-}" ]; then token=$(cat "$HULLCHECK_ENROLL_TOKEN_FILE"); fi
  if [ -z "$token" ]; then
    # The script itself may come on standard input, so the terminal is asked. A subshell: a shell ends where its own colon fails.
    (: >/dev/tty) 2>/dev/null || die 'no terminal to ask for the enrolment token on: give it as HULLCHECK_ENROLL_TOKEN or in a file named by HULLCHECK_ENROLL_TOKEN_FILE'
    printf 'Enrolment token: ' >/dev/tty
    trap 'stty echo </dev/tty; exit 1' INT TERM HUP
    stty -echo </dev/tty
    read -r token </dev/tty || true
    stty echo </dev/tty
    trap 'exit 1' INT TERM HUP
    printf '\n' >/dev/tty
  fi
  [ -n "$token" ] || die 'no enrolment token was given'
  unset HULLCHECK_ENROLL_TOKEN HULLCHECK_ENROLL_TOKEN_FILE
  # Enrols and sends the first report, so that what does not work is seen here and not in some journal.
  printf '%s\n' "$token" | "$prefix/current/hullcheck" "$@" --once || die 'the agent could not enrol; the reason stands above. Run this again with a new token.'
fi

if [ -n "$name" ]; then
  # Enrolled under this name; the service needs it too, and a unit file splits at spaces.
  case $name in *[!A-Za-z0-9._@:-]*) die 'the name of a host that runs as a service holds letters, digits and . _ @ : - only' ;; esac
fi
if systemd; then
  mkdir -p "$units"
  {
    printf '[Unit]\nDescription=Hullcheck agent: reports images and containers of this host to %s\n' "$SERVER"
    printf 'After=network-online.target\nWants=network-online.target\n\n[Service]\n'
    printf 'ExecStart=%s/current/hullcheck %s\n' "$prefix" "$*"
    printf 'Restart=always\nRestartSec=15\n'
    # Reading images may never slow down what the host is for.
    printf 'Nice=10\nIOSchedulingClass=idle\nCPUWeight=20\nCPUQuota=100%%\nMemoryHigh=512M\nMemoryMax=768M\nTasksMax=256\n'
    printf 'NoNewPrivileges=yes\nProtectSystem=strict\nReadWritePaths=%s\nPrivateTmp=yes\nPrivateDevices=yes\n' "$state"
    printf 'ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\nProtectClock=yes\nRestrictRealtime=yes\n'
    printf 'RestrictSUIDSGID=yes\nLockPersonality=yes\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\nSystemCallFilter=@system-service\n'
    if [ "$user" = no ]; then
      # What the privileged half needs: sockets of other users, giving its second half to nobody, ending it.
      printf 'CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID CAP_KILL\n\n[Install]\nWantedBy=multi-user.target\n'
    else
      printf '\n[Install]\nWantedBy=default.target\n'
    fi
  } >"$units/$unit.new"
  mv "$units/$unit.new" "$units/$unit"
  control daemon-reload
  control enable "$unit" >/dev/null 2>&1 || die "systemd could not enable $unit"
  control restart "$unit" || die "systemd could not start $unit: see journalctl -u $unit"
  say "the agent runs as $unit. It opens no port."
  if [ "$user" = yes ]; then say 'So that it also runs while you are not signed in: loginctl enable-linger'; fi
else
  say "there is no systemd to run it. Start it like this: $prefix/current/hullcheck $*"
fi
# One release back stays, for whoever wants to go back to it; where this one was installed again, what was before it.
if [ "$previous" != "$release" ]; then
  for folder in "$prefix/releases"/*; do
    case $folder in "$release" | "$previous") ;; *) rm -rf "$folder" ;; esac
  done
fi
say 'done'
