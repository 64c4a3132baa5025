"""Every error and warning of the library.

An error carries fields, not only text, so that code can act on it. Its text says what was wrong,
what was expected and, where a name was misspelt, the nearest right spelling.

The errors of language-model calls fall into three families (see `LanguageModelError`), because
training treats them differently: an infrastructure failure says nothing about the program, a
program fault is a score of 0, and a fatal error ends the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any


class SynalinksError(Exception):
    """Base class of all errors raised by the library."""


class SynalinksWarning(UserWarning):
    """Category of all warnings issued by the library."""


# --- A wrong set-up: raised before the first call is paid for -------------------------------


class ConfigurationError(SynalinksError, ValueError):
    """An argument, a combination of arguments or a piece of state that cannot work.

    Args:
        message: What was wrong and what to type instead.
        argument: The name of the argument at fault, where there is one.
    """

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument


_ALIKE = 0.6
"""Share of the words of two names that must agree, from which on one may be meant for the other."""

_SPELT_ALIKE = 0.7
"""Likewise for the letters: one or two slips of the keyboard, and no more."""

_SAME = 0.9
"""Likewise, from which on no other name is meant, whatever words it shares."""


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]


def _common(name: str, candidate: str) -> tuple[float, int]:
    """Return share and number of the words that two names have in common; `acc` counts as `accuracy`."""
    given, known = _words(name), _words(candidate)
    common = sum(any(k == g or (len(g) >= 3 and k.startswith(g)) for k in known) for g in given)
    return min(1.0, common / (min(len(given), len(known)) or 1)), common


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like `name`, or None when none is close.

    Alike is what is spelt alike, or what has most words in common: `val_f1` is near `val_binary_f1_score`,
    and not near `val_failed`.
    """

    def likeness(candidate: str) -> tuple[float, int, float]:
        spelt = SequenceMatcher(None, name.lower(), candidate.lower()).ratio()
        if spelt >= _SAME:
            return 2.0, 0, spelt
        shared, number = _common(name, candidate)
        close = spelt >= _SPELT_ALIKE or shared >= _ALIKE
        return max(spelt, shared) if close else 0.0, number, spelt

    best = max(known, key=likeness, default=None)
    return best if best is not None and likeness(best)[0] else None


class UnknownNameError(ConfigurationError):
    """A name that is not known where it was used.

    Args:
        kind: What was named, for example "module" or "metric".
        name: The name that was given.
        known: The names that would have been accepted.
        hint: A sentence to add.

    Attributes:
        nearest: The known name spelt most alike, or None.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        self.nearest = nearest_name(name, self.known)
        text = f"Unknown {kind} {name!r}."
        if self.nearest:
            text += f" Did you mean {self.nearest!r}?"
        text += f" Known: {', '.join(map(repr, self.known)) or 'none'}."
        super().__init__(f"{text} {hint}".strip())


_EXTRAS = {
    "embedded": "numpy llguidance threadpoolctl",
    "mlflow": "mlflow-skinny",
    "plot": "matplotlib",
    "text": "sacrebleu rouge-score",
}
"""Extra to the distribution that it brings."""


class MissingExtraError(SynalinksError, ImportError):
    """An optional dependency is needed that is not installed.

    Args:
        feature: What needs it.
        extra: The extra of this package that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        install = f"pip install {_EXTRAS.get(extra, extra)}"
        super().__init__(
            f'{feature} needs the extra "{extra}". Install it with: {install}, or in a checkout of '
            f"synalinks: pip install '.[{extra}]'."
        )


class DataError(ConfigurationError):
    """Training data, a data model or a schema that cannot be used."""


class ProgramError(ConfigurationError):
    """A program or module that is wired, named or used wrongly."""


class NotCompiledError(ConfigurationError):
    """Training or evaluation was asked of a program that was not compiled for it."""


class MissingAPIKeyError(ConfigurationError):
    """No API key was given and the provider's environment variable is not set."""


# --- Files ---------------------------------------------------------------------------------


class FileError(SynalinksError):
    """A file of the library that cannot be used.

    Args:
        message: What is wrong with it.
        path: The file or directory.
    """

    def __init__(self, message: str, *, path: object = None) -> None:
        super().__init__(message)
        self.path = None if path is None else str(path)


class DamagedFileError(FileError):
    """A file is truncated, was edited by hand, or is not of the expected format."""


class FormatVersionError(FileError):
    """A file was written by a newer version of the library."""


class VariablesMismatchError(FileError, ValueError):
    """The variables given do not belong to this program."""


class BackupError(FileError):
    """A backup directory that cannot be used."""


class BackupMismatchError(BackupError):
    """A backup belongs to a run that differs from this one.

    Args:
        path: The backup directory.
        differences: Field name to (value in the backup, value now).
    """

    def __init__(self, path: object, differences: Mapping[str, tuple[Any, Any]]) -> None:
        self.differences = dict(differences)
        lines = "\n".join(
            f"  {k}: {old!r:.200} in the backup, {new!r:.200} now" for k, (old, new) in differences.items()
        )
        super().__init__(
            f"The backup in {str(path)!r} belongs to another run. What differs:\n{lines}\n"
            "Go on in one of three ways: run the same training as before, give this one another "
            "backup_dir, or delete that directory to begin anew.",
            path=path,
        )


class ResumeError(SynalinksError):
    """A training that was killed and run again did not end like one that was never killed.

    Args:
        text: What is wrong, and what to do about it.
        kind: "attribute", "state", "optimizer", "variables", "history" or "file" for what differs; "call" for
            a completed call that was paid for twice; "changed" for one that asks something else; "race" for
            equal calls without a named branch; "random" where trainings differ without a kill; "ending"
            where one does not end.
        name: What it is about: an attribute, a variable, a file, the place of a call.
        expected: The value without a kill, where there is one.
        found: The value with one.
        killed: Where the training was killed, in words, in order.
    """

    def __init__(
        self,
        text: str,
        *,
        kind: str,
        name: str,
        expected: object = None,
        found: object = None,
        killed: Sequence[str] = (),
    ) -> None:
        self.kind, self.name, self.expected, self.found = kind, name, expected, found
        self.killed = tuple(killed)
        where = f" It was killed {', then '.join(self.killed)}." if self.killed else ""
        super().__init__(text + where)


# --- User code -----------------------------------------------------------------------------


class RewardError(SynalinksError, ValueError):
    """A reward returned something that is not a finite number.

    Args:
        reward: The reward's name.
        sample: Index of the sample in the data given.
        value: What it returned.
    """

    def __init__(self, reward: str, sample: int | None, value: object) -> None:
        self.reward, self.sample, self.value = reward, sample, value
        where = "" if sample is None else f" for sample {sample}"
        super().__init__(
            f"Reward {reward!r} returned {value!r} ({type(value).__name__}){where}; expected a finite "
            "float, or RewardResult(score, feedback=a text)."
        )


class FailedSamplesError(SynalinksError):
    """Some samples of a `predict` have no prediction.

    Args:
        predictions: The predictions in the order of the data, None where a sample failed.
        failures: Sample index to the error that stands in the way of its prediction.
    """

    def __init__(self, predictions: Sequence[Any], failures: Mapping[int, BaseException]) -> None:
        self.predictions, self.failures = list(predictions), dict(failures)
        first = min(self.failures)
        super().__init__(
            f"{len(self.failures)} of {len(self.predictions)} samples failed; the first is sample {first}: "
            f"{type(self.failures[first]).__name__}: {self.failures[first]}. The others are in "
            "`.predictions` of this error, each failure in `.failures`."
        )


# --- Language-model calls ------------------------------------------------------------------


class LanguageModelError(SynalinksError):
    """A language-model call that did not give a usable answer.

    Subclasses belong to one of three families: `InfrastructureError` (no evidence about the
    program), `ProgramFaultError` (the program's doing: scores 0), `FatalCallError` (ends the run).

    Args:
        message: What happened.
        model: Full model name, "provider/name".
        status: HTTP status, where the server answered.
        retry_after: Seconds that the server asked to wait, where it did.

    Attributes:
        pause: Seconds for which the account has nothing left, as the server says; 0.0 where it does not.
    """

    pause: float = 0.0

    def __init__(
        self,
        message: str,
        *,
        model: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.model, self.status, self.retry_after = model, status, retry_after


class InfrastructureError(LanguageModelError):
    """The call failed on its way; it is retried, and is never taken for a score."""


class RateLimitedError(InfrastructureError):
    """The provider refused the call for its rate (HTTP 429)."""


class CallTimeoutError(InfrastructureError):
    """No complete answer within the timeout, or HTTP 408."""


class CallConnectionError(InfrastructureError):
    """The connection could not be made, or broke."""


class ServerError(InfrastructureError):
    """The provider answered 409 or 5xx."""


class OutageError(SynalinksError):
    """Calls kept failing on their way for longer than `outage_timeout`; the run can be resumed.

    Args:
        message: What happened, and how to resume.
        failed: Samples of the step that failed.
        total: Samples of the step.
        waited: Seconds that were waited.
    """

    def __init__(self, message: str, *, failed: int, total: int, waited: float) -> None:
        super().__init__(message)
        self.failed, self.total, self.waited = failed, total, waited


class BudgetExhaustedError(SynalinksError):
    """A call does not fit into the budget of the training any more, so it was not made.

    `fit` ends the training in good order on it, also where it comes wrapped in other errors. Code of yours
    need not handle it, and should let it pass.

    Args:
        limit: The argument of `Budget` that it does not fit, for example "max_cost".
        message: What was used, and of how much.
    """

    def __init__(self, message: str, *, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class AllowanceSpentError(SynalinksError):
    """What an optimizer asks for is more than is left of its `max_calls`.

    It ends the optimizer's step and no more: training goes on with what was accepted until then.
    """


class ProtocolError(InfrastructureError):
    """The body of the answer is not what the provider's protocol says."""


class ProgramFaultError(LanguageModelError):
    """The answer came and cannot be used: the program's doing, so it scores 0.

    Args:
        message: What is wrong with the answer.
        text: The text that came, where there was any.
    """

    def __init__(self, message: str, *, text: str | None = None, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.text = text


class InvalidOutputError(ProgramFaultError):
    """The text is not valid for the schema, also after asking again."""


class TruncatedOutputError(ProgramFaultError):
    """The answer was cut off at the maximum length."""


class RefusedError(ProgramFaultError):
    """The model refused to answer, or a content filter stopped it."""


class ContextTooLongError(ProgramFaultError):
    """The messages do not fit into the model's context."""


class FatalCallError(LanguageModelError):
    """Every further call would fail the same way: the run ends at once."""


class AuthenticationError(FatalCallError):
    """The provider refused the key (HTTP 401 or 403)."""


class UnknownModelError(FatalCallError):
    """The provider does not know the model or the address (HTTP 404)."""


class BadRequestError(FatalCallError):
    """The provider refused the request as malformed (HTTP 400 and other 4xx)."""
