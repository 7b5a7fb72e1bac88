"""Changes that are written: what they leave in both stores."""

from pathlib import Path

import pytest

from pipelines import store as land
from tests.unit.changes import asked, body, box, child, filled, kept, key, name, registered
from tests.unit.deliveries import ZONE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(url: str, tmp_path: Path) -> land.Store:
    with land.open_store(url, srid=ZONE) as opened:
        filled(opened, tmp_path)
        yield opened


def numbers(store: land.Store) -> list[str]:
    return sorted(land.current(store, "thua_dat", ZONE)["so_thu_tu_thua"])


def test_a_parcel_is_split_in_two(store: land.Store, tmp_path: Path) -> None:
    content = body(store, (2,), thua_dat=[child(box(20, 28)), child(box(28, 40))])
    made = registered(store, tmp_path, content)
    assert (made.is_new, made.release_id) == (True, 2)
    assert numbers(store) == ["1", "3", "4", "5", "6"]
    current = land.current(store, "thua_dat", ZONE).set_index("so_thu_tu_thua")
    assert current.loc["5", "dien_tich"] == 160
    assert current.loc["6", "thua_dat_id"] == name(6)
    print(current.T.to_string())
    print(store.frame("select * from pha_he_thua").T.to_string())
    print(store.frame("select * from giao_dich").T.to_string())
    print(store.frame("select * from dinh_danh").T.to_string())
    print(made)
