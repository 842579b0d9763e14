"""How a version or a data version is found, and what is said when it is not."""

import re

import pytest

from components import student, teacher
from components.archive import records
from components.archive.records import Archive, Model, Reign, Version
from components.errors import RegistryError, VersionError

OLD = Version("tiny", 1, "r1", "w1")
NEW = Version("tiny", 2, "r2", "w2", aliases=("champion", "shadow"))
OTHER = Version("small", 1, "r3", "w3")
D1, D2 = "aaaa1111.dir", "aaaa2222.dir"
ARCHIVE = Archive(
    versions=(OTHER, OLD, NEW),
    models={"w1": Model("w1", "student", D1), "w2": Model("w2", "student")},
    suites={"b": D2},
    reigns=(Reign("tiny", 1, "2026-01-01", "1"), Reign("small", 1, "2026-01-02", "1")),
)


def test_the_stations_call_their_networks_so():
    names = (records.TEACHER, records.STUDENT, records.ALONE)
    assert names == (teacher.LABEL, student.LABEL, student.ALONE)


@pytest.mark.parametrize("reference", ["tiny", "tiny@champion", "tiny@shadow", "tiny/2"])
def test_a_version_is_found_by_name_alias_or_number(reference):
    assert ARCHIVE.version(reference) is NEW


def test_a_version_without_alias_is_found_by_its_number():
    assert ARCHIVE.version("tiny/1") is OLD


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("tinny", "no released model 'tinny' (there are: small, tiny); did you mean 'tiny'?"),
        ("tiny/7", "tiny: no version '7' (there are: 1, 2)"),
        ("tiny@best", "tiny: no alias 'best' (there are: champion, shadow)"),
        ("small", "small: no alias 'champion' (there are: none)"),
        ("a b", "'a b': expected NAME, NAME@ALIAS, NAME/VERSION or data:DIGEST"),
    ],
)
def test_a_version_that_is_not_there_is_one_line_that_lists_what_is(reference, said):
    with pytest.raises(RegistryError, match=f"^{re.escape(said)}$"):
        ARCHIVE.version(reference)


def test_a_data_version_is_found_by_the_beginning_of_its_digest():
    assert (ARCHIVE.data("aaaa1"), ARCHIVE.data(D2)) == (D1, D2)


@pytest.mark.parametrize(
    ("beginning", "said"),
    [
        ("aaaa", f"data:aaaa: 2 data versions of past runs begin so (there are: {D1}, {D2})"),
        ("bbbb", f"data:bbbb: no data versions of past runs begin so (there are: {D1}, {D2})"),
        ("", "data:: needs at least 4 letters"),
    ],
)
def test_a_digest_that_fits_no_or_several_data_versions_is_refused(beginning, said):
    with pytest.raises(VersionError, match=f"^{re.escape(said)}$"):
        ARCHIVE.data(beginning)


def test_reigns_are_those_of_the_version_itself():
    assert ARCHIVE.reigns_of(OLD) == (ARCHIVE.reigns[0],)
    assert ARCHIVE.reigns_of(NEW) == ()
