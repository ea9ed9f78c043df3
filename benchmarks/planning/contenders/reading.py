"""The floor: the indexes of all days are read, each with json.loads, and nothing else is done."""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    paths = Path(sys.argv[1]).glob("*/downloads/*/*/*/index.json")
    read = [json.loads(path.read_bytes()) for path in paths]
    print(sum(len(index["packs"]) for index in read))
