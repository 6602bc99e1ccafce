"""source rank

Revision f20a6b1c9d57, after e5b7d21f4c80, made 2026-11-22 14:25:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f20a6b1c9d57"
down_revision = "e5b7d21f4c80"
branch_labels = None
depends_on = None

_NOT_KNOWN = ("device", "source", "till_id", "transaction_id")


def upgrade() -> None:
    op.create_table(
        "sale_source",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "store", "source"),
    )
    # What was folded before is in nobody's way; the views made anew know it better.
    with op.batch_alter_table("sale", schema=None) as batch_op:
        for name in _NOT_KNOWN:
            batch_op.add_column(sa.Column(name, sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("source_rank", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("likeness", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("echo_of", sa.String(), nullable=True))
        batch_op.create_index("sale_likeness", ["likeness"], unique=False)
        batch_op.create_index(
            "sale_echo",
            ["echo_of"],
            unique=False,
            sqlite_where=sa.text("echo_of IS NOT NULL"),
            postgresql_where=sa.text("echo_of IS NOT NULL"),
        )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
