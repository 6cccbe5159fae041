import numpy as np, time, sys
from benchmarks.configurations import CASES
from benchmarks.model_sides import EngineSide
from minivit import backend
class Bf(EngineSide):
    precision="bf16"
def mk(case, precision):
    s=EngineSide(case,"numba"); s.build(); return s
names=sys.argv[1].split(",") if len(sys.argv)>1 else list(CASES)
for n in names:
    case=CASES[n]; side=EngineSide(case,"numba"); side.build()
    t={}
    with backend.use("numba"): l0=side.logits(); loss0=side.gradients(); g0={k:v.copy() for k,v in side.model.gradients.items()}
    with backend.use("numba",precision="bf16"): l1=side.logits(); loss1=side.gradients(); g1=side.model.gradients
    A,B=(np.concatenate([g[k].ravel() for k in g0]) for g in (g0,g1))
    print(n,"logits rms/std",np.sqrt(((l1-l0)**2).mean())/l0.std(),"grad rel",np.linalg.norm(B-A)/np.linalg.norm(A),"loss",loss0,loss1)
    reps=20 if case.batch>=64 and n[0]=="d" else 4 if n in("fashion",) else 2
    for turn in range(5):
        for p in ("float32","bf16"):
            with backend.use("numba",precision=p):
                for what,f in (("train",side.step),("infer",side.logits)):
                    f()
                    for _ in range(reps): s=time.perf_counter(); f(); t.setdefault((what,p),[]).append(time.perf_counter()-s)
    m={k:np.median(v)*1e3 for k,v in t.items()}
    print(n,{k:round(float(v),2) for k,v in m.items()},"train %.2f infer %.2f"%(m["train","float32"]/m["train","bf16"],m["infer","float32"]/m["infer","bf16"]),flush=True)
