"""Styles that QGIS finds inside a GeoPackage."""

from xml.sax.saxutils import quoteattr

STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""

COLOURS = {"error": "200,55,60", "warning": "232,135,58", "info": "90,120,160"}
"""Red, green and blue per severity; dark enough on white and on imagery."""

_SYMBOLS = {
    "MultiPolygon": (
        "fill",
        "SimpleFill",
        {"color": "{rgb},90", "outline_color": "{rgb},255", "outline_width": "0.5", "style": "solid"},
    ),
    "MultiLineString": ("line", "SimpleLine", {"line_color": "{rgb},255", "line_width": "0.9"}),
    "MultiPoint": (
        "marker",
        "SimpleMarker",
        {"name": "diamond", "color": "{rgb},200", "outline_color": "{rgb},255", "size": "3"},
    ),
}


def outline_style(rgb: str, *, is_dashed: bool) -> str:
    """Return a QML style that draws areas in one colour: filled, or as a dashed outline.

    Args:
        rgb: Red, green and blue, joined by commas.
        is_dashed: Only the outline, dashed.
    """
    options = {
        "color": f"{rgb},70",
        "outline_color": f"{rgb},255",
        "outline_width": "0.5",
        "style": "no" if is_dashed else "solid",
        "outline_style": "dash" if is_dashed else "solid",
    }
    written = "".join(f'<Option name="{name}" value="{value}" type="QString"/>' for name, value in options.items())
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.34" styleCategories="Symbology">'
        '<renderer-v2 type="singleSymbol" symbollevels="0"><symbols><symbol name="0" type="fill" alpha="1">'
        f'<layer class="SimpleFill" enabled="1"><Option type="Map">{written}</Option></layer></symbol></symbols>'
        "</renderer-v2></qgis>"
    )


def severity_style(kind: str, labels: dict[str, str]) -> str:
    """Return a QML style that colours a layer by its column `severity`.

    Args:
        kind: Geometry type of the layer: MultiPolygon, MultiLineString or MultiPoint.
        labels: Severity to the word in the legend.
    """
    symbol_type, symbol_class, template = _SYMBOLS[kind]
    categories, symbols = [], []
    for place, (severity, rgb) in enumerate(COLOURS.items()):
        categories.append(
            f'<category render="true" symbol="{place}" value="{severity}" label={quoteattr(labels[severity])}/>'
        )
        options = "".join(
            f'<Option name="{name}" value="{value.format(rgb=rgb)}" type="QString"/>'
            for name, value in template.items()
        )
        symbols.append(
            f'<symbol name="{place}" type="{symbol_type}" alpha="1"><layer class="{symbol_class}" enabled="1">'
            f'<Option type="Map">{options}</Option></layer></symbol>'
        )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.34" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="severity" symbollevels="0">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )
