"""when a day begins

Revision d1a7c3e95b20, after b7d2e9c4a051, made 2026-11-23 00:55:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d1a7c3e95b20"
down_revision = "b7d2e9c4a051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "store", sa.Column("day_begins_hour", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
