"""capture

Revision 9d3f6b0a1c74, after f20a6b1c9d57, made 2026-11-22 14:20:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9d3f6b0a1c74"
down_revision = "f20a6b1c9d57"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantined_record",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quarantined_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("captured_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.String(), nullable=False),
        sa.Column("pieces_left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device", "name", "quarantined_ms"),
    )
    with op.batch_alter_table("quarantined_record", schema=None) as batch_op:
        batch_op.create_index(
            "quarantined_record_of_store", ["tenant", "store", "quarantined_ms"], unique=False
        )
        batch_op.create_index("quarantined_record_by_arrival", ["received_ms"], unique=False)
    op.create_table(
        "quarantine_release",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quarantined_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("captured_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("released_ms", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device", "name", "quarantined_ms"),
    )
    with op.batch_alter_table("quarantine_release", schema=None) as batch_op:
        batch_op.create_index("quarantine_release_by_arrival", ["received_ms"], unique=False)
    # 0: folded before this was kept; the views made anew know it.
    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("profile_version", sa.Integer(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
