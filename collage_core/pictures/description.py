"""What a picture says of itself, as EXIF and XMP: who, what, by which software, from which run.

The alt text is where screen readers and content systems look for it: in the field of the IPTC,
which is part of XMP.
"""

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from PIL import ExifTags, Image, PngImagePlugin

from collage_core.contract.picture_options import PictureFormat

LONGEST_NAME = 200
"""Characters of the creator's name. All that is embedded then has less than 7,000 bytes: a JPEG has
room for 64 KB, but `max_bytes` may be as little as 10,000."""

_LONGEST_TEXT = LONGEST_NAME + 100

# Control characters, halves of surrogate pairs and two more that XML cannot hold, even escaped.
_UNWRITABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")
_SPACES = re.compile(r"[\t\n\v\f\r]+")

_NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode()
_END = b'<?xpacket end="r"?>'

for _prefix, _namespace in _NAMESPACES.items():
    ET.register_namespace(_prefix, _namespace)


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a picture. Texts of any content and length are possible."""

    creator: str
    alt_text: str
    """One sentence, for somebody who does not see the picture."""
    software: str
    run_id: str
    period: str | None = None
    """The time that the picture is about, as an ISO 8601 interval."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A description in the two forms that are written into files."""

    exif: bytes = b""
    xmp: bytes = b""

    def save_options(self, picture_format: PictureFormat) -> dict[str, Any]:
        """Arguments for Pillow's `save` of such a file."""
        if self == NOTHING_EMBEDDED:
            return {}
        if picture_format == "png":
            return {"exif": self.exif, "pnginfo": _itxt(self.xmp)}
        return {"exif": self.exif, "xmp": self.xmp}


NOTHING_EMBEDDED = Embedded()


def embedded(description: Description) -> Embedded:
    """The bytes to embed; the same description gives the same bytes."""
    return Embedded(exif=_exif(description), xmp=_xmp(description))


def plain_text(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` as one line that EXIF and XML can hold, of at most so many characters."""
    line = _UNWRITABLE.sub("\ufffd", _SPACES.sub(" ", text[: longest + 1]))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _exif(description: Description) -> bytes:
    exif = Image.Exif()
    tags = ExifTags.Base
    # As bytes: Pillow would replace everything that is not ASCII. Readers expect UTF-8 here.
    exif[tags.ImageDescription] = plain_text(description.alt_text, _LONGEST_TEXT).encode()
    exif[tags.Artist] = plain_text(description.creator).encode()
    exif[tags.Software] = description.software.encode()
    return exif.tobytes()


def _xmp(description: Description) -> bytes:
    root = ET.Element(_name("x:xmpmeta"))
    about = ET.SubElement(
        ET.SubElement(root, _name("rdf:RDF")),
        _name("rdf:Description"),
        {_name("rdf:about"): ""},
    )
    alt_text = plain_text(description.alt_text, _LONGEST_TEXT)
    _list(about, "dc:creator", "rdf:Seq", plain_text(description.creator))
    _in_any_language(about, "dc:description", alt_text)
    _in_any_language(about, "Iptc4xmpCore:AltTextAccessibility", alt_text)
    _list(about, "dc:relation", "rdf:Bag", description.run_id)
    if description.period:
        ET.SubElement(about, _name("dc:coverage")).text = description.period
    ET.SubElement(about, _name("xmp:CreatorTool")).text = description.software
    packet: bytes = ET.tostring(root, "utf-8", xml_declaration=False)
    return _BEGIN + packet + _END


def _list(about: ET.Element, name: str, kind: str, text: str) -> ET.Element:
    """A property with a list of one text."""
    items = ET.SubElement(ET.SubElement(about, _name(name)), _name(kind))
    item = ET.SubElement(items, _name("rdf:li"))
    item.text = text
    return item


def _in_any_language(about: ET.Element, name: str, text: str) -> None:
    _list(about, name, "rdf:Alt", text).set(_LANGUAGE, "x-default")


def _name(short: str) -> str:
    """dc:creator -> the name with its namespace."""
    prefix, _, name = short.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _itxt(xmp: bytes) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return info
