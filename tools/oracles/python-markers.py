"""Markers on standard input, judged by the packaging library for every Python on Linux: `true`, `false`, or `open` where it depends on the Python."""

import itertools
import sys

from packaging.markers import InvalidMarker, Marker

KNOWN = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
OPEN = [
    {"python_version": python, "python_full_version": f"{python}.1", "platform_machine": machine, "implementation_name": name}
    for python, machine, name in itertools.product(("2.7", "3.8", "3.12", "4.0"), ("x86_64", "aarch64", "z"), ("cpython", "pypy", "z"))
]

for line in sys.stdin:
    text = line.rstrip("\n")
    try:
        values = {Marker(text).evaluate({**KNOWN, **each}) for each in OPEN}
    except InvalidMarker:
        values = set()
    print(text, "true" if values == {True} else "false" if values == {False} else "open", sep="\t")
