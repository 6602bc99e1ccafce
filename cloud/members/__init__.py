"""One member: how records become a person, online, behind the ledger.

From the pure middle outwards: ``policy`` says which keys count, ``names`` and ``identifiers`` read
them, ``ownership`` finds whose an identifier is, ``resolve`` decides whose a record is. ``fold``
carries decisions out (``records``, ``roll``, ``enactment``), ``identity_log`` remembers them,
``golden`` and ``directory`` read the result. Why it is built so: ``docs/explanation/members.md``.
"""

from cloud.members.directory import Directory, Explanation, Holder, MemberCounts
from cloud.members.explain import Step
from cloud.members.fold import MembersFold
from cloud.members.golden import GoldenRecord, KnownBy
from cloud.members.naming import NameMember, one_id_of
from cloud.members.policy import IdentityPolicy, Strength

__all__ = [
    "Directory",
    "Explanation",
    "GoldenRecord",
    "Holder",
    "IdentityPolicy",
    "KnownBy",
    "MemberCounts",
    "MembersFold",
    "NameMember",
    "Step",
    "Strength",
    "one_id_of",
]
