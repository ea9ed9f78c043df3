"""From the bytes of a cover to a cell.

- `imaging`: the bytes of a cover to a cell, or the reason why there is none.
- `inspection`: rejects decompression bombs before a decoder gets the file.
- `decoding`: corrections around Pillow's decoding, so that a file looks as in a browser.
- `fitting`: how a cover gets into its cell: cropped to fill it, or whole on a ground.
- `cropping`: which part of a cover fills its cell; `attention`: where people probably are in it.
- `corners`: round corners.
- `encoding`: saves a canvas as JPEG, WebP or PNG, in at most so many bytes.
- `description`: what is embedded into a picture, as EXIF and XMP.
- `orientation`: which way up a picture is meant, from its EXIF.
- `avif_crop`: the part of an AVIF that is meant to be shown.
- `file_signatures`: what a file that cannot be decoded is, by its first bytes.
- `memory`: the limit of memory for decoding, and how freed memory returns to the system.

Four folders have a page of their own: `formats` reads how files are built, `integrity` finds
pictures with missing parts, `colour` converts colours to sRGB, and `text` draws names.
"""
