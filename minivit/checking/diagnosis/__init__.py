"""What is wrong with a result, and the likely cause: for gradient checks and students' layers.

named.py       a likely cause, as it is told
kinds.py       what the kind of a fault tells: a dtype, shared memory, ...
shapes.py      what a wrong shape tells
values.py      what wrong numbers tell by themselves
factors.py     a number that the right gradient is multiplied by
explaining.py  known mistakes, each tried on the same inputs and compared
likely.py      all that looks at numbers, in order
sight.py       one result, and all that is known of it
slopes.py      the gradients of a forward by differences, for any dy
inquiry.py     what a gradient check knows, put to all of them
"""
