"""The pages of runs in Airflow's own web server, under `/cover-collages`.

- `lazy_app`: what the plugin registers; it imports the application when the first request comes.
- `application`: the FastAPI application, and what all of its answers have in common.
- `access`: who may see what; Airflow authenticates and authorises.
- `pages`: templates to answers.
- `refusals`: what a request is answered that cannot be served.
- `static_files`: the style and scripts of the pages.
- `deployment`: settings, buckets, and how browsers reach them.
- `presigned`: links to objects in S3.
- `clock`: the time, as an argument.
- `asked`: what the address of a page asks for, or one line about why not.
- `periods`: months and days in words and in addresses.
- `dag_runs`: the DAG runs in Airflow's database, and which runs of ours they are.
- `airflow_urls`: addresses of Airflow's own pages.
- `runs`: the list of runs.
- `statistics`: months as a calendar, one month, two compared, and their documents.
- `month_charts`: what the charts of months show.
- `creators`: a creator over all runs.
- `uploads`: dropped CSVs.
- `run_path`: the run in the path of a request.
- `run`: the page of a run, and its parts.
- `airflow_run`: what Airflow knows of a run.
- `function_log`: where the log of the function has a chunk.
- `files`: links to the objects of a run.
- `orders`: what a person may order from Airflow, with its form filled in.
- `starts`: the pages with these forms.
- `panel`: the newest runs and the everyday links, for Airflow's home page.

`templates/` has the pages, `static/` their style and scripts. They ask no other host for anything,
except for pictures and files, which S3 serves over links that live for a minute.
"""
