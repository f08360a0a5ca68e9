"""One store holds one shop, and counts every change of what it sells."""

import pytest

from ecomagent.domain.errors import ConfigError, StoreError
from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.shop import bump_serial, create_shop, get_shop, keep_shop_settings


def test_making_the_shop_twice_changes_nothing(database: Database):
    first = get_shop(database)
    settings = ShopSettings(id=first.id, name="Other", currency="USD", country="US")
    create_shop(database, settings, first.created_at)
    assert get_shop(database) == first


def test_another_shop_is_refused(database: Database):
    settings = ShopSettings(id="shop-2", name="Other", currency="USD", country="US")
    with pytest.raises(StoreError, match="another shop, “Mugs”"):
        create_shop(database, settings, get_shop(database).created_at)


def test_each_change_is_counted(database: Database):
    with database.session() as session:
        assert [bump_serial(session), bump_serial(session)] == [1, 2]
    assert get_shop(database).serial == 2


def test_a_change_that_is_undone_is_not_counted(database: Database):
    with pytest.raises(RuntimeError), database.session() as session:
        bump_serial(session)
        raise RuntimeError
    assert get_shop(database).serial == 0


def test_a_store_without_a_shop_says_how_to_make_one(tmp_path):
    empty = Database.open(sqlite_url(tmp_path / "s.db"))
    with pytest.raises(StoreError) as failure:
        get_shop(empty)
    assert "ecomagent init" in failure.value.remedy
    with pytest.raises(StoreError), empty.session() as session:
        bump_serial(session)


def test_settings_that_were_changed_are_taken_over(database: Database):
    kept = get_shop(database)
    settings = ShopSettings(id=kept.id, name="Cups", currency="GBP", country="FR", timezone="UTC")
    keep_shop_settings(database, settings)
    now = get_shop(database)
    assert (now.name, now.country, now.timezone, now.serial) == ("Cups", "FR", "UTC", kept.serial)


def test_another_currency_would_misread_every_amount(database: Database):
    settings = ShopSettings(id="shop-1", name="Mugs", currency="USD", country="GB")
    with pytest.raises(ConfigError, match="kept in GBP"):
        keep_shop_settings(database, settings)


def test_settings_of_another_shop_are_refused(database: Database):
    settings = ShopSettings(id="shop-2", name="Mugs", currency="GBP", country="GB")
    with pytest.raises(StoreError, match="another shop"):
        keep_shop_settings(database, settings)
