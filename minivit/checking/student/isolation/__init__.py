"""A student's code in a process of its own, which only turns arrays into arrays.

    with StudentProcess("student.py", op="layernorm") as student:
        answer = student.forward("layernorm", (x, gamma, beta), {"eps": 1e-5})
        answer = student.backward("layernorm", dy, answer.cache)

process.py    the checker's side: calls, time limits, and what went wrong in one sentence
supervisor.py a process between the two that limits the student's, and sweeps up after it
child.py      the student's process: turns arrays into arrays
protocol.py   what goes through the pipes

No verdict is made where the student's code runs. This guards against accidents and against
cheating; what guards against malice is a container.
"""
