"""footfall by minute

Revision e2b7a4c90d16, after c8e5d1a94f37, made 2026-11-22 21:16:00.
"""

from __future__ import annotations

from alembic import op

revision = "e2b7a4c90d16"
down_revision = "c8e5d1a94f37"
branch_labels = None
depends_on = None

_ASKED_BY_WEEKS = (
    "device",
    "camera",
    "duration_s",
    "observed_ms",
    "marked_ms",
    "door_lines",
    "ingress",
    "egress",
    "ignored",
    "superseded",
)


def upgrade() -> None:
    op.create_index(
        "footfall_part_by_minute",
        "footfall_part",
        ["tenant", "store", "begin_at_ms", *_ASKED_BY_WEEKS],
    )
    op.drop_index("footfall_part_of_store", "footfall_part")


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
