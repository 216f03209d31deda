/**
 * Faults of threads.
 *
 * The kernel's fault upcall runs disabled, on the dispatcher's stack. Handling a fault may take locks and
 * wait, so the thread does it itself: its registers go onto its fault stack, and it runs the handler there,
 * enabled, as any thread runs. A handler may fault in its turn; the next one runs below it on the same stack.
 * Below what handlers of programs may use there is a part for the library's own, which is the last one to run
 * out of room.
 */
#include <aos/dispatch.h>
#include <dispatch/dispatch.h>
#include <aos/kernel.h>
#include <paging/fault.h>
#include <rt/console.h>
#include <rt/syscall.h>
#include <section/section.h>
#include <threads/threads.h>
#include <threads/upcall.h>
#include <trace/trace.h>

/// What paging needs below a fault's frame; more than that is for programs' handlers.
#define PAGING_STACK_BYTES  0x0c00UL
#define HANDLER_STACK_BYTES 0x1400UL

/// A fault that is being handled, on the thread's fault stack.
struct fault {
    struct registers registers; ///< First, so that it is aligned as the stack is.
    uint64_t kind;
    lvaddr_t address;
    struct fp_registers fp; ///< In domains whose code uses them; else it is not there.
};

/// The build says it by the address of a symbol: 1 in domains that use FP registers, else 0. The compiler
/// would take any address for one that is not 0.
static bool uses_fp(void)
{
    unsigned uses;
    __asm__("movz %w0, #:abs_g0:threads_use_fp" : "=r"(uses));
    return uses != 0;
}

/// Word by word: the compiler makes pairs of them, where it would call memcpy().
static inline void copy_registers(struct registers *to, const struct registers *from)
{
    const uint64_t *source = (const uint64_t *)from;
    uint64_t *target = (uint64_t *)to;
#pragma GCC unroll 36
    for (unsigned i = 0; i < sizeof(*to) / sizeof(uint64_t); i++) {
        target[i] = source[i];
    }
}

static size_t fault_bytes(void)
{
    return uses_fp() ? sizeof(struct fault) : offsetof(struct fault, fp);
}

/// The thread goes on where it faulted.
static _Noreturn void resume(struct fault *fault)
{
    struct dispatcher_shared *disp = disp_disable();
    copy_registers(&disp->save_enabled, &fault->registers);
    if (uses_fp()) {
        threads_restore_fp(&fault->fp);
    }
    sys_resume((uintptr_t)&disp->save_enabled);
    __builtin_trap();
}

/**
 * The fault that ends the domain, while that is told. The report goes over the console, which may be a
 * service: a thread tells it as any thread calls, and whatever comes of that, the domain ends with this
 * fault.
 */
static struct fault *last_fault;

/// The access is made again, and there is no fault upcall: the kernel ends the domain, with the address that
/// its parent is told. Disabled.
static _Noreturn void fault_again(struct dispatcher_shared *disp, const struct registers *registers)
{
    disp->upcall_fault = 0;
    copy_registers(&disp->save_enabled, registers);
    sys_resume((uintptr_t)&disp->save_enabled);
    __builtin_trap();
}

void threads_end_of_fault(void)
{
    if (last_fault) {
        fault_again(disp_disable(), &last_fault->registers);
    }
}

/// Ends the domain, and says why.
static _Noreturn void give_up(struct fault *fault, const char *why)
{
    static char buffer[FAULT_LINE_BYTES];
    if (!last_fault) {
        last_fault = fault;
        struct text line;
        text_init(&line, buffer, sizeof(buffer));
        dispatch_describe_fault(&line, &fault->registers, fault->kind, fault->address, why);
        console_last_words(buffer, line.length, !section_current());
    }
    fault_again(disp_disable(), &last_fault->registers);
}

/// The same for a fault that no thread can handle: disabled, and only the kernel's console is told.
static _Noreturn void give_up_at_once(struct dispatcher_shared *disp, uint64_t kind, lvaddr_t address,
                                      const char *why)
{
    char buffer[FAULT_LINE_BYTES];
    struct text line;
    if (last_fault) {
        fault_again(disp, &last_fault->registers);
    }
    text_init(&line, buffer, sizeof(buffer));
    dispatch_describe_fault(&line, &disp->save_enabled, kind, address, why);
    kernel_print(buffer, line.length);
    disp->upcall_fault = 0;
    sys_resume((uintptr_t)&disp->save_enabled);
    __builtin_trap();
}

/// Whether the access will do now. Else `why` says more than that it is not allowed, or NULL.
static bool resolve(struct fault *fault, const char **why)
{
    struct thread *self = thread_scheduler.current;
    bool mapped = false;
    errval_t err = LIB_ERR_PAGING_NOT_MAPPED;
    *why = NULL;
    if (section_current()) {
        *why = "in the middle of the library's own bookkeeping";
        return false;
    }
    trace_paging_fault_begin(fault->address, fault->kind);
    if (fault->kind <= FAULT_EXECUTE) {
        err = paging_handle_fault(get_current_paging_state(), (unsigned)fault->kind, fault->address, &mapped);
    }
    if (mapped && fault->address - self->stack_base < self->stack_top - self->stack_base) {
        self->stack_grown = true;
    }
    if (err == LIB_ERR_PAGING_NOT_MAPPED && self->fault_handler) {
        lvaddr_t room = (lvaddr_t)fault - self->fault_stack_base;
        if (room < HANDLER_STACK_BYTES) {
            *why = "with no room left for a handler";
        } else if (self->fault_handler((unsigned)fault->kind, fault->address, &fault->registers)) {
            err = SYS_ERR_OK;
        }
    } else if (err_is_fail(err) && err != LIB_ERR_PAGING_NOT_MAPPED) {
        *why = err_getstring(err_no(err) == LIB_ERR_PAGING_MAP ? err_pop(err) : err);
    }
    trace_paging_fault_end(mapped);
    return err_is_ok(err);
}

/// The thread itself, enabled, on its fault stack.
static _Noreturn void handle(struct fault *fault)
{
    const char *why;
    if (resolve(fault, &why)) {
        resume(fault);
    }
    const struct thread *self = thread_scheduler.current;
    if (!why && fault->address < self->stack_base && self->stack_base - fault->address <= BASE_PAGE_SIZE) {
        why = "the thread's stack is full";
    } else if (!why && fault->kind <= FAULT_EXECUTE && fault->address < BASE_PAGE_SIZE) {
        why = "nothing is ever mapped in the first page";
    }
    give_up(fault, why);
}

_Noreturn void threads_fault(struct dispatcher_shared *disp, uint64_t kind, lvaddr_t address)
{
    const struct thread *self = thread_scheduler.current;
    lvaddr_t sp = disp->save_enabled.sp;
    bool nested = sp > self->fault_stack_base && sp <= self->fault_stack_top;
    lvaddr_t top = nested ? ROUND_DOWN(sp, 16) : self->fault_stack_top;
    lvaddr_t room = top - self->fault_stack_base;
    if (self->fault_stack_top == 0 || room < fault_bytes() + PAGING_STACK_BYTES) {
        give_up_at_once(disp, kind, address, nested ? "the thread's stack for faults is full" : NULL);
    }
    struct fault *fault = (struct fault *)(top - ROUND_UP(fault_bytes(), 16));
    copy_registers(&fault->registers, &disp->save_enabled);
    fault->kind = kind;
    fault->address = address;
    if (uses_fp()) {
        threads_save_fp(&fault->fp);
    }
    threads_enter_on(fault, fault->registers.tpidr, (void *)handle);
}

thread_fault_handler_t thread_set_fault_handler(thread_fault_handler_t handler)
{
    struct thread *self = thread_scheduler.current;
    thread_fault_handler_t before = self->fault_handler;
    self->fault_handler = handler;
    return before;
}
