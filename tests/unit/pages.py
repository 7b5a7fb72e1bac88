"""What a page of a report holds, read back: its map, and every address it names that is not its own."""

import base64
import json
import re
import zlib

NAMES = ("http://www.w3.org/", "https://leafletjs.com")
"""The name of an XML vocabulary and the notice of Leaflet's authors; nothing is fetched from either."""


def unpacked(page):
    """Return what the map shows."""
    text = re.search(r'id="packed">([^<]*)<', page)[1]
    return json.loads(zlib.decompress(base64.b64decode(text)))


def outside(page):
    """Return addresses, sources and links that lead out of the page."""
    addresses = [each for each in re.findall(r"https?://[^\s\"'<>)]+", page) if not each.startswith(NAMES)]
    bare = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.DOTALL)
    tags = re.findall(r"<(?:script|img|iframe|link|a|use|image)\b[^>]*", bare)
    leading = [tag for tag in tags if re.search(r"""(?:src|href)\s*=\s*["']?[^"'#]""", tag)]
    return addresses + leading + re.findall(r"url\((?!data:|#)[^)]*\)|@import", bare)
