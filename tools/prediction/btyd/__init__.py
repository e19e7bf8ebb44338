"""Buy-till-you-die models: customers buy at their own rate until, unseen, they stop.

All take the same three figures per customer, in one time unit: `x` repeat purchases, `t_x` time of the last
one, `T` time observed, both counted from the first purchase.
"""
