"""What of Numba's work is left out.

Numba optimises each function for itself, then the module that holds it and all that it calls, and
makes machine code of it. Then it links that module into each caller's, and does the same again
there. So here no function is optimised for itself. And of a piece, which Python can't call, no
machine code is made: its module is only tidied up, so that its callers have less to read. (In what
Numba can dump, it appears in theirs.) What comes of it runs as fast, and a first step takes a fifth
less of the processors' time. A body, which is called by its address, is linked into nothing: its
file is its machine code. Functions with a parallel loop are Numba's own business.
"""

from llvmlite import binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, CompileResult, DefaultPassBuilder

ENVIRONMENT = "_ZN08NumbaEnv"  # how the names of variables begin that hold a function's objects


class Code(JITCodeLibrary):
    """The module of a function."""

    def _optimize_functions(self, module):
        module.data_layout = self._codegen._data_layout  # all else of it would be done again


class CodeOfPiece(Code):
    """One that is only linked into others."""

    KIND = "piece"  # in a file

    def _optimize_final_module(self):
        passes, builder = self._codegen._module_pass_manager(
            cost="cheap", opt=0, loop_vectorize=False, slp_vectorize=False
        )
        passes.add_global_dead_code_eliminate_pass()  # addresses that nothing uses, for example
        passes.run(self._final_module, builder)

    def _finalize_final_module(self):
        """Of all of it, only the variables that tell where the functions' Python objects are (what
        one prints, say) get a place in memory: Numba writes that into them."""
        self._finalize_dynamic_globals()
        variables = self._final_module.global_variables
        environments = [str(one) for one in variables if one.name.startswith(ENVIRONMENT)]
        self._codegen._add_module(llvm.parse_assembly("\n".join(environments)))
        self._finalized = True

    def serialize_using_object_code(self):
        name, _, bitcode = self.serialize_using_bitcode()
        return name, self.KIND, bitcode

    @classmethod
    def _unserialize(cls, codegen, state):
        name, _, bitcode = state
        code = cls(codegen, name)
        code._final_module = llvm.parse_bitcode(bitcode)
        code._finalize_final_module()
        return code


class CodeOfBody(Code):
    """One that is only called by its address: nobody reads its module again."""

    KIND = "body"

    def serialize_using_object_code(self):
        self._ensure_finalized()
        module = self._final_module
        defined = [
            one.name for one in (*module.functions, *module.global_variables)
            if not one.is_declaration
        ]  # fmt: skip
        return self.name, self.KIND, (self._get_compiled_object(), defined)

    @classmethod
    def _unserialize(cls, codegen, state):
        name, _, (machine_code, defined) = state
        code = cls(codegen, name)
        code.enable_object_caching()
        code._set_compiled_object(machine_code)
        code._finalize_final_module()
        codegen._engine._defined_symbols.update(defined)  # Numba asks there first
        return code


class Compiler(CompilerBase):
    """Numba's compiler, which keeps a function's module as Code."""

    code = Code

    def define_pipelines(self):
        state = self.state
        state.library = self.code(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


class CompilerOfPieces(Compiler):
    """The one that goes no further than a piece needs."""

    code = CodeOfPiece


class CompilerOfBodies(Compiler):
    """The one whose files hold machine code alone."""

    code = CodeOfBody


OURS = {kind.KIND: kind for kind in (CodeOfPiece, CodeOfBody)}


def rebuilt(target, code, *parts) -> CompileResult:
    """The result of which CompileResult._reduce made these parts."""
    _, kind, _ = code
    if kind not in OURS:
        return CompileResult._rebuild(target, code, *parts)
    descriptor, environment, signature, *_, at_reload, environments = parts
    for function in at_reload:
        function()
    library = OURS[kind]._unserialize(target.codegen(), code)
    entrance = target.get_executable(library, descriptor, environment)  # for Python there is none
    for one in environments:
        library.codegen.set_env(one.env_name, one)
    return CompileResult(
        target_context=target, typing_context=target.typing_context, signature=signature,
        library=library, fndesc=descriptor, entry_point=entrance, environment=environment,
        referenced_envs=environments, objectmode=False, lifted=(), reload_init=at_reload,
        type_annotation=None, typing_error=None, call_helper=None, metadata=None,
    )  # fmt: skip
