#!/bin/sh
# Pairs on standard input, judged by dpkg.
while IFS="$(printf '\t')" read -r a b; do
  if ! dpkg --validate-version "$a" 2>/dev/null || ! dpkg --validate-version "$b" 2>/dev/null; then answer='?'
  elif dpkg --compare-versions "$a" lt "$b"; then answer='<'
  elif dpkg --compare-versions "$a" gt "$b"; then answer='>'
  else answer='='
  fi
  printf '%s %s %s\n' "$a" "$answer" "$b"
done
