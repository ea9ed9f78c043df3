"""`python -m tests.golden.regenerate`: draw the golden pictures again. Look at them afterwards."""

from tests.golden.scenes import SCENES, picture


def main() -> None:
    """Write all pictures and say where they are."""
    for scene in SCENES:
        picture(scene.make()).save(scene.path, optimize=True)
        print(scene.path)  # noqa: T201  a command line prints


if __name__ == "__main__":
    main()
