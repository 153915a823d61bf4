"""Pairs on standard input, judged by Gentoo's Portage (`pip install portage`)."""

import sys

from portage.versions import vercmp

for line in sys.stdin:
    left, right = line.rstrip("\n").split("\t")
    order = vercmp(left, right)
    sign = "?" if order is None else "<" if order < 0 else ">" if order > 0 else "="
    print(f"{left} {sign} {right}")
