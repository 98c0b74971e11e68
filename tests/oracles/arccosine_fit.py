from mpmath import *
mp.dps=60
P=lambda y: (acos(1-y)/sqrt(y) if y>mpf(10)**-40 else sqrt(2)*(1+y/12))*2/pi
def R(y):
    if y<mpf(10)**-10: return (2*sqrt(mpf(2))/3*(1-y/20))*2/pi   # check below
    x=1-y
    return (sqrt(y*(2-y))-x*acos(x))/y**mpf(1.5)*2/pi
for nm,f in(('P',P),('R',R)):
    for N,fmt in ((6,1),(7,1),(8,1),(9,1),(20,0),(21,0),(22,0)):
        c,e=chebyfit(f,[mpf(10)**-12,1],N+1,error=True)
        print(nm,N,nstr(e/ f(mpf(1)/2),4))
        if N in(8,21): print('[',', '.join(nstr(k,20) for k in c),']')
print("=====")
for nm,f,N,d in(('P',P,7,12),('R',R,6,12),('P',P,18,22),('R',R,17,22)):
    c,e=chebyfit(f,[mpf(10)**-12,1],N+1,error=True)
    print(nm,N,nstr(e/f(mpf(1)),3)); print(',\n'.join(nstr(k,d) for k in c))
