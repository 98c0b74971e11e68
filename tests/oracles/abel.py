"""The edge of chaos by direct iteration in mpmath: 1 - S_L and T_L/(L+1) after L layers.
Only depths that a loop reaches; deeper values and the Abel constants are in the theory notes (section 4.5)."""
from mpmath import *
mp.dps = 60
relu = (lambda x: (sqrt(1 - x*x) + x*(pi - acos(x)))/pi, lambda x: (pi - acos(x))/pi)
absolute = (lambda x: 2*(sqrt(1 - x*x) + x*asin(x))/pi, lambda x: 2*asin(x)/pi)
exponential = (lambda x: exp(x - 1), lambda x: exp(x - 1))
quadratic = (lambda x: (1 + x*x)/2, lambda x: x)
for name, (f, df) in (("relu", relu), ("abs(x)", absolute), ("exp(x)", exponential), ("1+hermite(2)", quadratic)):
    for text in ("-0.25", "0", "0.5", "0.9375"):
        s = t = mpf(text)
        for depth in range(1, 10001):
            t, s = t*df(s) + f(s), f(s)
            if depth in (1, 10, 100, 1000, 10000):
                print(name, text, depth, nstr(1 - s, 40), nstr(t/(depth + 1), 40))
