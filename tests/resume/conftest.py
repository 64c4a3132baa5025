"""How many kills the suite tries, and how many it tried."""

from __future__ import annotations

import os

import pytest

from synalinks.testing import check_resume

KILLS = int(os.environ.get("SYNALINKS_KILLS", "40"))
"""Kills at write points of the largest training; each of the others gets a quarter of them."""

REPORTS = pytest.StashKey[list]()


@pytest.fixture
def check(request):
    """`check_resume`, counted."""
    reports = request.config.stash.setdefault(REPORTS, [])

    def checked(make_run, *, share=0.25, **options):
        report = check_resume(make_run, kills=max(4, int(KILLS * share)), **options)
        reports.append(report)
        return report

    return checked


def pytest_terminal_summary(terminalreporter, config):
    reports = config.stash.get(REPORTS, [])
    if reports:
        terminalreporter.write_line(
            f"resume: {len(reports)} trainings, killed {sum(r.kills for r in reports)} times: at "
            f"{sum(r.tried for r in reports)} of {sum(r.points for r in reports)} write points, at "
            f"{sum(r.random for r in reports)} random times, {sum(r.chains for r in reports)} times several "
            "times in a row; all ended alike"
        )
