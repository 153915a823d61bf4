#!/bin/sh
# Pairs on standard input, judged by apk-tools 2.14. APK names the command: `apk`, or one from an unpacked Alpine root:
# "$root/lib/ld-musl-x86_64.so.1 --library-path $root/lib:$root/usr/lib $root/sbin/apk".
while IFS="$(printf '\t')" read -r a b; do
  # -c prints the versions that are not valid; -t answers for those too.
  if [ -n "$(${APK:-apk} version -c "$a" "$b")" ]; then answer='?'; else answer=$(${APK:-apk} version -t "$a" "$b"); fi
  printf '%s %s %s\n' "$a" "$answer" "$b"
done
