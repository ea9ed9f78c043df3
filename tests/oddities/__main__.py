"""`python -m tests.oddities`: how far the product agrees with the recorded browser.

With `--record`, a real browser looks at the pictures first. `make oddities` does that.
"""

import argparse

from tests.oddities.agreement import compare_all, differing, table
from tests.oddities.browser import looks_in_browser, version
from tests.oddities.corpus import Recording, pictures, read_recording, write_recording


def main() -> None:
    """Record if asked to, and print the table and the differences."""
    parser = argparse.ArgumentParser(prog="python -m tests.oddities", description=__doc__)
    parser.add_argument("--record", action="store_true", help="ask Chromium, and keep its answers")
    if parser.parse_args().record:
        write_recording(Recording(version(), looks_in_browser(pictures())))
    compared = compare_all()
    print(f"Beside {read_recording().browser}:\n\n{table(compared)}\n")
    for item in differing(compared):
        print(item)


if __name__ == "__main__":
    main()
