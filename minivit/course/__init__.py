"""The course: what stands in `lessons/`, as copies, notebooks and pages (`minivit lessons`)."""
