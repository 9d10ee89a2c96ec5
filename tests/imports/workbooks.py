"""Workbooks for tests, as other programs write them."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlwt import Workbook, easyxf
from xlwt.CompoundDoc import XlsDoc

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

# Of the styles: 0 a number, 1 a date, 2 a date with its time, 3 a duration.
_STYLES = f"""<styleSheet {_MAIN}><numFmts count="3">
<numFmt numFmtId="164" formatCode="yyyy-mm-dd"/>
<numFmt numFmtId="165" formatCode="yyyy-mm-dd hh:mm:ss"/>
<numFmt numFmtId="166" formatCode="[h]:mm:ss"/>
</numFmts><cellXfs count="4"><xf numFmtId="0"/>
<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/>
<xf numFmtId="166" applyNumberFormat="1"/>
</cellXfs></styleSheet>"""


def xlsx(sheets: dict[str, str], *, hidden: tuple[str, ...] = ()) -> bytes:
    """Return a workbook of sheets by name, each the XML of its rows."""
    names = list(sheets)
    states = {name: ' state="hidden"' if name in hidden else "" for name in names}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"{states[name]}/>'
        for number, name in enumerate(names, 1)
    )
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_REL}/worksheet"'
        f' Target="worksheets/s{number}.xml"/>'
        for number, _ in enumerate(names, 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r"'
        f' Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    } | {
        f"xl/worksheets/s{number}.xml": f"<worksheet {_MAIN}><sheetData>{rows}</sheetData>"
        "</worksheet>"
        for number, rows in enumerate(sheets.values(), 1)
    }
    return zipped(parts)


def ods(rows: str) -> bytes:
    """Return a workbook of OpenDocument with one sheet, the XML of its rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="One">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": mimetype, "META-INF/manifest.xml": manifest, "content.xml": content})


def zipped(parts: dict[str, str]) -> bytes:
    """Return an archive of these files."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for name, text in parts.items():
            # Without the time of now: the same parts are the same file.
            archive.writestr(ZipInfo(name), text, ZIP_DEFLATED)
    return written.getvalue()


def row(number: int, *cells: str) -> str:
    """Return the XML of a row; a cell is XML too, or a text."""
    written = "".join(
        cell.replace("<c", f'<c r="{letter}{number}"', 1)
        if cell.startswith("<c")
        else f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        for letter, cell in zip("ABCDEFGHIJ", cells, strict=False)
    )
    return f'<row r="{number}">{written}</row>'


def xls(rows: Sequence[Sequence[object]], *, has_password: bool = False) -> bytes:
    """Return a workbook of Excel 97 with one sheet."""
    book = Workbook(encoding="utf-8")
    sheet = book.add_sheet("One")
    as_date = easyxf(num_format_str="yyyy-mm-dd")
    for number, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            style = as_date if isinstance(cell, date) else easyxf()
            sheet.write(number, place, cell, style)
    data = book.get_biff_data()
    if has_password:
        # A record after the first one says so, and how it is to be checked.
        first = 4 + int.from_bytes(data[2:4], "little")
        record = bytes((0x2F, 0, 54, 0, 1, 0, 1, 0, 1, 0)) + bytes(48)
        data = data[:first] + record + data[first:]
    written = BytesIO()
    XlsDoc().save(written, data)
    return written.getvalue()
