"""A simulation over the real code: many short runs, each with faults that its seed decides.

The worker, the queue's sender, the planner and the steps of Airflow are the real ones. S3, SQS, the
Lambda service, the cover server and the person at Airflow are simulated. `docs/simulation.md` says
what is modelled, and how to run and replay it.

- `scheduler`: tasks that switch at every request, in an order that the seed decides.
- `chances`: what may go wrong in a schedule, and how often.
- `network`: what may happen to one request: nothing, an error, a lost answer, a long sleep, a kill.
- `s3`: S3 as a client of boto3 shows it.
- `sqs`: the queue, its dead-letter queue, and the service that invokes the function.
- `covers`: the cover server.
- `products`: what is made: lists of covers, which cost nothing, or real collages.
- `stand_ins`: what stands in for threads, clocks, covers and pictures in the code.
- `uploads`: CSVs that are dropped, and the events of S3.
- `table`: the rows of the run, which change.
- `airflow`: the steps of the DAG run.
- `person`: what a person does: changes rows, clears tasks, removes receipts, follows the fixes.
- `world`: all of it for one seed.
- `judge`: what must hold at the end.
- `__main__`: runs seeds, replays one.
"""
