"""alarms

Revision a4c1e6f20d93, after c27e90d1b4f8, made 2026-11-22 07:38:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a4c1e6f20d93"
down_revision = "c27e90d1b4f8"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "device_birth",
        sa.Column("number", _BIG_KEY, nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("birth", sa.String(), nullable=False),
        sa.Column("bootid", sa.String(), nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("monotonic_ms", sa.BigInteger(), nullable=True),
        sa.Column("epochs", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("shared", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("behind", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("device_birth", schema=None) as batch_op:
        batch_op.create_index("device_birth_by_number", ["device", "number"], unique=False)
        batch_op.create_index("device_birth_once", ["device", "birth"], unique=True)
    op.create_table(
        "device_epoch",
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "device"),
    )
    op.create_table(
        "device_notice",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "ingest_absence",
        sa.Column("number", _BIG_KEY, nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("heir", sa.String(), nullable=False),
        sa.Column("parts", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stores", sa.String(), server_default="", nullable=False))
    with op.batch_alter_table("ingest_worker", schema=None) as batch_op:
        batch_op.add_column(sa.Column("health", sa.String(), server_default="", nullable=False))
    op.create_table(
        "alarm",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=True),
        sa.Column("store", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("over_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index("alarm_mark", ["kind", "mark"], unique=False)
        batch_op.create_index("alarm_of_device", ["device"], unique=False)
        batch_op.create_index(
            "alarm_standing",
            ["kind", "about"],
            unique=True,
            sqlite_where=sa.text("over_ms IS NULL"),
            postgresql_where=sa.text("over_ms IS NULL"),
        )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
