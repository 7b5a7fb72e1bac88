"""Scanned certificates and dossiers: what each file and page is, without keeping anything of what stands on it.

Of a page only facts are kept: its size, whether it can be read, how it stands, a hash that no picture comes back
from, the serial of the certificate and the fields of its QR code that name no person. A text that is read and is no
serial is forgotten where it was read.
"""
