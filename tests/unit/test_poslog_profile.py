"""Till profiles: the shipped ones read, mistakes are named, detection is deterministic."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.capture.pos import TillProfile, detect_profile, load_profile, load_profiles
from agent.capture.pos.dialect import Tenders, Voids, Written
from agent.capture.pos.profile import DEFAULT_PROFILE
from agent.errors import BadConfiguration
from models.wire.events.sale import Scheme, Status
from tests.simulators.capturing import PROFILES

NCR = "http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1"


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_every_shipped_profile_reads_and_the_default_is_among_them() -> None:
    names = [profile.name for profile in load_profiles(PROFILES)]
    assert names == ["arts-poslog", "lianke-till", "ncr-acs-2.1"]
    assert DEFAULT_PROFILE in names


def test_a_profile_is_its_file_on_top_of_the_standard(tmp_path: Path) -> None:
    write(
        tmp_path,
        "corner-shop",
        """
        name = "corner-shop"
        version = 4
        statuses = { Parked = "suspended" }
        [[identifiers]]
        scheme = "member_code"
        at = "Customer"
        value = "CustomerID"
        [arithmetic]
        voids = "struck"
        """,
    )
    profile = load_profile(tmp_path, "corner-shop")
    assert (profile.version, profile.arithmetic.voids) == (4, Voids.STRUCK)
    assert profile.arithmetic.returns is Written.EITHER
    assert profile.arithmetic.tenders is Tenders.CHANGE_INSIDE
    assert [place.scheme for place in profile.identifiers] == [Scheme.MEMBER_CODE]
    assert profile.status_of("Parked") is Status.SUSPENDED
    assert profile.status_of("Tendered") is Status.COMPLETED
    assert profile.status_of("Exploded") is None
    assert not profile.names.keep


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"', "key 'version' is missing"),
        ('name = "y"\nversion = 1', "it must be the file's, 'x'"),
        ('name = "x"\nversion = 1\ncurency = "CNY"', "did you mean 'currency'"),
        ('name = "x"\nversion = 1\n[arithmetic]\nvoids = "strucked"', "did you mean 'struck'"),
        ('name = "x"\nversion = 1\ntimezone = "Mars/Olympus"', "no IANA name"),
        ('name = "x"\nversion = 1\n[names]\nfamily = "Customer/["', "is no ElementPath"),
        ('name = "x"\nversion = 1\n[arithmetic]\ndiscounts = ["/Discount"]', "no ElementPath"),
        ("name = ", "cannot be read as TOML"),
    ],
)
def test_a_mistake_in_a_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "x", text)
    with pytest.raises(BadConfiguration, match=message):
        load_profile(tmp_path, "x")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ncr-acs", "did you mean 'ncr-acs-2.1'"),
        ("zzz", "there are: arts-poslog, lianke-till, ncr-acs-2.1"),
        ("../till_profiles/arts-poslog", "there are: arts-poslog"),
    ],
)
def test_an_unknown_profile_says_which_there_are(name: str, hint: str) -> None:
    with pytest.raises(BadConfiguration, match=hint):
        load_profile(PROFILES, name)


def test_a_vendors_namespace_finds_its_profile_and_all_else_is_the_standard() -> None:
    profiles = load_profiles(PROFILES)
    assert detect_profile(profiles, ["urn:other", NCR]).name == "ncr-acs-2.1"
    assert detect_profile(profiles, ["urn:other"]).name == DEFAULT_PROFILE
    assert detect_profile(profiles, []).name == DEFAULT_PROFILE


def test_of_two_profiles_that_match_the_first_by_name_is_taken() -> None:
    profiles = [TillProfile(name, 1, namespaces=("urn:x",)) for name in ("b", "a")]
    assert detect_profile(profiles, ["urn:x"]).name == "a"
    with pytest.raises(BadConfiguration, match="--profile"):
        detect_profile(profiles, ["urn:y"])
