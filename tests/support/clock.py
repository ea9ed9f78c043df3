"""Time that passes only when it is told to."""


class Clock:
    """A clock of seconds; sleeping by it moves it on and takes no time."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
