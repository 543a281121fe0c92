"""Check a bundle for an authority without Garage Hub: python verify_bundle.py FOLDER [PUBLIC_KEY_HEX]

Needs Python 3.11 and the package `cryptography`. The public key should come from the region's operator by another way than
the bundle; without it the one in the manifest is used, and the answer says so."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def problems_of(folder: Path, public_key: str | None) -> list[str]:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key or manifest["signer"]))
    problems = []
    if not signed(key, manifest["signature"], manifest["statement"].encode()):
        problems.append("manifest.json: the signature does not fit")
    statement = json.loads(manifest["statement"])
    present = {path.name for path in folder.iterdir()} - {"manifest.json"}
    problems += [f"{name}: the file is missing" for name in sorted(statement["sha256"].keys() - present)]
    problems += [f"{name}: the list does not know this file" for name in sorted(present - statement["sha256"].keys())]
    for name, expected in statement["sha256"].items():
        if name in present and hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
            problems.append(f"{name}: the file was changed")
    if problems:
        return problems  # what is in the chain says nothing while its file is not the one that was signed
    heads = {0: "00" * 32}
    head = bytes(32)
    for number, row in enumerate(lines(folder / "audit.jsonl"), 1):
        head = hashlib.sha256(head + row["text"].encode()).digest()
        if row["position"] != number or row["hash"] != head.hex():
            problems.append(f"audit.jsonl:{number}: the chain breaks here")
            break
        heads[number] = head.hex()
    if len(heads) - 1 != statement["entries"]:
        problems.append(f"audit.jsonl: {len(heads) - 1} entries, the manifest says {statement['entries']}")
    for number, anchor in enumerate(lines(folder / "anchors.jsonl"), 1):
        said = f"{anchor['region']}\n{anchor['position']}\n{anchor['head']}\n{anchor['at']}".encode()
        if not signed(key, anchor["signature"], said):
            problems.append(f"anchors.jsonl:{number}: the signature does not fit")
        if heads.get(anchor["position"]) != anchor["head"]:
            problems.append(f"anchors.jsonl:{number}: the chain has another head at {anchor['position']}")
    return problems


def signed(key: Ed25519PublicKey, signature: str, statement: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    found = problems_of(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    sys.stdout.write("\n".join(found) + "\n" if found else "The bundle is whole.\n")
    if len(sys.argv) < 3:
        sys.stdout.write("The key was taken from the bundle itself: compare it with the operator's.\n")
    sys.exit(1 if found else 0)
