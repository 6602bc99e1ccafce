"""forgotten

Revision e5b7d21f4c80, after a4c1e6f20d93, made 2026-11-22 11:00:00.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e5b7d21f4c80"
down_revision = "a4c1e6f20d93"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("device_birth", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("forgotten", sa.BigInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("forgotten_of", sa.String(), server_default="", nullable=False)
        )


def downgrade() -> None:
    raise NotImplementedError("revisions only lead forward: restore the backup made before")
