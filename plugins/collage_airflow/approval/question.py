"""Whether a run asks a person before it is sent, why, and the question in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from collage_airflow.approval.planned import Planned
from collage_core.run.estimate_in_words import count, duration
from collage_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """What the form shows."""

    subject: str
    """One line; Markdown has no effect in it."""
    body: str
    """Markdown."""


def reasons_to_ask(planned: Planned, settings: Settings, *, longest: timedelta) -> list[str]:
    """Why a person has to approve the run, in words; empty if nobody has to.

    `longest` is how long `wait` waits. Chunks that are done cost nothing more.
    """
    if not planned.chunks_to_do:
        return []
    found = []
    if planned.seconds_to_do > longest.total_seconds():
        found.append(
            f"it would take about {duration(planned.seconds_to_do)}, and wait gives up after "
            f"{duration(longest.total_seconds())}"
        )
    if planned.dollars_to_do > settings.approve_above_usd:
        found.append(
            f"it would cost about {planned.dollars_to_do:,.2f} USD, more than "
            f"APPROVE_ABOVE_USD={settings.approve_above_usd}"
        )
    dead = planned.dead_percent
    if dead is not None and dead > settings.approve_above_dead_percent:
        found.append(
            f"{dead:.1f}% of its covers are neither kept nor alive, more than "
            f"APPROVE_ABOVE_DEAD_PERCENT={settings.approve_above_dead_percent}"
        )
    return found


def question(planned: Planned, reasons: Sequence[str], *, answer_within: timedelta) -> Question:
    """The question about a run."""
    done = planned.chunks - planned.chunks_to_do
    covers = (
        f"{count(planned.rows, 'row')} of {count(planned.creators, 'creator')}, in "
        f"{count(planned.chunks, 'chunk')}"
        f"{f', of which {done:,} are done' * (done > 0)}"
    )
    cost = (
        f"about {planned.total_dollars:,.4f} USD: {planned.estimated_dollars:,.4f} for Lambda, SQS "
        f"and requests to S3, at most {planned.estimated_keeping_dollars:,.4f} for keeping covers"
    )
    if done:
        cost = f"about {planned.dollars_to_do:,.4f} USD for what is left. The whole run: {cost}"
    answers = (
        "**Approve** sends the chunks to the workers. **Reject** fails the run; nothing has been "
        "sent or paid for, and clearing `approve` asks again. Without an answer within "
        f"{duration(answer_within.total_seconds())} it fails, too."
    )
    lines = [
        f"**It asks because** {'; and '.join(reasons)}.",
        "",
        f"- **Covers:** {covers}",
        *_shares(planned),
        f"- **Cost:** {cost}",
        f"- **Duration:** about {duration(planned.seconds_to_do)}",
        f"- **How that is computed{', for the whole run' * bool(done)}:** {planned.formula}",
        "",
        answers,
    ]
    subject = (
        f"{planned.about}: send {count(planned.chunks_to_do, 'chunk')} for about "
        f"{planned.dollars_to_do:,.2f} USD and {duration(planned.seconds_to_do)}?"
    )
    return Question(subject, "\n".join(lines))


def _shares(planned: Planned) -> list[str]:
    if planned.dead_percent is None:
        return []
    about = f" (±{planned.dead_percent_error:.1f})" if planned.dead_percent_error else ""
    shares = (
        f"{planned.kept_percent:.1f}% are kept, {planned.alive_percent:.1f}% are alive, "
        f"{planned.dead_percent:.1f}%{about} are neither and will be missing"
    )
    return [f"- **Their URLs:** {shares}"]
