"""A comparison in words, figures, JSON and as a page: which scenario is earlier, by how much, and how sure that is.

All differences are of paired trials (trial k has the same random numbers under each scenario), the other scenario less
the reference: below 0 is earlier or cheaper.
"""
