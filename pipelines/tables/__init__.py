"""Questions that a table answers: what is asked of which rows and columns, worked out over the cells themselves.

`table` holds columns with the kind of their cells, `conditions` finds which rows a question speaks of, `programs` makes
what it may ask of them, `judging` says which of that it most likely asks, and `sql` works it out again.
"""
