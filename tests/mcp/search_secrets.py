"""Looks for the secret parts of the simulator's keys in everything that a test run has put out.

    python search_secrets.py FOLDER

The keys are those of argus_calls.json, beside this file. A secret is looked for as it is, in any
case, in hexadecimal and in Base64. First the search is tried on planted lines: one that cannot
find is worth nothing.
"""

import base64
import json
import pathlib
import sys
import tempfile

KEYS = json.loads((pathlib.Path(__file__).parent / "argus_calls.json").read_text())["keys"]


def forms(secret):
    """The ways to write a secret that are looked for; lower case where case does not matter."""
    raw = secret.encode()
    # Where a secret stands inside what was encoded decides how it looks; the ends depend on its neighbours.
    inside = (base64.b64encode(b"x" * skip + raw)[skip + 1 : -4] for skip in range(3))
    return [(raw.lower(), True), (raw.hex().encode(), True), *((form, False) for form in inside)]


def search(folder, secrets):
    """The files that hold a secret, each with the number of the first such line, and how many bytes were read."""
    found, size = [], 0
    for path in sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file()):
        content = path.read_bytes()
        lower, size = content.lower(), size + len(content)
        for secret in secrets:
            places = [(lower if fold else content).find(form) for form, fold in forms(secret)]
            for place in sorted(place for place in places if place >= 0)[:1]:
                line = content.count(b"\n", 0, place) + 1
                found.append(f"{path}:{line}")
    return found, size


def assert_that_it_finds(secret):
    key = f"15a6/1/{secret}".encode()
    planted = [b"header: " + key, key.upper(), key.hex().encode(), *(base64.b64encode(b"a" * skip + key + b"bcd") for skip in range(3))]
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(planted):
            (pathlib.Path(folder) / f"{number}.log").write_bytes(b"user-key=15a6/1 is shown\n" + line + b"\n")
        (pathlib.Path(folder) / "clean.log").write_text("user-key=15a6/1 is shown\n")
        found, _ = search(folder, [secret])
        assert found == [f"{folder}/{number}.log:2" for number in range(len(planted))], found


def main():
    secrets = [key.split("/")[2] for key in KEYS.values()]
    for secret in secrets:
        assert_that_it_finds(secret)
    found, size = search(sys.argv[1], secrets)
    if found:
        sys.exit("search-secrets: the secret of a key stands in\n  " + "\n  ".join(found))
    assert size > 1_000_000, f"only {size} bytes were searched"
    print(f"search-secrets: nothing in {size // 1_000_000} MB of output")


main()
