"""The Koenigs function h = lim dual^L(rho)/lambda^L and C = lim (T_L/lambda^L - (L+1) h) by direct iteration of the
recursion in mpmath, without any series: S_{l+1} = f(S_l), T_{l+1} = T_l f'(S_l) + S_{l+1}."""
from mpmath import *
mp.dps = 160
q = pi - 1
cases = [
    ("optimal(2)", lambda x: (x + x**3)/2, lambda x: (1 + 3*x*x)/2, mpf(1)/2),
    ("optimal(4)", lambda x: x/4 + x*x/2 + x**3/4, lambda x: mpf(1)/4 + x + 3*x*x/4, mpf(1)/4),
    ("optimal(8)", lambda x: x/16 + x*x*7/8 + x**3/16, lambda x: mpf(1)/16 + 7*x/4 + 3*x*x/16, mpf(1)/16),
    ("erf(x)", lambda x: asin(2*x/3)/asin(mpf(2)/3), lambda x: mpf(2)/3/sqrt(1 - 4*x*x/9)/asin(mpf(2)/3), mpf(2)/3/asin(mpf(2)/3)),
    ("max(x,0)-1/sqrt(2*pi)", lambda x: (x*pi/2 + x*asin(x) - x*x/(1 + sqrt(1 - x*x)))/q, lambda x: (pi/2 + asin(x))/q, pi/2/q),
]
for name, f, df, lam in cases:
    for text in ("-0.5", "0.25", "0.5", "0.9", "0.999999999999"):
        s = t = mpf(text)
        power, n = mpf(1), 0
        while abs(s) > mpf(10)**-75:
            s, t, power, n = f(s), t*df(s) + f(s), power*lam, n + 1
        h = s/power
        print(name, text, nstr(h, 40), nstr(t/power - (n + 1)*h, 40))
