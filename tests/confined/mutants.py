"""A worker that parses many damaged files in one confined process: starting one for each would take minutes."""

import base64
import json
import sys
from pathlib import Path

from populace.data.files.readstat import parse
from populace.errors import DataError


def parse_all(path, arguments):
    """For every file in a JSON list of base64: None where it was read, else the words of the refusal.

    The number of each file is said before it is parsed, so that the one that ends the process is known.
    """
    found = []
    for number, content in enumerate(json.loads(path.read_text())):
        print("parses", number, file=sys.stderr, flush=True)
        damaged = Path("damaged.sav")
        damaged.write_bytes(base64.b64decode(content))
        try:
            parse(damaged, {"suffix": arguments["suffix"], "name": "damaged.sav"})
        except DataError as problem:
            found.append(str(problem))
        else:
            found.append(None)
    return found
