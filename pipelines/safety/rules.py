"""What must hold in every register: rules in SQL, each naming what breaks it by numbers and parcel ids, never people.

A fault is something no load, rollback or change can have made: the store was damaged or edited by hand. A note is
something deliveries do bring: a right whose parcel is not on the map.
"""

from dataclasses import dataclass

from pipelines.store import Store, Table, holder_tables, land_tables, layer_table

_SHOWN = 5
"""Examples that are told."""

_OWNERS = ("ca_nhan", "vo_chong", "ho_gia_dinh", "to_chuc", "cong_dong", "nhom_nguoi")
_SEALED_BYTES = 12 + 16 + 1
"""The nonce, the tag and one character: what is shorter was never encrypted."""

_HASH_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Rule:
    """What must not be found.

    Attributes:
        code: Its name.
        is_fault: Whether a store in which it is found is not sound.
        vi: What is wrong, in Vietnamese.
        en: The same in English.
        sql: Statement that returns one text for each place that breaks it.
    """

    code: str
    is_fault: bool
    vi: str
    en: str
    sql: str


@dataclass(frozen=True, slots=True)
class Defect:
    """What was found.

    Attributes:
        code: Name of the rule.
        is_fault: Whether the store is not sound for it.
        count: How often.
        vi: What is wrong, in Vietnamese.
        en: The same in English.
        examples: A few of the places.
    """

    code: str
    is_fault: bool
    count: int
    vi: str
    en: str
    examples: list[str]


def broken(store: Store, rule: Rule) -> Defect | None:
    """Return where a rule does not hold, None where it does."""
    sql = f"SELECT place, count(*) OVER () FROM ({rule.sql}) AS found (place) LIMIT {_SHOWN}"
    if not store.dialect.is_postgis:
        sql = f"WITH found (place) AS ({rule.sql}) SELECT place, count(*) OVER () FROM found LIMIT {_SHOWN}"
    rows = store.execute(sql).fetchall()
    if not rows:
        return None
    return Defect(rule.code, rule.is_fault, int(rows[0][1]), rule.vi, rule.en, [str(row[0]) for row in rows])


def rules(zones: list[int]) -> list[Rule]:
    """Return the rules for a store of these zones."""
    land = {name: table for srid in zones for name, table in land_tables(srid).items()}
    versioned = [table for table in (*land.values(), *holder_tables().values()) if table.is_versioned]
    parcels = _parcels(zones)
    return [
        *(rule for table in versioned for rule in _of_versions(table)),
        *_of_parcels(parcels),
        *_of_identifiers(parcels),
        *_of_holders(parcels),
    ]


def _parcels(zones: list[int]) -> str:
    columns = "thua_dat_id, thua_key, ma_dinh_danh_thua, version_id, tx_from, tx_to, release_from, release_to"
    return " UNION ALL ".join(f"SELECT {columns} FROM {layer_table('thua_dat', srid).qualified}" for srid in zones)


def _of_versions(table: Table) -> list[Rule]:
    place, rows = f"'{table.name}.version_id=' || v.version_id", f"{table.qualified} v"
    finished = "EXISTS (SELECT 1 FROM ban_phat_hanh r WHERE r.release_id = {} AND r.finished_at IS NOT NULL)"
    return [
        Rule(
            "version.order",
            True,
            "phiên bản kết thúc trước khi bắt đầu, hoặc chỉ kết thúc một nửa",
            "a version ends before it begins, or is only half ended",
            f"SELECT {place} FROM {rows} WHERE v.valid_to < v.valid_from OR v.tx_to < v.tx_from "
            "OR (v.tx_to IS NULL) <> (v.release_to IS NULL)",
        ),
        Rule(
            "version.release",
            True,
            "bản phát hành của phiên bản không có hoặc chưa hoàn thành",
            "the release of a version is not there or was not finished",
            f"SELECT {place} FROM {rows} WHERE NOT {finished.format('v.release_from')} "
            f"OR (v.release_to IS NOT NULL AND NOT {finished.format('v.release_to')})",
        ),
        Rule(
            "version.time",
            True,
            "thời điểm ghi của phiên bản khác thời điểm của bản phát hành",
            "a version was not written at the time of its release",
            f"SELECT {place} FROM {rows} JOIN ban_phat_hanh r ON r.release_id = v.release_from "
            f"WHERE v.tx_from <> r.started_at UNION ALL SELECT {place} FROM {rows} "
            "JOIN ban_phat_hanh r ON r.release_id = v.release_to WHERE v.tx_to <> r.started_at",
        ),
    ]


def _of_parcels(parcels: str) -> list[Rule]:
    return [
        Rule(
            "parcel.two_current",
            True,
            "thửa có hơn một phiên bản hiện hành",
            "a parcel has more than one current version",
            f"SELECT thua_dat_id FROM ({parcels}) AS p WHERE tx_to IS NULL GROUP BY thua_dat_id HAVING count(*) > 1",
        ),
        Rule(
            "parcel.chain",
            True,
            "các phiên bản của thửa chồng thời gian hoặc hở trong cùng một bản phát hành",
            "versions of a parcel overlap in time, or leave a gap within one release",
            "SELECT DISTINCT thua_dat_id FROM (SELECT thua_dat_id, tx_to, release_to, "
            "lead(tx_from) OVER w AS next_from, lead(release_from) OVER w AS next_release "
            f"FROM ({parcels}) AS p WINDOW w AS (PARTITION BY thua_dat_id ORDER BY tx_from, version_id)) AS chains "
            "WHERE next_from IS NOT NULL AND (tx_to IS NULL OR next_from < tx_to "
            "OR (next_release = release_to AND next_from <> tx_to))",
        ),
        Rule(
            "lineage.unknown",
            True,
            "phả hệ nhắc đến thửa chưa từng có",
            "the lineage names a parcel that never was",
            "SELECT name FROM (SELECT thua_dat_id_cu AS name FROM pha_he_thua UNION "
            f"SELECT thua_dat_id_moi FROM pha_he_thua) AS named WHERE name NOT IN (SELECT thua_dat_id FROM ({parcels}) "
            "AS p)",
        ),
    ]


def _of_identifiers(parcels: str) -> list[Rule]:
    return [
        Rule(
            "identifier.unlisted",
            True,
            "mã định danh của thửa hiện hành không có trong sổ mã, hoặc là mã của thửa khác",
            "the identifier of a current parcel is not in the list, or is another parcel's",
            f"SELECT p.thua_dat_id FROM ({parcels}) AS p LEFT JOIN dinh_danh d "
            "ON d.ma_dinh_danh_thua = p.ma_dinh_danh_thua "
            "WHERE p.tx_to IS NULL AND p.ma_dinh_danh_thua IS NOT NULL AND (d.thua_dat_id IS NULL "
            "OR d.thua_dat_id <> p.thua_dat_id AND NOT EXISTS (SELECT 1 FROM khoa_thua k "
            "WHERE k.thua_dat_id_cu = d.thua_dat_id AND k.thua_dat_id_moi = p.thua_dat_id))",
        ),
        Rule(
            "identifier.shared",
            True,
            "một mã định danh cho hơn một thửa hiện hành",
            "one identifier for more than one current parcel",
            f"SELECT ma_dinh_danh_thua FROM ({parcels}) AS p WHERE tx_to IS NULL AND ma_dinh_danh_thua IS NOT NULL "
            "GROUP BY ma_dinh_danh_thua HAVING count(DISTINCT thua_dat_id) > 1",
        ),
    ]


def _of_holders(parcels: str) -> list[Rule]:
    owners = " UNION ALL ".join(
        f"SELECT {name}_id AS id, release_from FROM holders.{name} WHERE tx_to IS NULL" for name in _OWNERS
    )
    papers = "SELECT giay_chung_nhan_id AS id, release_from FROM holders.giay_chung_nhan WHERE tx_to IS NULL"
    found = [
        Rule(
            "key.missing",
            True,
            "có dữ liệu nhưng thiếu giá trị kiểm tra khóa mã hóa",
            "there are releases but no check value of the key",
            "SELECT 'holders.khoa' WHERE EXISTS (SELECT 1 FROM ban_phat_hanh) "
            "AND NOT EXISTS (SELECT 1 FROM holders.khoa)",
        ),
        Rule(
            "right.parcel",
            False,
            "quyền của thửa không có trên bản đồ",
            "a right to a parcel that is not on the map",
            "SELECT 'quyen_su_dung_dat.version_id=' || version_id FROM holders.quyen_su_dung_dat WHERE tx_to IS NULL "
            f"AND thua_key IS NOT NULL AND thua_key NOT IN (SELECT thua_key FROM ({parcels}) AS p "
            "WHERE tx_to IS NULL AND thua_key IS NOT NULL)",
        ),
        _reference("right.holder", "chu_id", owners, "quyền của người không có trong sổ", "a right of nobody listed"),
        _reference(
            "right.certificate",
            "giay_chung_nhan_id",
            papers,
            "quyền theo giấy chứng nhận không có trong sổ",
            "a right by a certificate that is not listed",
        ),
    ]
    return found + [_sealed(table, name) for table in holder_tables().values() for name in _sealed_names(table)]


def _reference(code: str, column: str, targets: str, vi: str, en: str) -> Rule:
    """Return the rule that a right points to something of the same commune: ids are those of one delivery."""
    return Rule(
        code,
        False,
        vi,
        en,
        "SELECT 'quyen_su_dung_dat.version_id=' || q.version_id FROM holders.quyen_su_dung_dat q "
        "JOIN ban_phat_hanh r ON r.release_id = q.release_from LEFT JOIN (SELECT DISTINCT t.id, b.ma_xa, b.ky_dia_gioi "
        f"FROM ({targets}) AS t JOIN ban_phat_hanh b ON b.release_id = t.release_from) AS known "
        f"ON known.id = q.{column} AND known.ma_xa = r.ma_xa AND known.ky_dia_gioi = r.ky_dia_gioi "
        f"WHERE q.tx_to IS NULL AND q.{column} IS NOT NULL AND known.id IS NULL",
    )


def _sealed_names(table: Table) -> list[str]:
    return [name.removesuffix("_ma_hoa") for name in table.names if name.endswith("_ma_hoa")]


def _sealed(table: Table, name: str) -> Rule:
    return Rule(
        "sealed.clear",
        True,
        "số giấy tờ không được mã hóa, băm hoặc che đúng cách",
        "an identity number is not properly encrypted, hashed or masked",
        f"SELECT '{table.name}.version_id=' || version_id FROM {table.qualified} WHERE "
        f"length({name}_ma_hoa) < {_SEALED_BYTES} OR length({name}_bam) <> {_HASH_DIGITS} "
        f"OR {name}_che NOT LIKE '%*%' OR ({name}_ma_hoa IS NULL) <> ({name}_bam IS NULL)",
    )
