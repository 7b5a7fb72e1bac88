"""Files of every kind give the same register: the office's program does not matter."""

import datetime
import email.message
import struct
import zipfile

import openpyxl
import pytest

import schemas
from pipelines import registers
from pipelines.errors import ReadError
from pipelines.registers import grid

HEADING = ["STT", "Tờ bản đồ", "Số thửa", "Diện tích (m2)", "Loại đất", "Tên chủ sử dụng", "Ngày cấp GCN"]
RECORD = ["1", "12", "345", "120.5", "ONT", "Nguyễn Văn Mẫu", "2010-06-05"]
PROFILE = schemas.source("shp_vbdlis")["register"]


def read(path, encoding="utf-8", **more):
    return registers.read(path, source=path.name, encoding=encoding, register=PROFILE, **more)


def assert_is_the_record(register):
    row = register.rows.iloc[0]
    wanted = ["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "ho_ten", "ngay_cap"]
    assert row[wanted].tolist() == RECORD[1:]
    assert len(register.rows) == 1


def table(rows):
    return "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)


HTML = f'<html><head><meta charset="utf-8"></head><body><table>{table([HEADING, RECORD])}</table></body></html>'
SPREADSHEETML = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook '
    'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    '<Worksheet ss:Name="So"><Table><Row ss:Index="3">'
    + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in HEADING)
    + '</Row><Row><Cell ss:Index="2"><Data ss:Type="Number">12</Data></Cell>'
    '<Cell><Data ss:Type="Number">345</Data></Cell>'
    '<Cell><Data ss:Type="Number">120.5</Data></Cell><Cell><Data ss:Type="String">ONT</Data></Cell>'
    '<Cell><Data ss:Type="String">Nguyễn Văn Mẫu</Data></Cell>'
    '<Cell><Data ss:Type="DateTime">2010-06-05T00:00:00.000</Data></Cell></Row></Table></Worksheet></Workbook>'
)


@pytest.mark.parametrize("name", ["so.xls", "so.html", "so.xlsx"])
def test_a_page_saved_as_a_workbook(tmp_path, name):
    (tmp_path / name).write_text("\n " + HTML, encoding="utf-8")
    assert_is_the_record(read(tmp_path / name))


def test_a_web_archive_saved_as_a_workbook(tmp_path):
    message = email.message.EmailMessage()
    message.set_content(HTML, subtype="html", cte="quoted-printable")
    message.make_related()
    (tmp_path / "so.xls").write_bytes(b"MIME-Version: 1.0\n" + message.as_bytes().replace(b"MIME-Version: 1.0\n", b""))
    assert_is_the_record(read(tmp_path / "so.xls"))


def test_cells_of_a_page_span_rows_and_columns(tmp_path):
    body = '<tr><td rowspan="2">1</td><td rowspan="2">12</td><td rowspan="2">345</td>' + "".join(
        f"<td>{cell}</td>" for cell in [*RECORD[3:5], "A B", RECORD[6]]
    )
    body += "</tr><tr><td colspan='2'></td><td>C D</td><td></td></tr>"
    (tmp_path / "so.xls").write_text(HTML.replace(table([RECORD]), body), encoding="utf-8")
    found = read(tmp_path / "so.xls").rows
    assert found[["so_thu_tu_thua", "ho_ten"]].to_numpy().tolist() == [["345", "A B"], ["345", "C D"]]


def test_a_page_in_an_old_encoding_is_decoded_by_the_package(tmp_path):
    rows = table([["SoTo", "SoThua", "TenChu"], ["12", "345", "NguyÔn V\xa8n MÉu"]])
    (tmp_path / "so.xls").write_bytes(f"<table>{rows}</table>".encode("latin-1"))
    assert read(tmp_path / "so.xls", "tcvn3").rows["ho_ten"].tolist() == ["Nguyễn Văn Mẫu"]


@pytest.mark.parametrize("name", ["so.xls", "so.xml"])
def test_an_xml_workbook_of_excel_2003(tmp_path, name):
    (tmp_path / name).write_text(SPREADSHEETML, encoding="utf-8")
    assert_is_the_record(read(tmp_path / name))


def ods(path, body):
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content + "</office:document-content>")
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
        )
    return path


def ods_row(cells):
    return (
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
    )


def test_an_open_document_that_repeats_empty_cells_to_the_end(tmp_path):
    end = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    rows = ods_row(HEADING) + ods_row(RECORD)
    assert_is_the_record(read(ods(tmp_path / "so.ods", f'<table:table table:name="S">{rows}{end}</table:table>')))


def test_an_open_document_that_repeats_filled_cells_to_the_end_is_refused(tmp_path):
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048000">{cell}</table:table-row>'
    with pytest.raises(ReadError):
        read(ods(tmp_path / "so.ods", f'<table:table table:name="S">{row}</table:table>'))


def biff(version, rows, codepage=1252, dates=()):
    """Return a bare workbook stream of Excel 95 (0x0500): cells as labels of bytes and as numbers."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    def cell(row, column, value):
        if isinstance(value, float):
            return record(0x0203, struct.pack("<HHHd", row, column, 1 if (row, column) in dates else 0, value))
        text = value.encode("latin-1")
        return record(0x0204, struct.pack("<HHHH", row, column, 0, len(text)) + text)

    sheet = record(0x0809, struct.pack("<HHHH", version, 0x0010, 0, 0))
    sheet += b"".join(cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row) if value != "")
    sheet += record(0x000A, b"")
    font = record(0x0031, struct.pack("<HHHHHBBBB", 200, 0, 0, 400, 0, 0, 0, 0, 0) + b"\x05Arial")
    styles = b"".join(record(0x00E0, struct.pack("<HHHHHHHH", 0, form, 1, 0, 0, 0, 0, 0)) for form in (0, 14))
    head = record(0x0809, struct.pack("<HHHH", version, 0x0005, 0, 0)) + record(0x0042, struct.pack("<H", codepage))
    head += font * 4 + styles
    offset = len(head) + 4 + 4 + 2 + 1 + 2 + 4
    head += record(0x0085, struct.pack("<IHB", offset, 0, 2) + b"So") + record(0x000A, b"")
    return head + sheet


@pytest.mark.parametrize("codepage", [1252, 1258])
def test_bytes_of_old_fonts_in_a_workbook_of_excel_95(tmp_path, codepage):
    rows = [
        ["STT", "SoTo", "SoThua", "DTich", "LoaiDat", "TenChu", "NgayCapGCN"],
        [1.0, 12.0, 345.0, 120.5, "ONT", "NguyÔn V\xa8n MÉu", 40334.0],
    ]
    (tmp_path / "so.xls").write_bytes(biff(0x0500, rows, codepage, dates={(1, 6)}))
    assert_is_the_record(read(tmp_path / "so.xls", "tcvn3"))


def dbf(path, fields, rows, version=0x03, deleted=()):
    head = struct.pack("<B3xIHH20x", version, len(rows), 33 + 32 * len(fields), 1 + sum(f[2] for f in fields))
    head += b"".join(struct.pack("<11sc4xBB14x", n.encode(), k.encode(), length, dec) for n, k, length, dec in fields)
    body = b"".join(
        (b"*" if number in deleted else b" ")
        + b"".join(
            value if isinstance(value, bytes) else value.encode("latin-1").ljust(f[2])[: f[2]]
            for f, value in zip(fields, row, strict=True)
        )
        for number, row in enumerate(rows)
    )
    path.write_bytes(head + b"\r" + body + b"\x1a")
    return path


FIELDS = [("SoHieuToBa", "C", 5, 0), ("SoThuTuThu", "C", 6, 0), ("DienTich", "N", 12, 3), ("MDSD", "C", 10, 0),
          ("TenChu", "C", 30, 0), ("NgayCap", "D", 8, 0)]  # fmt: skip


def test_a_dbf_keeps_zeros_of_texts_leaves_deleted_rows_out_and_says_so(tmp_path):
    row = ["012", "00345", "     120.500", "ONT", "NguyÔn V\xa8n MÉu", "20100605"]
    path = dbf(tmp_path / "so.dbf", FIELDS, [row, row, ["1", "2", "     345.125", "LUC", "", "        "]], deleted={1})
    found = read(path, "tcvn3")
    assert found.rows[["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "ngay_cap"]].iloc[0].tolist() == [
        "012", "00345", "120.5", "2010-06-05",
    ]  # fmt: skip
    assert found.rows["dien_tich"].iloc[1] == "345.1250"
    assert found.deleted == 1


def test_a_dbf_cut_short_is_refused(tmp_path):
    path = dbf(tmp_path / "so.dbf", FIELDS, [["1", str(n), "1", "ONT", "", ""] for n in range(9)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ReadError):
        read(path)


def test_memos_and_binary_fields_of_foxpro(tmp_path):
    fields = [("SoTo", "I", 4, 0), ("SoThua", "C", 6, 0), ("GhiChu", "M", 4, 0), ("DTich", "B", 8, 2)]
    rows = [[struct.pack("<i", 12), "345", struct.pack("<I", 1), struct.pack("<d", 120.5)]]
    path = dbf(tmp_path / "so.dbf", fields, rows, version=0x30)
    text = "Ghi chú dài".encode()
    (tmp_path / "so.FPT").write_bytes(
        struct.pack(">IHH", 0, 0, 64).ljust(64, b"\0") + struct.pack(">II", 1, len(text)) + text
    )
    found = read(path)
    assert found.rows[["so_hieu_to_ban_do", "dien_tich"]].iloc[0].tolist() == ["12", "120.5"]
    assert found.extra["other_columns"]["GhiChu"].tolist() == ["Ghi chú dài"]


def test_a_dbf_says_itself_that_it_is_in_windows_1258(tmp_path):
    name = "Nguyê\u0303n".encode("cp1258")
    path = dbf(
        tmp_path / "so.dbf",
        [("SoTo", "C", 3, 0), ("SoThua", "C", 3, 0), ("TenChu", "C", 9, 0)],
        [["1", "2", name.ljust(9)]],
    )
    (tmp_path / "so.cpg").write_text("1258")
    assert read(path).rows["ho_ten"].tolist() == ["Nguyễn"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path, encoding):
    (tmp_path / "so.csv").write_bytes("\n".join([";".join(HEADING), ";".join(RECORD)]).encode(encoding))
    assert_is_the_record(read(tmp_path / "so.csv"))


def test_a_separator_named_in_the_first_line_and_text_named_xls(tmp_path):
    text = "sep=|\n" + "|".join(HEADING) + "\n" + "|".join(RECORD)
    (tmp_path / "so.xls").write_text(text, encoding="utf-8-sig")
    found = read(tmp_path / "so.xls")
    assert_is_the_record(found)
    assert found.rows["row_id"].tolist() == ["so.xls#3"]


@pytest.mark.parametrize("mark", [b"Standard Jet DB", b"Standard ACE DB"])
def test_access_is_refused_with_the_way_out(tmp_path, mark):
    (tmp_path / "so.mdb").write_bytes(b"\x00\x01\x00\x00" + mark + bytes(5000))
    with pytest.raises(ReadError, match="Access") as caught:
        read(tmp_path / "so.mdb")
    assert "xuất từng bảng" in caught.value.vi


def test_dates_of_both_epochs_errors_formulas_and_hidden_sheets(tmp_path):
    for epoch in ("WINDOWS", "MAC"):
        book = openpyxl.Workbook()
        book.epoch = getattr(
            openpyxl.utils.datetime, f"CALENDAR_{'WINDOWS_1900' if epoch == 'WINDOWS' else 'MAC_1904'}"
        )
        book.active.append(HEADING)
        book.active.append([1, 12, 345, 120.5, "ONT", "Nguyễn Văn Mẫu", datetime.date(2010, 6, 5)])
        book.active.append(["=1/0", "#N/A", None, None, None, None, None])
        book.create_sheet("trống")
        hidden = book.create_sheet("ẩn")
        hidden.sheet_state = "hidden"
        hidden.append(["a", "b"])
        book.save(tmp_path / f"{epoch}.xlsx")
        assert_is_the_record(read(tmp_path / f"{epoch}.xlsx"))


def test_a_number_of_three_decimals_is_not_taken_for_a_thousand(tmp_path):
    book = openpyxl.Workbook()
    for row in (HEADING, [1, 12, 345, 345.125, "ONT", "A B", None], [2, 12, 346, 0.1 + 0.2, "ONT", "A B", None]):
        book.active.append(row)
    book.save(tmp_path / "so.xlsx")
    assert read(tmp_path / "so.xlsx").rows["dien_tich"].tolist() == ["345.1250", "0.3"]


def test_a_workbook_that_unpacks_to_an_absurd_size_is_refused(tmp_path):
    path = tmp_path / "so.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as stream:
            for _ in range(100):
                stream.write(bytes(1 << 20))
    with pytest.raises(ReadError):
        read(path)
    assert path.stat().st_size < 1 << 20


def test_a_password_is_told(tmp_path):
    stream = biff(0x0500, [["a"]]).replace(struct.pack("<HH", 0x0042, 2), struct.pack("<HH", 0x002F, 2), 1)
    (tmp_path / "so.xls").write_bytes(stream)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    (tmp_path / "so.xlsx").write_bytes(locked)
    for name in ("so.xls", "so.xlsx"):
        with pytest.raises(ReadError, match="password") as caught:
            read(tmp_path / name)
        assert "mật khẩu" in caught.value.vi


def test_peek_leaves_bytes_as_they_are(tmp_path):
    (tmp_path / "so.csv").write_bytes("a;b\nNguyÔn;\xad".encode("latin-1"))
    sheets, raw = grid.peek(tmp_path / "so.csv")
    assert raw
    assert sheets[0][1].iloc[1].tolist() == ["NguyÔn", "\xad"]
