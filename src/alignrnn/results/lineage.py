"""Runs that are the same but for how many iterations they may take: one way, of which each goes so
far. So one goes on from where another ended, and what ended by itself is the same for both."""

import dataclasses

from ..configuration import Configuration
from .record import Record


def lineage(configuration: Configuration) -> str:
    """The same for all runs that differ in nothing but `max_iterations`; no run's identity."""
    protocol = {**configuration.protocol, "max_iterations": None}
    return dataclasses.replace(configuration, protocol=protocol).identity


def lineage_of(record: Record) -> str | None:
    """That of a record's run; None where this version would not make the same of it."""
    try:
        configuration = Configuration(**record.configuration)
        is_ours = configuration.identity == record.identity
    except (TypeError, KeyError, AttributeError):
        return None
    return lineage(configuration) if is_ours else None


def would_go_on(record: Record) -> bool:
    """Whether the run would have done more with more iterations."""
    if record.status in ("stopped", "max_iterations"):
        return True
    protocol = record.configuration["protocol"]
    is_last = record.iterations == protocol["max_iterations"]
    # Decided by a check that is only made at the end.
    made_for_it = is_last and record.iterations % protocol["check_every"] != 0
    return made_for_it and record.status != "diverged"


def carried_over(record: Record, configuration: Configuration) -> Record | None:
    """The record of another run of the same lineage, where it follows from this one: it ended by
    itself, before it had used up what either may take."""
    ended = record.status in ("solved", "no_improvement", "diverged") and not would_go_on(record)
    if not ended or record.iterations >= configuration.protocol["max_iterations"]:
        return None
    return dataclasses.replace(
        record, identity=configuration.identity, configuration=configuration.as_dict()
    )
