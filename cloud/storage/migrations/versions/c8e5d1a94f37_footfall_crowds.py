"""footfall crowds

Revision c8e5d1a94f37, after d4a8c7e2b165, made 2026-11-22 18:55:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c8e5d1a94f37"
down_revision = "d4a8c7e2b165"
branch_labels = None
depends_on = None

_SUBCOUNTS = ("staff_ingress", "staff_egress", "groups_in", "groups_out", "again")


def upgrade() -> None:
    op.create_table(
        "footfall_zone",
        _position(),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_ms", sa.BigInteger(), nullable=False),
        sa.Column("staff_ms", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("stays", sa.String(), nullable=False),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("position", "zone"),
    )
    op.create_table(
        "footfall_heat",
        _position(),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    with op.batch_alter_table("footfall_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(), server_default="entrance", nullable=False)
        )
        for name in _SUBCOUNTS:
            batch_op.add_column(_count(name))
    with op.batch_alter_table("footfall_part", schema=None) as batch_op:
        # Whatever was told before was told by cameras at a door.
        batch_op.add_column(_count("door_lines", "1"))
        for name in ("passing_lines", *_SUBCOUNTS, "passers"):
            batch_op.add_column(_count(name))
        batch_op.add_column(sa.Column("analyses", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("marks", sa.String(), server_default="{}", nullable=False))
        batch_op.add_column(_count("marked_ms"))


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")


def _position() -> sa.Column[int]:
    return sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        autoincrement=False,
        nullable=False,
    )


def _count(name: str, default: str = "0") -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=default, nullable=False)
