"""What a run looks like for people. Its input is plain values: a summary, creators and their keys.

- `advice`: what to do about a reason, in a few words.
- `number_formats`: numbers, shares, prices and times as people read them.
- `row_parts`: what became of the rows, in parts that add up.
- `plot`: values over time as fractions of the height of a chart.
- `environment`: the templates as all pages share them, and the one style sheet of these pages.
- `index_page`: the page about a run: its books, and a gallery of its creators.
- `tile`: a thumbnail that is inside the page.
- `without_creator`: the page once more, without somebody who was forgotten.
- `creator_entries`: the creators of a run in few bytes, for that page.
- `contact_sheet`: one picture of many collages, with the names of their creators.

`templates/` has the page, and the parts that Airflow's pages share with it: `_charts.html`,
`_run.html` and `style.css`. `vendored/` has the style sheet of the charts. They ask no other host
for anything.
"""
