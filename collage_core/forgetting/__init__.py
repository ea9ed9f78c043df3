"""Everything that is kept of one creator, found and deleted, over all dates.

What was begun and interrupted is begun again: it finds what is left.

- `creator_objects`: the creator's objects in the output bucket.
- `reports`: the pages about runs that show the creator, written again without.
- `kept_covers`: the packs that have covers of the creator, and the indexes that still say so.
- `taking_out`: packs written again without them, and the indexes of packs with them.
- `not_changed`: the places that name creators beside each other, and stay as they are.
- `found`: what there is of a creator, in lines for people and as a receipt.
- `forget`: the whole of it: looks, deletes, looks once more, and writes the receipt.
"""
