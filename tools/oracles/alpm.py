"""Pairs on standard input, judged by pacman's own library (libalpm.so.13 of Debian's libalpm13; ALPM names another file)."""

import ctypes
import os
import re
import sys

alpm = ctypes.CDLL(os.environ.get("ALPM", "libalpm.so.13"))

# What PKGBUILD(5) lets into a version; the library compares any text.
VERSION = re.compile(r"(\d*:)?[^\s:/-]*[0-9A-Za-z][^\s:/-]*(-[^\s:/-]+)?")

for line in sys.stdin:
    left, right = line.rstrip("\n").split("\t")
    valid = VERSION.fullmatch(left) and VERSION.fullmatch(right)
    # With a release on one side only the library answers a question about dependencies: see versions/alpm/index.ts.
    if valid and ("-" in left) != ("-" in right):
        continue
    order = alpm.alpm_pkg_vercmp(left.encode(), right.encode())
    print(f"{left} {'<=>'[order + 1] if valid else '?'} {right}")
