#!/usr/bin/env python3
"""rust-audit.py ROOT PROGRAM...: what binutils and Python's zlib find in programs built with cargo-auditable, one
`path name version direct` a line, without what only building needs. Made the table in
packages/scanner/src/analyzers/rust/testdata from the corpus image go-rust, unpacked with umoci."""
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

root = Path(sys.argv[1])
lines = []
for path in sys.argv[2:]:
    with tempfile.NamedTemporaryFile() as section:
        subprocess.run(
            ["objcopy", "-O", "binary", "--only-section=.dep-v0", "--set-section-flags", ".dep-v0=alloc",
             str(root / path), section.name],
            check=True,
        )
        crates = json.loads(zlib.decompress(Path(section.name).read_bytes()))["packages"]
    direct = {need for crate in crates if crate.get("root") for need in crate.get("dependencies", [])}
    for index, crate in enumerate(crates):
        if crate.get("kind", "runtime") != "runtime":
            continue
        how = "root" if crate.get("root") else "direct" if index in direct else "indirect"
        lines.append(f"{path} {crate['name']} {crate['version']} {how}")
print("\n".join(sorted(lines)))
