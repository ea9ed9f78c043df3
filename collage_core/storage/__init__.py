"""What the core asks of a place that keeps objects.

- `object_store`: the interface, and its errors.
- `directory_store`: an object store in a folder, for the command line.
- `documents`: JSON documents in an object store.
- `ranged_file`: an object as a file of which parts are read.
- `writable`: proves that an object may be written, without writing it.
- `shared_objects`: objects that several runs change at the same time.
"""
