"""What may leave the restricted side, for whom, and in which form.

A `Release` can be made here and nowhere else, and `publishing` accepts nothing but a `Release`. Only
the planner tier exists: exact aggregates for authorised staff and agencies. A public tier needs
protection that has not been built, and so it does not exist.
"""
