"""A till's database as its settings say, ready to be followed."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from agent.capture.pos.database.following import (
    DatabaseFollower,
    FollowingSettings,
    QuarantinedReceipts,
)
from agent.capture.pos.database.polling import DatabasePoller, PollingSettings
from agent.capture.pos.database.profile import DatabaseProfile
from agent.capture.pos.database.reading import DatabaseReader, with_currency
from agent.capture.pos.database.watermark import WatermarkFile
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.sink import CaptureContext, SaleSink
from agent.config.databases import TillDatabaseSettings, database_login
from agent.errors import BadConfiguration
from models.runtime.clock import Clock


def database_follower(
    settings: TillDatabaseSettings,
    context: CaptureContext,
    *,
    sink: SaleSink,
    keeping: Keeping,
    data_dir: Path,
    profiles: Path,
    clock: Clock,
) -> DatabaseFollower:
    """A follower that is not started yet. Reaches nothing: the database may be down for now.

    Args:
        settings: one ``[[database]]``.
        context: the device that reads.
        sink: where its sales go.
        keeping: archive and quarantine of this box's tills.
        data_dir: of the device; the watermark lies in it.
        profiles: the folder of till profiles.
        clock: the device's.

    Raises:
        BadConfiguration: the profile is not usable, nobody names a currency, or SQLAlchemy is not
            installed.
    """
    named = load_named(profiles, settings.profile, DatabaseProfile, Adapter.DATABASE)
    profile = with_currency(named, settings.currency)
    if not profile.currency and "currency" not in profile.receipts.columns:
        raise BadConfiguration(
            f"database {settings.name}: profile {profile.name!r} names no currency; set currency "
            'to the shop\'s, such as currency = "EUR"'
        )
    try:
        # A box without such a till does not load what speaks to databases.
        from agent.capture.pos.database.reaching import TillDatabase  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise BadConfiguration(
            f"database {settings.name}: {error.name} is not installed; install "
            "lianke[till-database]"
        ) from error
    receipts = TillDatabase(
        settings,
        profile,
        zone=ZoneInfo(profile.timezone) if profile.timezone else context.timezone,
        login=lambda: database_login(settings),
        clock=clock,
    )
    poller = DatabasePoller(
        receipts,
        DatabaseReader(profile, context),
        sink=sink,
        aside=QuarantinedReceipts(keeping, clock, settings.name),
        watermarks=WatermarkFile(data_dir / "till_databases" / f"{settings.name}.json"),
        clock=clock,
        settings=PollingSettings(
            overlap_s=settings.overlap_s,
            sweep_s=settings.sweep_s,
            look_back_s=settings.look_back_s,
            history_days=settings.history_days,
            batch=settings.batch,
        ),
    )
    following = FollowingSettings(poll_s=settings.poll_s)
    return DatabaseFollower(settings.name, poller, clock=clock, settings=following)
