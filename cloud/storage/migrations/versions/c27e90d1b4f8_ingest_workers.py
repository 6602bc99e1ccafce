"""ingest workers

Revision c27e90d1b4f8, after b1f3d27c9a40, made 2026-11-22 05:36:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c27e90d1b4f8"
down_revision = "b1f3d27c9a40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ingest_worker",
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("incarnation", sa.String(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker"),
    )
    op.create_table(
        "ingest_part",
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("part"),
    )
    op.create_table(
        "ingest_refusal_alarm",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device", "version"),
    )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
