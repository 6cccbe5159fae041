import numpy as np, time, sys
from minivit.kernels.product.bf16.instructions import instruction
print(instruction())
from minivit.kernels.product.bf16.product import bf16_into
from minivit.kernels.product.tiled import tiled_into
from minivit.kernels.product.endings import *
def rounded(x):
    u=np.ascontiguousarray(x,np.float32).view(np.uint32); return ((u+0x7FFF+((u>>16)&1))&np.uint32(0xFFFF0000)).view(np.float32)
rng=np.random.default_rng(0)
f=lambda *s: rng.standard_normal(s).astype(np.float32)
for name in ("amx","avx512_bf16"):
  worst=0
  for m,n,k in ((1,1,1),(5,7,3),(33,65,31),(100,10,64),(64,64,2000),(130,700,800),(788,10,768)):
    for ta in (0,1):
      for tb in (0,1):
        a=f(k,m).T if ta else f(m,k); b=f(n,k).T if tb else f(k,n)
        bias=f(n); res=f(m,n); sums=np.empty(n,np.float32)
        want=rounded(a).astype(float)@rounded(b).astype(float)
        for kw,w in (({},want),({"bias":bias},want+bias),({"residual":res},want+res),({"bias":bias,"residual":res},want+bias+res),({"column_sums":sums},want)):
            out=np.full((m,n),np.nan,np.float32); bf16_into(name,out,a,b,**kw)
            e=np.abs(out-w).max()/np.sqrt(k)
            if not e<1e-4: print(name,m,n,k,ta,tb,list(kw),e)
            worst=max(worst,e)
            if "column_sums" in kw: assert np.allclose(sums,b.sum(0),atol=1e-3),(m,n,k)
        z=np.full((m,n),np.nan,np.float32);h=z.copy(); bf16_into(name,z,a,b,bias=bias,mode=GELU,h=h); 
        assert np.allclose(z,want+bias,atol=1e-3)
  print(name,"worst",worst)
if len(sys.argv)>1:
  for m,n,k in ((1088,192,64),(1088,256,64),(1088,64,256),(6400,192,64),(6400,64,256),(4160,576,192),(4160,768,192),(4160,192,768),(1576,1536,384),(1576,384,1536),(788,3072,768),(788,768,3072),(788,2304,768)):
    for form in ("x w","dy w^T","x^T dy"):
        if form=="x w": a,b=f(m,k),f(k,n)
        elif form=="dy w^T": a,b=f(m,n),f(k,n).T
        else: a,b=f(m,k).T,f(m,n)
        out=np.empty((a.shape[0],b.shape[1]),np.float32)
        fs={"f32":lambda: tiled_into(out,a,b),"amx":lambda:bf16_into("amx",out,a,b)}
        t={x:[] for x in fs}
        for g in fs.values(): g()
        for _ in range(7):
            for x,g in fs.items():
                g(); 
                for _ in range(3): s=time.perf_counter(); g(); t[x].append(time.perf_counter()-s)
        md={x:np.median(v)*1e3 for x,v in t.items()}
        print(f"{m}x{n}x{k} {form:7s} f32 {md['f32']:.3f} ms amx {md['amx']:.3f}: {md['f32']/md['amx']:.2f}; amx {2e-6*m*n*k/md['amx']:.0f} GFLOP/s",flush=True)
