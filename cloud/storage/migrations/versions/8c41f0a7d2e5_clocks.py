"""clocks

Revision 8c41f0a7d2e5, after 5be5aaffd079, made 2026-11-22 05:10:00.000000.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8c41f0a7d2e5"
down_revision = "5be5aaffd079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_boot",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("bootid", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "bootid"),
    )
    with op.batch_alter_table("device_status", schema=None) as batch_op:
        batch_op.add_column(sa.Column("skew_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("clock_quality", sa.String(), nullable=False, server_default="")
        )
    with op.batch_alter_table("device_status", schema=None) as batch_op:
        batch_op.alter_column("clock_quality", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
