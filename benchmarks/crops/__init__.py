"""What a crop keeps of the heads in a picture, and what it costs: one gravity beside another.

- The pictures: `people` (one person, with hair, a face and clothes), `backgrounds` (what is behind
  it), `overlays` (captions, stickers, noise, light), `portraits` (where people stand in a picture
  of one shape, and the boxes of their heads).
- The study: `kept` (how much of each head is inside of a crop), `cost` (the CPU time of
  `decode_cell`), `contact_sheet` (pictures with the crops drawn in), `__main__` (the tables).
"""
