"""The engine: loads the covers of a chunk, gives them to a recipe, and accounts for every row.

- `chunk`: the entry point: the rows of a chunk through a recipe, and a receipt.
- `engine`: creators through a recipe, until all are done or the time is up.
- `work`: what is done so far, creator by creator.
- `recipe`: the interface of a recipe. The engine imports no recipe.
- `keeping`: the interface of what keeps covers from one run to the next.
- `attempt`: the interface of who is told which creators are under way, and may stop the work.
- `loading`: downloads and decodes the covers of the next creators while one is being made.
- `read_ahead`: how far loading may be ahead, and which reserve is next.
- `priority_pool`: threads that take the most urgent download first.
- `machine`: the threads and the clock that all of it runs on.
- `writing`: the interface of what writes a creator's objects, and the simple way.
- `shared_writer`: the way of workers that may meet at one creator.
- `mark`: what became of a creator's covers, in the metadata of an object.
- `accounts`: what became of each row of a creator.
- `dead_covers`: which of its covers need a fresh URL.
- `stopwatch`: the time that each stage took, over all threads.
- `peak_memory`: the most memory that the process has had.
"""
