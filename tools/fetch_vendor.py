"""The third-party JavaScript, styles and fonts of the pages: downloaded from npm, each file with its checksum.

    python tools/fetch_vendor.py            download every file again and compare it with vendor.json (needs npm)
    python tools/fetch_vendor.py --write    … and store new checksums, after a version in vendor.json was changed
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "playground" / "static" / "vendor"


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetched(package: str, version: str, paths: list[str]) -> dict[str, bytes]:
    """These files of one npm package, by their path in it."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(Path(folder) / name) as archive:
            members = {path: archive.extractfile(f"package/{path}") for path in paths}
            return {path: member.read() for path, member in members.items() if member}


def folder_of(package: dict[str, Any]) -> Path:
    """The folder of a package's files: below static/vendor, or the folder that the package names."""
    return (ROOT / package["folder"] if "folder" in package else VENDOR) / package["name"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="store the checksums of the downloaded files")
    options = parser.parse_args()
    table = VENDOR / "vendor.json"
    packages = json.loads(table.read_text(encoding="utf-8"))
    wrong = []
    for package in packages:
        content = fetched(package["name"], package["version"], list(package["files"]))
        for path in package["files"]:
            found = checksum(content[path])
            if options.write:
                package["files"][path] = found
            if package["files"][path] != found:
                wrong.append(f"{package['name']} {path}: {found}, but vendor.json says {package['files'][path]}")
                continue
            target = folder_of(package) / path.removeprefix("dist/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content[path])
    if options.write:
        table.write_text(json.dumps(packages, indent=2) + "\n", encoding="utf-8")
    print("\n".join(wrong) or f"{sum(len(package['files']) for package in packages)} files, all as listed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
