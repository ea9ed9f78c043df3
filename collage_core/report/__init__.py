"""What a run looks like for people. Its input is plain values: a summary, creators and their keys.

- `advice`: what to do about a reason, in a few words.
- `index_page`: the page about a run: its books, and a gallery of its creators.
- `creator_entries`: the creators of a run in few bytes, for that page.
- `contact_sheet`: one picture of many collages, with the names of their creators.

`templates/` has the page, its style and its script. They ask no other host for anything.
"""
