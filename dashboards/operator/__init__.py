"""Camera set-up: a process of its own, on this machine only, for the operator of a site.

Everything restricted is read through `pipelines.operator`, which logs before it opens. Pages here show
a site's draft; the files change only when it is saved.
"""
