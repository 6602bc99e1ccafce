"""whose an epoch is

Revision b7d2e9c4a051, after e2b7a4c90d16, made 2026-11-23 00:20:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7d2e9c4a051"
down_revision = "e2b7a4c90d16"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_claim",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("birth", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch"),
    )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
