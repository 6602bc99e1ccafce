"""footfall audits

Revision d4a8c7e2b165, after 9d3f6b0a1c74, made 2026-11-22 18:30:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4a8c7e2b165"
down_revision = "9d3f6b0a1c74"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "footfall_audit",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("audit", sa.String(), nullable=False),
        sa.Column("audited_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    with op.batch_alter_table("footfall_audit", schema=None) as batch_op:
        batch_op.create_index(
            "footfall_audit_of_store", ["tenant", "store", "audited_at_ms"], unique=False
        )
    with op.batch_alter_table("footfall_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audit", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
