"""The audit log proves that it is whole, and names the first entry that is not as written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ecomagent.audit import AuditLog
from ecomagent.domain.errors import AuditError
from ecomagent.store.database import Database, sqlite_url

NOON = datetime(2024, 5, 6, 12, 0, 0, 123456, tzinfo=UTC)


class Kept:
    def __init__(self, url, folder):
        self.database = Database.open(url)
        self.head = folder / "audit.head"
        self.log = AuditLog(self.database, self.head)

    def append(self, number, **changes):
        values = {
            "at": NOON + timedelta(minutes=number),
            "actor": "olga",
            "event": "action.applied",
            "subject": f"plan-1/act-{number}",
            "body": {"price": "9.50", "n": number, "名": "红", "deep": {"a": [1, None]}},
        }
        return self.log.append(**(values | changes))

    def sql(self, statement, **values):
        with self.database.session() as session:
            session.connection().execute(text(statement), values)


@pytest.fixture
def kept(tmp_path):
    made = Kept(sqlite_url(tmp_path / "store.db"), tmp_path)
    for number in range(1, 6):
        made.append(number)
    yield made
    made.database.close()


def test_a_log_nobody_touched_verifies(kept):
    report = kept.log.verify()

    assert report.ok
    assert (report.entries, report.first_bad, report.problem) == (5, None, "")
    assert report.last_hash == kept.log.entries(1)[0].hash


def test_an_empty_log_verifies(tmp_path):
    database = Database.open(sqlite_url(tmp_path / "store.db"))

    assert AuditLog(database, tmp_path / "audit.head").verify().ok


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'mallory'",
        "event = 'action.rejected'",
        "subject = 'plan-2'",
        "at = '2024-05-06 12:03:00.999999'",
        """body = '{"price": "1.00"}'""",
        "body = 'no json'",
        "at = 'some day'",
    ],
)
def test_a_changed_entry_is_named(kept, change):
    kept.sql(f"UPDATE audit_entry SET {change} WHERE seq = 3")

    report = kept.log.verify()

    assert (report.ok, report.first_bad) == (False, 3)
    assert "changed" in report.problem


def test_a_change_with_its_hash_made_to_fit_still_breaks_the_link(kept):
    kept.sql("UPDATE audit_entry SET hash = :hash WHERE seq = 3", hash="f" * 64)

    assert kept.log.verify().first_bad == 3

    forged = kept.log.entries(5)[2].model_copy(update={"actor": "mallory"})
    from ecomagent.domain.ids import content_hash

    hash_ = content_hash(
        [3, forged.at, forged.actor, forged.event, forged.subject, forged.body,
         forged.previous_hash]
    )  # fmt: skip
    kept.sql("UPDATE audit_entry SET hash = :hash, actor = 'mallory' WHERE seq = 3", hash=hash_)

    report = kept.log.verify()
    assert (report.ok, report.first_bad) == (False, 4)


def test_a_removed_entry_is_named(kept):
    kept.sql("DELETE FROM audit_entry WHERE seq = 2")

    report = kept.log.verify()

    assert (report.ok, report.first_bad, report.problem) == (False, 2, "the entry is missing")


def test_a_cut_off_end_is_noticed_by_the_head(kept):
    kept.sql("DELETE FROM audit_entry WHERE seq > 3")

    report = kept.log.verify()

    assert (report.ok, report.first_bad) == (False, 4)
    assert report.problem == "the log was cut off: 5 entries were written, 3 are left"


def test_writing_on_does_not_heal_a_cut_off_log(kept):
    kept.sql("DELETE FROM audit_entry WHERE seq > 3")
    for number in range(6, 10):
        kept.append(number)

    report = kept.log.verify()

    assert (report.ok, report.first_bad) == (False, 5)


def test_the_last_entry_cannot_be_replaced(kept):
    kept.sql("DELETE FROM audit_entry WHERE seq = 5")
    kept.append(99)

    assert kept.log.verify().first_bad == 5


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"seq": 5, "hash": "0"}', "\x00\xff"])
def test_a_damaged_head_file_is_noticed(kept, damage):
    kept.head.write_text(damage, encoding="utf-8")

    assert not kept.log.verify().ok

    kept.append(6)
    assert not kept.log.verify().ok
    assert kept.log.entries(1)[0].seq == 6


def test_a_missing_head_file_is_noticed_also_after_writing_on(kept):
    kept.head.unlink()

    assert kept.log.verify().problem == "the head file is missing"

    kept.append(6)
    assert kept.log.verify().problem == "the head file is missing"


def test_what_is_to_be_logged_once_is_logged_once(kept):
    kept.append(6, once=True)
    kept.append(7, subject="plan-1/act-6", once=True)

    assert [entry.subject for entry in kept.log.entries(2)] == ["plan-1/act-6", "plan-1/act-5"]
    assert kept.log.verify().ok


def test_a_head_that_a_kill_left_behind_is_no_fault_and_catches_up(kept):
    behind = kept.head.read_text()
    kept.append(6)
    kept.append(7)
    kept.head.write_text(behind)

    assert kept.log.verify().ok

    kept.append(8)
    assert kept.log.verify().ok
    assert '"seq":8' in kept.head.read_text()


def test_a_kill_before_the_first_head_is_no_fault(tmp_path):
    kept = Kept(sqlite_url(tmp_path / "store.db"), tmp_path)
    kept.append(1)
    kept.head.write_text('{"seq": 0, "hash": "%s"}' % ("0" * 64))

    assert kept.log.verify().ok


def test_entries_are_shown_newest_first_and_by_what_they_are_about(kept):
    kept.append(6, subject="plan-9/act-77/revision-1", event="action.approve")

    assert [entry.seq for entry in kept.log.entries(2)] == [6, 5]
    assert [entry.seq for entry in kept.log.entries(subject="act-77")] == [6]
    assert [entry.seq for entry in kept.log.entries(subject="plan-1")] == [5, 4, 3, 2, 1]


def test_showing_an_entry_that_was_made_nonsense_of_says_so(kept):
    kept.sql("UPDATE audit_entry SET body = 'no json' WHERE seq = 4")

    with pytest.raises(AuditError, match="cannot be read"):
        kept.log.entries()


def test_a_head_file_that_cannot_be_written_is_told(kept):
    kept.head.with_name("audit.head.part").mkdir()

    with pytest.raises(AuditError, match="head cannot be written"):
        kept.append(6)


def test_moments_of_any_time_zone_verify(kept):
    kept.append(6, at=datetime(2024, 5, 7, 1, tzinfo=timezone(timedelta(hours=8))))

    assert kept.log.verify().ok


def test_the_log_verifies_on_postgresql_and_names_what_was_changed(pg_database, tmp_path):
    kept = Kept(pg_database, tmp_path)
    for number in range(1, 4):
        kept.append(number)

    assert kept.log.verify().ok

    kept.sql("UPDATE audit_entry SET actor = 'mallory' WHERE seq = 2")
    assert kept.log.verify().first_bad == 2
    kept.database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bodies=st.lists(
        st.dictionaries(
            st.text(max_size=5),
            st.none() | st.booleans() | st.integers() | st.text(max_size=8)
            | st.floats(allow_nan=False, allow_infinity=False),
            max_size=3,
        ),
        min_size=1, max_size=6,
    ),
    data=st.data(),
)  # fmt: skip
def test_whatever_is_logged_verifies_and_whatever_is_removed_is_found(
    tmp_path_factory, bodies, data
):
    folder = tmp_path_factory.mktemp("log")
    kept = Kept(sqlite_url(folder / "store.db"), folder)
    for number, body in enumerate(bodies, 1):
        kept.append(number, body=body)
    assert kept.log.verify().ok

    removed = data.draw(st.integers(1, len(bodies)))
    kept.sql("DELETE FROM audit_entry WHERE seq = :seq", seq=removed)
    assert kept.log.verify().first_bad == removed
    kept.database.close()
