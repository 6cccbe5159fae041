import ctypes, numpy as np, time
print(ctypes.CDLL(None).syscall(158, 0x1023, 18))
from minivit.kernels.compiling import jit
from minivit.kernels.matrix import Matrix, ONE
from minivit.kernels.simd.amx import *
from minivit.kernels.simd.pairs import *
@jit(counts=False)
def pack_a(x, x0, row, col, to, to0, rows, depth, wide):
    for i in range(0, rows, 16):
        for k in range(0, depth, 32):
            pair_square(False, False, Matrix(to, to0 + i*wide + k//2, wide, ONE), Matrix(x, x0+i*row+k, row, ONE), rows-i, depth-k)
@jit(counts=False)
def pack_b(x, x0, row, to, to0, columns, depth):
    # x (k, j): X[i,k]: i=column contiguous
    for j in range(0, columns, 16):
        for k in range(0, depth, 32):
            pair_square(True, False, Matrix(to, to0 + k//2*32 + j, 32, ONE), Matrix(x, x0+k*row+j, 1, row), columns-j, depth-k)
@jit(counts=False)
def run(a, a0, wide, b, b0, c, c0, depth, n):
    amx_begin()
    for i in range(n):
        amx_block(2, 2, Matrix(a, a0, wide, ONE), Matrix(b, b0, 32, ONE), Matrix(c, c0, 32, ONE), depth, False)
    amx_end()
def al(n):
    x=np.zeros(n+16,np.float32); o=-x.ctypes.data%64//4; return x,o
rng=np.random.default_rng(0)
K=391
x=rng.standard_normal((32,K)).astype(np.float32); w=rng.standard_normal((K,32)).astype(np.float32)
P=(K+31)//32*16
a,a0=al(32*P); b,b0=al(P*32); c,c0=al(1024)
pack_a(x.ravel(),0,K,1,a,a0,32,K,P); pack_b(w.ravel(),0,32,b,b0,32,K)
run(a,a0,P,b,b0,c,c0,P,1)
def rounded(x):
    u=np.ascontiguousarray(x,np.float32).view(np.uint32); return ((u+0x7FFF+((u>>16)&1))&np.uint32(0xFFFF0000)).view(np.float32)
print(np.abs(c[c0:c0+1024].reshape(32,32)-rounded(x).astype(float)@rounded(w).astype(float)).max())
n=200000; t=time.perf_counter(); run(a,a0,P,b,b0,c,c0,P,n); t=time.perf_counter()-t; print("GFLOP/s",n*2*32*32*P*2/t/1e9)
for f,args in ((pack_a,(x.ravel(),0,K,1,a,a0,32,384,P)),(pack_b,(w.ravel(),0,32,b,b0,32,384))):
    t=time.perf_counter()
    for _ in range(20000): f(*args)
    t=time.perf_counter()-t; print(f, 32*384*20000/t/1e9,"numbers/ns")
import re,collections
for f in (pack_a,pack_b):
    asm=list(f.inspect_asm().values())[0]
    ops=collections.Counter(re.findall(r"^\t(\w+)",asm,re.M)); print(ops.most_common(25))
