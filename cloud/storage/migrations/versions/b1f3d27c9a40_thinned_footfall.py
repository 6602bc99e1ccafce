"""thinned footfall

Revision b1f3d27c9a40, after 8c41f0a7d2e5, made 2026-11-22 05:30:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b1f3d27c9a40"
down_revision = "8c41f0a7d2e5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "footfall_replaced",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position", "event_id"),
    )
    with op.batch_alter_table("footfall_replaced", schema=None) as batch_op:
        batch_op.create_index(
            "footfall_replaced_by_event", ["tenant", "store", "device", "event_id"], unique=False
        )
    with op.batch_alter_table("footfall_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event_id", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("replaces", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("superseded", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            "footfall_part_by_event", ["tenant", "store", "device", "event_id"], unique=False
        )
    # What was folded before has its id in the ledger; nothing was merged then.
    op.execute(
        "UPDATE footfall_part SET event_id = coalesce((SELECT event_id FROM ledger_event"
        " WHERE ledger_event.position = footfall_part.position), '')"
    )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
